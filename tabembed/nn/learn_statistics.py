"""Learning target statistics: cross-fitted means by label, and which columns together are worth theirs."""

from __future__ import annotations

__all__ = ["FOLDS", "ROWS_PER_LABEL", "learn_statistics"]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Self

import numpy as np

from ..schema.kinds import Categorical, Numeric
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import AnyTarget
from .statistics import Group, TargetStatistics, codes_of, starts_of

FOLDS = 5
ROWS_PER_LABEL = 100
"""Columns with so many rows a label, or fewer, have statistics. Where labels have more rows their vectors learn as much
of the target, and networks learn pairs of them: statistics made these worse (adult, houses; on training rows)."""
_MANY = 10
"""Labels from which on there are many."""
_CLASSES = 10
"""More classes than these would make the vectors long, and each one's mean is of few rows."""
_LEAST_ROWS = 2
"""Labels of fewer rows are left out: of pairs they are many, and their means say little."""
_JUDGED, _PAIRS = 100_000, 300
"""Rows that pairs and triples are judged by, where there are more; and so many pairs by all of these."""
_PRIOR_ROWS = (0.5, 1e5)
"""The least and the most rows of the prior that a mean is drawn to it by."""
_COUNTS = 0.3
"""What logarithms of counts are multiplied by, beside means in the target's standard deviations or in log-odds."""
_HIDDEN = 0.2
"""The share of a column's labels that are taken as never seen in training: the rare labels of the data say little of
what a new one is."""
_SEEN = 0.5
"""The share of the rows with a vector that must have one by the other folds too."""
_LEAST_GROUPS = 20
"""Groups of alike rows a fold; of fewer the folds would be too different."""
_RARE, _LATER = (4.0, 0.002), (125.0, 0.004)
"""A pair with a column of few rows a label must explain so many times what chance would, and so much, of the variance
that single columns leave; a pair whose labels all have many rows, and then a triple, so much of what is left by then.
Networks learn most of these themselves, and less well from means: all pairs and triples made adult worse (logarithmic
loss .2919 to .2967, training rows), while the day of the year explains a twentieth of what else delays a flight."""
_INTERVALS = 64
"""That numbers are cut into, to judge what groups of columns explain beside them."""
_EXTENDED = 10
"""Pairs that are tried with a third column: the best ones."""
_ROOM = 1 << 55
"""Labels that could stand together, from which on keys of 64 bits would not do for all groups."""


