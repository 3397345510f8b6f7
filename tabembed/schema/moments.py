"""Mean, spread and range of numbers, of a whole column or gathered batch by batch."""

from __future__ import annotations

__all__ = ["Moments"]

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Moments:
    """What a column's numbers look like together.

    Args:
        rows: cells, missing ones counted.
        present: cells that hold a number.
        mean: of the present ones; 0 where there are none.
        scale: their standard deviation.
        low: the smallest.
        high: the largest.

    Example:
        >>> Moments.of(np.array([1.0, 3.0, np.nan]))
        Moments(rows=3, present=2, mean=2.0, scale=1.0, low=1.0, high=3.0)
    """

    rows: int
    present: int
    mean: float = 0.0
    scale: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, numbers: np.ndarray) -> Moments:
        """Return the moments of (n,) float64, NaN where missing."""
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            return cls(len(numbers), 0)
        return cls(
            len(numbers),
            len(present),
            float(present.mean()),
            float(present.std()),
            float(present.min()),
            float(present.max()),
        )

    def standardised(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers of mean 0 and variance 1, 0 where missing.

        Args:
            numbers: (n,) float64, NaN where missing.

        Example:
            >>> some = np.array([1.0, 3.0, np.nan])
            >>> Moments.of(some).standardised(some).tolist()
            [-1.0, 1.0, 0.0]
        """
        return np.where(np.isnan(numbers), 0.0, (numbers - self.mean) / (self.scale or 1.0))

    @classmethod
    def gathered(cls, parts: Iterable[Moments]) -> Moments:
        """Return the moments of all parts together.

        Source: Chan, Golub & LeVeque 1979, STAN-CS-79-773, equations 2.1.

        Example:
            >>> Moments.gathered([Moments.of(np.array([1.0])), Moments.of(np.array([3.0, np.nan]))])
            Moments(rows=3, present=2, mean=2.0, scale=1.0, low=1.0, high=3.0)
        """
        whole = cls(0, 0)
        for part in parts:
            whole = whole._joined(part)
        return whole

    def _joined(self, other: Moments) -> Moments:
        rows, present = self.rows + other.rows, self.present + other.present
        if not self.present or not other.present:
            return replace(self if self.present else other, rows=rows)
        low, high = min(self.low, other.low), max(self.high, other.high)
        if low == high:
            return replace(self, rows=rows, present=present)
        apart, share = other.mean - self.mean, other.present / present
        variance = self.scale**2 * (1 - share) + other.scale**2 * share + apart**2 * share * (1 - share)
        return Moments(rows, present, self.mean + apart * share, math.sqrt(variance), low, high)
