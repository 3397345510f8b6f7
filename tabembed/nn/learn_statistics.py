"""Learning target statistics: which labels have them, and what every row is given of them while a network trains."""

from __future__ import annotations

__all__ = ["FOLDS", "learn_statistics"]

from collections.abc import Mapping, Sequence

import numpy as np

from ..schema.kinds import Categorical, Numeric
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .screen_statistics import is_sparse, screened
from .statistics import Group, TargetStatistics, codes_of, starts_of
from .target_means import Means, answers_of

FOLDS = 5
_COUNTS = 0.3
"""What logarithms of counts are multiplied by, beside means in the target's standard deviations or in log-odds."""
_HIDDEN = 0.2
"""The share of a column's labels that are taken as never seen in training: the rare labels of the data say little of
what a new one is. Of labels together too where rows to come are later ones (the Olympics by year: AUC .729 to .737,
training rows); elsewhere that would hide what is known (late flights: .837 to .826)."""


def learn_statistics(
    schema: Schema,
    encoded: Mapping[str, Encoded],
    truth: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    pairs: int = 24,
    folds: int = FOLDS,
    later: bool = False,
    seed: int = 0,
) -> tuple[TargetStatistics, np.ndarray] | None:
    """Learn the statistics of columns whose labels have few rows, and of pairs and triples that tell more than these.

    Args:
        schema: with a target.
        encoded: what ``schema.encode`` gave.
        truth: what ``schema.encode_target`` gave.
        weights: (n,) of the rows, or None.
        pairs: how many groups of two or three columns at most; 0 for single columns alone.
        folds: a row's statistics are of the targets of all folds but its own.
        later: whether the rows to come are later: of labels together that never were, few of those of one row.
        seed: of the folds.

    Returns:
        The statistics of all rows, and (n, groups * width) float32 those of each row by the other folds. None where
        there are no such columns, there are fewer than two rows a fold, or no means are taken of the target: several
        targets, lists of labels, more than ten classes.

    Source: Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD
    Explorations 3(1), equations 3 and 5 (empirical Bayes); Prokhorenkova et al. 2018, "CatBoost", arXiv 1706.09516,
    section 3 (the leak, and combinations of columns).
    """
    labelled = {name: kind for name, kind in schema.features.items() if isinstance(kind, Categorical)}
    columns = [name for name in labelled if isinstance(encoded[name], np.ndarray)]  # no lists
    answers = answers_of(schema.need_targets(), truth, weights)
    if not columns or answers is None or len(truth) < 2 * folds:
        return None
    ids = {name: np.asarray(encoded[name]).astype(np.int64) for name in columns}
    sizes = {name: labelled[name].size for name in columns}
    rng = np.random.default_rng(seed)
    means = Means(answers, rng.permutation(len(truth)) % folds, folds, singles=not later)
    numbers = [np.asarray(encoded[name]) for name, kind in schema.features.items() if type(kind) is Numeric]
    sparse = [name for name, part in ids.items() if is_sparse(part)]
    groups = [(name,) for name in sparse] + screened(means, ids, numbers, sizes, sparse, pairs, rng)
    if not groups:
        return None
    hidden: dict[str | Group, np.ndarray] = {name: rng.random(len(truth)) < _HIDDEN for name in sparse}
    if later:
        hidden.update({group: rng.random(len(truth)) < _HIDDEN for group in groups if len(group) > 1})
    return _together(means, groups, ids, sizes, hidden)


def _together(
    means: Means,
    groups: Sequence[Group],
    ids: Mapping[str, np.ndarray],
    sizes: Mapping[str, int],
    hidden: Mapping[str | Group, np.ndarray],
) -> tuple[TargetStatistics, np.ndarray]:
    """Return the statistics of all rows, and those by the other folds, as if some labels had none.

    Args:
        means: of the rows.
        groups: whose statistics.
        ids: {column: (n,)}.
        sizes: {column: rows of its table}.
        hidden: {column or group: (n,) True where its label, or labels, are taken as never seen}.
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
        names: list[str | Group] = [*group, group]
        rows[np.any([hidden[one] for one in names if one in hidden], axis=0)] = nothing
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