def learn_statistics(
    schema: Schema,
    encoded: Mapping[str, Encoded],
    truth: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    pairs: int = 24,
    folds: int = FOLDS,
    seed: int = 0,
) -> tuple[TargetStatistics, np.ndarray] | None:
    """Learn the statistics of columns whose labels have few rows, and of pairs and triples that tell more than these.

    Args:
        schema: with a target.
        encoded: what ``schema.encode`` gave.
        truth: what ``schema.encode_target`` gave.
        weights: (n,) of the rows, or None.
        pairs: how many groups of two or three columns at most; 0 for single columns alone.
        folds: a row's statistics are of the targets of all folds but its own; rows with all labels alike share one.
        seed: of the folds.

    Returns:
        The statistics of all rows, and (n, groups * width) float32 those of each row by the other folds. None where
        no column is such a one, there are fewer than two rows a fold, or no means are taken of the target: several
        targets, lists of labels, more than ten classes.

    Source: Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD
    Explorations 3(1), equations 3 and 5 (empirical Bayes); Prokhorenkova et al. 2018, "CatBoost", arXiv 1706.09516,
    section 3 (the leak, and combinations of columns).
    """
    # A list of labels is no label.
    labelled = {name: kind for name, kind in schema.features.items() if isinstance(kind, Categorical)}
    columns = [name for name in labelled if isinstance(encoded[name], np.ndarray)]
    answers = _answers(schema.need_targets(), truth, weights)
    if not columns or answers is None or len(truth) < 2 * folds:
        return None
    ids = {name: np.asarray(encoded[name]).astype(np.int64) for name in columns}
    sparse = [name for name, part in ids.items() if _is_sparse(part)]
    sizes = {name: labelled[name].size for name in columns}
    rng = np.random.default_rng(seed)
    means = _Means(answers, _folds(list(ids.values()), folds, rng), folds)
    # Many pairs are judged by fewer rows, so that it never takes minutes.
    judged = max(_JUDGED // 10, min(_JUDGED, _JUDGED * _PAIRS // math.comb(max(len(columns), 2), 2)))
    some = rng.permutation(len(truth))[:judged] if len(truth) > judged else slice(None)
    few = {name: part[some] for name, part in ids.items()}
    beside = [
        _binned(np.asarray(encoded[name])[some]) for name, kind in schema.features.items() if type(kind) is Numeric
    ]
    groups: list[Group] = [(name,) for name in sparse]
    groups += _screened(means.only(some), few, beside, sizes, sparse, pairs) if pairs else []
    if not groups:
        return None
    hidden = {name: rng.random(len(truth)) < _HIDDEN for name in sparse}
    return _together(means, groups, ids, sizes, hidden)


def _folds(ids: Sequence[np.ndarray], folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n,) folds; rows that have all labels alike are in one, as far as that leaves enough to draw.

    Such rows often are one case told several times: the athletes of a team share its medal. In two folds they would
    tell each other's answers, and the network would trust statistics that know nothing of the next case.
    """
    alike = np.zeros(len(ids[0]), np.int64)
    for part in ids:
        alike = np.unique(alike * (int(part.max()) + 1) + part, return_inverse=True)[1]
    groups = int(alike.max()) + 1
    if len(ids) == 1 or groups < _LEAST_GROUPS * folds:
        return rng.permutation(len(alike)) % folds
    drawn: np.ndarray = (rng.permutation(groups) % folds)[alike]
    return drawn


def _binned(values: np.ndarray) -> np.ndarray:
    """Return (n,) which of some intervals of as many rows holds each number; missing ones have an interval too."""
    cuts = np.unique(np.nanquantile(values, np.linspace(0, 1, _INTERVALS + 1)[1:-1])) if len(values) else values
    return np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values, side="right"))


def _is_sparse(ids: np.ndarray) -> bool:
    labels = len(np.unique(ids))
    return labels >= _MANY and len(ids) <= ROWS_PER_LABEL * labels


@dataclass(frozen=True)
class _Answers:
    """What means are taken of.

    Args:
        values: (n, responses) float64: the standardised target, or a 1 for each row's class.
        weights: (n,) of the rows, 1 on average.
        prior: (responses,) their means over all rows.
        shares: whether they are shares of classes, shown as log-odds.
    """

    values: np.ndarray
    weights: np.ndarray
    prior: np.ndarray
    shares: bool


def _answers(target: AnyTarget, truth: np.ndarray, weights: np.ndarray | None) -> _Answers | None:
    """Return what means are taken of; None for a target without."""
    if not isinstance(target, Target) or target.task == "multilabel":
        return None
    scaled = np.ones(len(truth)) if weights is None else weights / max(float(weights.mean()), 1e-30)
    if target.task in ("regression", "ordinal"):
        values = truth.astype(np.float64)
        values -= np.average(values, weights=scaled)
        values /= np.sqrt(np.average(values**2, weights=scaled)) or 1.0
        return _Answers(values[:, None], scaled, np.zeros(1), False)
    classes = len(target.classes)
    if classes > _CLASSES:
        return None
    values = (truth[:, None] == np.arange(1 if target.task == "binary" else 0, classes)).astype(np.float64)
    prior = np.average(values, axis=0, weights=scaled)
    return _Answers(values, scaled, prior, True)


class _Means:
    """Means by label, of all rows and of all folds but one.

    Args:
        answers: what means are taken of.
        fold: (n,) the rows' folds.
        folds: how many.
    """

    def __init__(self, answers: _Answers, fold: np.ndarray, folds: int) -> None:
        self.answers, self.fold, self.folds = answers, fold, folds

    def only(self, rows: np.ndarray | slice) -> Self:
        """Return the means of some rows."""
        some = replace(self.answers, values=self.answers.values[rows], weights=self.answers.weights[rows])
        return type(self)(some, self.fold[rows], self.folds)

    def crossed(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, width) each row's vector by the other folds, of (n,) the rows' labels."""
        distinct, at = _distinct(codes)
        sums = self._sums(at, len(distinct))
        prior_rows = self._prior_rows(*(part.sum(axis=0) for part in sums))
        # A label has fewer rows in the other folds than in all: how they draw is made alike.
        grown = self.folds / (self.folds - 1)
        rows, values, weights = ((part.sum(axis=0) - part)[self.fold, at] for part in sums)
        # A count tells nothing of the target, and "no rows at all" must not mean "all of them are in this fold".
        return self._vectors(rows, values * grown, weights * grown, prior_rows, sums[0].sum(axis=0)[at])

    def whole(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (m,) the labels of two rows or more, rising, their (m, width) vectors by all rows, and their rows."""
        distinct, at = _distinct(codes)
        rows, values, weights = (part.sum(axis=0) for part in self._sums(at, len(distinct)))
        prior_rows, kept = self._prior_rows(rows, values, weights), rows >= _LEAST_ROWS
        return distinct[kept], self._vectors(rows[kept], values[kept], weights[kept], prior_rows), rows[kept]

    def seen(self, codes: np.ndarray) -> float:
        """Return the share of the rows whose label has a vector."""
        rows = np.bincount(_distinct(codes)[1])
        return float(rows[rows >= _LEAST_ROWS].sum() / len(codes))

    def nothing(self) -> np.ndarray:
        """Return (width,) the vector of a label without rows."""
        responses = len(self.answers.prior)
        return self._vectors(np.zeros(1), np.zeros((1, responses)), np.zeros(1), np.ones(responses))[0]

    def _prior_rows(self, rows: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return (responses,) how many rows of the prior a label's mean is drawn to it by.

        It is the variance within labels by that between them (analysis of variance): where labels differ by no more
        than chance, all of them get the prior.
        """
        total, present = weights.sum(), weights > 0
        means = values[present] / weights[present, None]
        mean = values.sum(axis=0) / total
        between = (weights[present, None] * (means - mean) ** 2).sum(axis=0)
        within = (self.answers.weights[:, None] * (self.answers.values - mean) ** 2).sum(axis=0) - between
        noise = within / max(len(self.fold) - len(means), 1)
        signal = (between - (len(means) - 1) * noise) / max(total - (weights**2).sum() / total, 1e-30)
        return np.clip(noise / np.maximum(signal, 1e-12), *_PRIOR_ROWS)

    def _sums(self, at: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (folds, size) rows, (folds, size, responses) weighed sums and (folds, size) sums of weights."""
        cell, cells, shape = self.fold * size + at, self.folds * size, (self.folds, size)
        values, weights = self.answers.values, self.answers.weights
        sums = [np.bincount(cell, values[:, one] * weights, cells) for one in range(values.shape[1])]
        return (
            np.bincount(cell, minlength=cells).reshape(shape),
            np.stack(sums, axis=1).reshape(*shape, -1),
            np.bincount(cell, weights, cells).reshape(shape),
        )

    def _vectors(
        self,
        rows: np.ndarray,
        values: np.ndarray,
        weights: np.ndarray,
        prior_rows: np.ndarray,
        counts: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return (m, width): the smoothed means, less the prior, and the logarithm of the count."""
        counts, seen, prior = rows if counts is None else counts, rows >= _LEAST_ROWS, self.answers.prior
        values, weights = values * seen[:, None], weights * seen
        means = (values + prior_rows * prior) / (weights[:, None] + prior_rows)
        means = _logit(means) - _logit(prior) if self.answers.shares else means
        logs = np.log1p(counts * (counts >= _LEAST_ROWS))
        found: np.ndarray = np.concatenate([means, logs[:, None]], axis=1)
        return found


def _distinct(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct codes, rising, and where each row's stands among them."""
    room = int(codes.max()) + 1
    if room > 4 * len(codes):
        distinct, at = np.unique(codes, return_inverse=True)
        return distinct, at
    held = np.bincount(codes, minlength=room) > 0  # as fast as sorting is slow
    return np.flatnonzero(held), (np.cumsum(held) - 1)[codes]


def _logit(shares: np.ndarray) -> np.ndarray:
    bounded = np.clip(shares, 1e-4, 1 - 1e-4)
    odds: np.ndarray = np.log(bounded / (1 - bounded))
    return odds


def _screened(
    means: _Means,
    ids: Mapping[str, np.ndarray],
    beside: Sequence[np.ndarray],
    sizes: Mapping[str, int],
    sparse: Sequence[str],
    most: int,
) -> list[Group]:
    """Return the pairs and triples whose cross-fitted means explain what those of fewer columns leave.

    First pairs with a column whose labels have few rows, then other pairs, then what was found with a third column;
    each time the best first.

    Args:
        means: of these rows.
        ids: {column: (n,)}.
        beside: (n,) the intervals of columns of numbers, which explain too.
        sizes: {column: rows of its table}.
        sparse: the columns whose labels have few rows.
        most: how many at most.
    """
    found: list[Group] = []
    # By chance each number explains one part in as many as there are rows.
    chance = (len(means.answers.prior) + 1) / len(means.fold)
    pairs: list[Group] = list(combinations(ids, 2))
    rare = [pair for pair in pairs if {*pair} & {*sparse}]
    frequent = [pair for pair in pairs if pair not in rare and not _is_sparse(codes_of(ids, sizes, pair))]

    def better(least: tuple[float, float], wanted: list[Group]) -> list[Group]:
        """Return those that explain enough, the best first."""
        known = [*ids.values(), *beside, *(codes_of(ids, sizes, group) for group in found)]
        gains = _gains(means, ids, sizes, known, wanted)
        kept = [group for group, gain in gains.items() if gain > max(least[0] * chance, least[1])]
        return sorted(kept, key=lambda group: -gains[group])

    found += better(_RARE, rare)
    found += better(_LATER, frequent)
    extended = [{*pair} for pair in found[:_EXTENDED]]
    found += better(_LATER, [three for three in combinations(ids, 3) if any(pair < {*three} for pair in extended)])
    return found[:most]


def _gains(
    means: _Means,
    ids: Mapping[str, np.ndarray],
    sizes: Mapping[str, int],
    known: Sequence[np.ndarray],
    wanted: Sequence[Group],
) -> dict[Group, float]:
    """Return the share that groups explain of the variance which the known ones leave.

    Args:
        means: of these rows.
        ids: {column: (n,)}.
        sizes: {column: rows of its table}.
        known: (n,) the labels of columns and groups that are there.
        wanted: groups to judge; one whose labels are as good as never seen in two folds is left out.
    """
    wanted = [group for group in wanted if math.prod(int(sizes[name]) for name in group) < _ROOM]
    if not wanted:
        return {}
    own = [means.crossed(codes) for codes in known]
    base = np.linalg.qr(np.concatenate([np.ones((len(own[0]), 1)), *own], axis=1))[0]
    answers = means.answers.values - means.answers.prior
    rest = answers - base @ (base.T @ answers)
    gains: dict[Group, float] = {}
    for group in wanted:
        codes = codes_of(ids, sizes, group)
        vectors = means.crossed(codes)
        if np.mean(np.any(vectors[:, :-1] != 0, axis=1)) < _SEEN * means.seen(codes):
            continue  # what is all but unknown in training would be known, and new to the network, later
        new = vectors - base @ (base.T @ vectors)
        explained = new @ np.linalg.lstsq(new, rest, rcond=None)[0]
        gains[group] = float((explained**2).sum() / max((rest**2).sum(), 1e-30))
    return gains


def _together(
    means: _Means,
    groups: Sequence[Group],
    ids: Mapping[str, np.ndarray],
    sizes: Mapping[str, int],
    hidden: Mapping[str, np.ndarray],
) -> tuple[TargetStatistics, np.ndarray]:
    """Return the statistics of all rows, and those by the other folds, as if some labels had none.

    Args:
        means: of the rows.
        groups: whose statistics.
        ids: {column: (n,)}.
        sizes: {column: rows of its table}.
        hidden: {column: (n,) True where its label is hidden}.
    """
    keys, vectors, counts, default, crossed = [], [], [], [], []
    nothing = means.nothing()
    for group, start in zip(groups, starts_of(groups, sizes), strict=True):
        codes = codes_of(ids, sizes, group)
        rows = means.crossed(codes)
        # Means keep their unit, or those that tell nothing would be as large as those that tell much.
        mean, spread = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
        mean[-1], spread[-1] = rows[:, -1].mean(), 1 / _COUNTS
        labels, own, count = means.whole(codes)
        keys.append(labels + start)
        counts.append(count)
        vectors.append((own - mean) / spread)
        default.append((nothing - mean) / spread)
        rows[np.any([hidden[name] for name in group if name in hidden], axis=0)] = nothing
        crossed.append(((rows - mean) / spread).astype(np.float32))
    statistics = TargetStatistics(
        tuple(groups),
        {name: sizes[name] for group in groups for name in group},
        np.concatenate(keys),
        np.concatenate(vectors).astype(np.float32),
        np.concatenate(counts),
        np.stack(default).astype(np.float32),
    )
    return statistics, np.concatenate(crossed, axis=1)
