"""Means of the target by label: smoothed by empirical Bayes, of all rows, and of all folds but a row's own."""

from __future__ import annotations

__all__ = ["Answers", "Means", "answers_of"]

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ..schema.target import Target
from ..schema.targets import AnyTarget

_CLASSES = 10
"""More classes than these would make the vectors long, and each one's mean is of few rows."""
_LEAST_ROWS = 2
"""Labels of fewer rows are left out: of pairs they are many, and their means say little."""
_TELLING = 3.0
"""A single row says enough where a mean is drawn to no more rows of the prior, and it counts a quarter or more.
Training rows of two or three seeds, with labels of two rows alone and with single ones: inspections by labels alone
.920 to .946, .923 to .947, .921 to .948 (AUC; a business has one a year), late flights .841 to .847, .830 to .837,
.826 to .834, Olympic labels .857 to .861, .851 to .854, .836 to .840; others even, whatever their rows of the prior."""
_PRIOR_ROWS = (0.5, 1e5)
"""The least and the most rows of the prior that a mean is drawn to it by."""


@dataclass(frozen=True)
class Answers:
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


def answers_of(target: AnyTarget, truth: np.ndarray, weights: np.ndarray | None) -> Answers | None:
    """Return what means are taken of; None for a target without."""
    if not isinstance(target, Target) or target.task == "multilabel":
        return None
    scaled = np.ones(len(truth)) if weights is None else weights / max(float(weights.mean()), 1e-30)
    if target.task in ("regression", "ordinal"):
        values = truth.astype(np.float64)
        values -= np.average(values, weights=scaled)
        values /= np.sqrt(np.average(values**2, weights=scaled)) or 1.0
        return Answers(values[:, None], scaled, np.zeros(1), False)
    classes = len(target.classes)
    if classes > _CLASSES:
        return None
    values = (truth[:, None] == np.arange(1 if target.task == "binary" else 0, classes)).astype(np.float64)
    prior = np.average(values, axis=0, weights=scaled)
    return Answers(values, scaled, prior, True)


class Means:
    """Means by label, of all rows and of all folds but one.

    Args:
        answers: what means are taken of.
        fold: (n,) the rows' folds.
        folds: how many.
        singles: whether labels of a single row have a mean too, where one row says enough.
    """

    def __init__(self, answers: Answers, fold: np.ndarray, folds: int, singles: bool = True) -> None:
        self.answers, self.fold, self.folds, self.singles = answers, fold, folds, singles

    def only(self, rows: np.ndarray | slice) -> Self:
        """Return the means of some rows."""
        some = replace(self.answers, values=self.answers.values[rows], weights=self.answers.weights[rows])
        return type(self)(some, self.fold[rows], self.folds, self.singles)

    def crossed(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, width) each row's vector by the other folds, of (n,) the rows' labels."""
        distinct, at = _distinct(codes)
        sums = self._sums(at, len(distinct))
        prior_rows = self._prior_rows(*(part.sum(axis=0) for part in sums))
        # A label has fewer rows in the other folds than in all: how they draw is made alike.
        grown = self.folds / (self.folds - 1)
        rows, values, weights = ((part.sum(axis=0) - part)[self.fold, at] for part in sums)
        # A count tells nothing of the target, and "no rows at all" must not mean "all of them are in this fold". A row
        # that comes is not among those that it is told of, nor is this one.
        return self._vectors(rows, values * grown, weights * grown, prior_rows, sums[0].sum(axis=0)[at] - 1)

    def whole(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (m,) the labels of enough rows, rising, their (m, width) vectors by all rows, and their rows."""
        distinct, at = _distinct(codes)
        rows, values, weights = (part.sum(axis=0) for part in self._sums(at, len(distinct)))
        prior_rows = self._prior_rows(rows, values, weights)
        kept = rows >= self._least(prior_rows)
        return distinct[kept], self._vectors(rows[kept], values[kept], weights[kept], prior_rows), rows[kept]

    def seen(self, codes: np.ndarray) -> float:
        """Return the share of the rows whose label has two rows or more."""
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

    def _least(self, prior_rows: np.ndarray) -> int:
        """Return how many rows a label must have for a mean."""
        return 1 if self.singles and prior_rows.min() <= _TELLING else _LEAST_ROWS

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
        counts, least, prior = rows if counts is None else counts, self._least(prior_rows), self.answers.prior
        seen = rows >= least
        values, weights = values * seen[:, None], weights * seen
        means = (values + prior_rows * prior) / (weights[:, None] + prior_rows)
        means = _logit(means) - _logit(prior) if self.answers.shares else means
        logs = np.log1p(counts * (counts >= least))
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
