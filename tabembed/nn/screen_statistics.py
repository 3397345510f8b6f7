"""Which columns together are worth statistics of their own: what their means explain beyond those of fewer columns."""

from __future__ import annotations

__all__ = ["is_sparse", "screened"]

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np

from .statistics import Group, codes_of
from .target_means import Means

_ROWS_PER_LABEL = 100
"""Columns with so many rows a label, or fewer, have statistics. Where labels have more rows their vectors learn as much
of the target, and networks learn pairs of them: statistics made these worse (adult, houses; on training rows)."""
_MANY = 10
"""Labels from which on there are many."""
_JUDGED, _PAIRS = 100_000, 300
"""Rows that pairs and triples are judged by, where there are more; and so many pairs by all of these."""
_SEEN = 0.5
"""The share of the rows with a vector that must have one by the other folds too."""
_RARE, _TOGETHER, _FREQUENT = (4.0, 0.002), (40.0, 0.004), (125.0, 0.02)
_THREE_TOGETHER, _THREE = (15.0, 0.0015), (125.0, 0.004)
"""A pair with a column of few rows a label must explain so many times what chance would, and so much, of the variance
that single columns leave; a pair of other columns whose labels together have few rows, so much of what is left by
then; one whose labels have many, so much. Then the same of triples. Networks learn what has many rows mostly
themselves, and less well from means: two pairs that explain a hundredth each made adult worse (logarithmic loss .2815
to .2847 and .2776 to .2812, training rows), all pairs and triples more, while the day of the year explains a
twentieth of what else delays a flight. With 70 rows a day no network learns that: late flights by labels alone had an
AUC of .788 without the second bar, .837 with it, and .842 with the lower one of triples (training rows, one seed)."""
_INTERVALS = 64
"""That numbers are cut into, to judge what groups of columns explain beside them."""
_COLUMNS = 100
"""That are judged in pairs, where there are more: those whose own means explain most. All pairs of 300 columns took 90
seconds (5,000 rows), those of a hundred take 10."""
_EXTENDED = 10
"""Pairs that are tried with a third column: the best ones."""
_AT_ONCE = 16
"""Groups judged together."""
_ROOM = 1 << 55
"""Labels that could stand together, from which on keys of 64 bits would not do for all groups."""


def is_sparse(ids: np.ndarray, rows: int | None = None) -> bool:
    """Return whether a column has many labels of few rows.

    Args:
        ids: (n,) of it, or of some of its rows.
        rows: how many it has; None for n.

    Example:
        >>> is_sparse(np.arange(40) % 20), is_sparse(np.arange(40) % 4)
        (True, False)
    """
    labels = len(np.unique(ids))
    return labels >= _MANY and (rows or len(ids)) <= _ROWS_PER_LABEL * labels


def screened(
    means: Means,
    ids: Mapping[str, np.ndarray],
    numbers: Sequence[np.ndarray],
    sizes: Mapping[str, int],
    sparse: Sequence[str],
    most: int,
    rng: np.random.Generator,
) -> list[Group]:
    """Return the pairs and triples whose cross-fitted means explain what those of fewer columns leave.

    First pairs by the three bars above, then what was found with a third column; by each bar the best first.

    Args:
        means: of these rows.
        ids: {column: (n,)}.
        numbers: (n,) columns of numbers, which explain too.
        sizes: {column: rows of its table}.
        sparse: the columns whose labels have few rows.
        most: how many at most.
        rng: draws the rows to judge by, where there are many.
    """
    if not most:
        return []
    some, rows = _judging(len(means.fold), len(ids), rng), len(means.fold)
    means, ids = means.only(some), {name: part[some] for name, part in ids.items()}
    found: list[Group] = []
    single = {name: means.crossed(part) for name, part in ids.items()}
    pairs = [*combinations(judged := _telling(means, single), 2)]
    known = [_known(means, v) for v in (*single.values(), *(means.crossed(_binned(p[some])) for p in numbers))]
    # By chance each number explains one part in as many as there are rows.
    chance = (len(means.answers.prior) + 1) / len(means.fold)

    def add(least: tuple[float, float], wanted: Sequence[Group]) -> None:
        """Add those that explain enough of what is left, the best first."""
        gains = _gains(means, ids, sizes, single, known, wanted)
        bar = max(least[0] * chance, least[1])
        kept = sorted((group for group, gain in gains.items() if gain > bar), key=lambda group: -gains[group])
        found.extend(kept)
        known.extend(_known(means, means.crossed(codes_of(ids, sizes, group))) for group in kept)

    add(_RARE, [pair for pair in pairs if {*pair} & {*sparse}])
    others = [pair for pair in pairs if not {*pair} & {*sparse}]
    for least, part in zip((_TOGETHER, _FREQUENT), _parted(ids, sizes, others, rows), strict=True):
        add(least, part)
    extended = [{*pair} for pair in found[:_EXTENDED]]
    threes = [three for three in combinations(judged, 3) if any(pair < {*three} for pair in extended)]
    for least, part in zip((_THREE_TOGETHER, _THREE), _parted(ids, sizes, threes, rows), strict=True):
        add(least, part)
    return found[:most]


def _telling(means: Means, single: Mapping[str, np.ndarray]) -> list[str]:
    """Return the columns to judge in pairs, in their order: of many those whose means explain most by themselves."""
    if len(single) <= _COLUMNS:
        return list(single)
    rows = len(means.fold)
    answers = means.answers.values - means.answers.prior
    explained = _explained(np.full((rows, 1), rows**-0.5), answers, [(part, 0) for part in single.values()])
    best = [name for _, name in sorted(zip(explained, single, strict=True), key=lambda told: -told[0])[:_COLUMNS]]
    return [name for name in single if name in best]


def _known(means: Means, vectors: np.ndarray) -> np.ndarray:
    """Return (n, width) what means tell; log-odds as shares too, or a finer mean would seem to explain the bend."""
    return np.concatenate([vectors, np.tanh(vectors[:, :-1] / 2)], axis=1) if means.answers.shares else vectors


def _parted(
    ids: Mapping[str, np.ndarray], sizes: Mapping[str, int], groups: Sequence[Group], rows: int
) -> tuple[list[Group], list[Group]]:
    """Return the groups whose labels together have few rows, of all the rows, and the others."""
    few: list[Group] = []
    many: list[Group] = []
    for group in groups:
        (few if _fits(sizes, group) and is_sparse(codes_of(ids, sizes, group), rows) else many).append(group)
    return few, many


def _fits(sizes: Mapping[str, int], group: Group) -> bool:
    return math.prod(int(sizes[name]) for name in group) < _ROOM


def _judging(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray | slice:
    """Return the rows to judge by: fewer where there are many pairs, so that it never takes minutes."""
    pairs = math.comb(min(columns, _COLUMNS), 2)
    judged = max(_JUDGED // 10, min(_JUDGED, _JUDGED * _PAIRS // max(pairs, 1)))
    return rng.permutation(rows)[:judged] if rows > judged else slice(None)


def _gains(
    means: Means,
    ids: Mapping[str, np.ndarray],
    sizes: Mapping[str, int],
    single: Mapping[str, np.ndarray],
    known: Sequence[np.ndarray],
    wanted: Sequence[Group],
) -> dict[Group, float]:
    """Return the share that groups explain of the variance which the known ones leave.

    What two columns' means multiplied explain is no group's: a network learns that by itself, and better.

    Args:
        means: of these rows.
        ids: {column: (n,)}.
        sizes: {column: rows of its table}.
        single: {column: (n, width)} the columns' means.
        known: (n, width) the means of columns and groups that are there.
        wanted: groups to judge; one whose labels are as good as never seen in two folds is left out.
    """
    wanted = [group for group in wanted if _fits(sizes, group)]
    if not wanted:
        return {}
    base = np.linalg.qr(np.concatenate([np.ones((len(means.fold), 1)), *known], axis=1))[0]
    answers = means.answers.values - means.answers.prior
    rest = answers - base @ (base.T @ answers)
    gains: dict[Group, float] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found = ((group, _vectors(means, codes_of(ids, sizes, group))) for group in some)
        easy = {group: _products(single, group) for group in some}
        there = {g: np.concatenate([easy[g], vectors], axis=1) for g, vectors in found if vectors is not None}
        if there:
            explained = _explained(base, rest, [(part, easy[group].shape[1]) for group, part in there.items()])
            gains.update(zip(there, explained, strict=True))
    return gains


def _products(single: Mapping[str, np.ndarray], group: Group) -> np.ndarray:
    """Return (n, products) the means of each two of a group's columns multiplied, the squares among them."""
    pairs = combinations_with_replacement((single[name][:, :-1] for name in group), 2)
    return np.concatenate([one * other for one, other in pairs], axis=1)


def _vectors(means: Means, codes: np.ndarray) -> np.ndarray | None:
    """Return (n, width) a group's means; None for labels that are as good as never seen in two folds."""
    vectors = means.crossed(codes)
    if np.mean(np.any(vectors[:, :-1] != 0, axis=1)) < _SEEN * means.seen(codes):
        return None  # what is all but unknown in training would be known, and new to the network, later
    return vectors


def _explained(base: np.ndarray, rest: np.ndarray, parts: Sequence[tuple[np.ndarray, int]]) -> list[float]:
    """Return the share of what is left that each part's columns explain, those behind its first ones alone.

    Args:
        base: (n, known) orthonormal columns.
        rest: (n, responses) what these leave.
        parts: (n, width) columns, and how many of them are the first ones.
    """
    both = base.T @ np.concatenate([part for part, _ in parts], axis=1)  # all at once: the base is read but once
    shares, total, at = [], float((rest**2).sum()), 0
    for part, first in parts:
        inside = both[:, at : (at := at + part.shape[1])]
        gram, shared = part.T @ part - inside.T @ inside, part.T @ rest
        every, easy = (_of_all(gram[:end, :end], shared[:end]) for end in (len(gram), first))
        shares.append((every - easy) / max(total - easy, 1e-30))
    return shares


def _of_all(gram: np.ndarray, shared: np.ndarray) -> float:
    """Return the sum of squares that columns explain, by their products and those with what is to explain."""
    return float((shared * (np.linalg.pinv(gram, rcond=1e-9, hermitian=True) @ shared)).sum())


def _binned(values: np.ndarray) -> np.ndarray:
    """Return (n,) which of some intervals of as many rows holds each number; missing ones have an interval too."""
    there = ~np.isnan(values)
    ranks = np.linspace(0, 1, _INTERVALS + 1)[1:-1]
    cuts = np.unique(np.quantile(values[there], ranks)) if there.any() else np.empty(0)
    return np.where(there, np.searchsorted(cuts, values, side="right"), len(cuts) + 1)
