"""Lists of different lengths as one array of values and where each row's begin."""

from __future__ import annotations

__all__ = ["Encoded", "Ragged", "joined_rows", "side_by_side"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """A list of values a row; nothing is padded until a batch is made.

    Args:
        values: (total,) the values of all rows end to end.
        offsets: (n + 1,) int64, row ``i`` holds ``values[offsets[i]:offsets[i + 1]]``.

    Example:
        >>> lists = Ragged(np.array([5, 6, 7]), np.array([0, 2, 2, 3]))
        >>> len(lists), lists[1:].padded(0).tolist()
        (3, [[0], [7]])
    """

    values: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, lengths: np.ndarray) -> Ragged:
        """Return the lists of (n,) lengths.

        Example:
            >>> Ragged.of(np.array([5, 6, 7]), np.array([2, 0, 1])).offsets.tolist()
            [0, 2, 2, 3]
        """
        return cls(values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The values' type."""
        return self.values.dtype

    @property
    def lengths(self) -> np.ndarray:
        """(n,) how many values each row has."""
        lengths: np.ndarray = np.diff(self.offsets)
        return lengths

    def __getitem__(self, rows: slice | np.ndarray) -> Ragged:
        """Return some rows: a slice, (m,) row numbers or an (n,) mask."""
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(len(self))
            stop = max(start, stop)
            return Ragged(
                self.values[self.offsets[start] : self.offsets[stop]],
                self.offsets[start : stop + 1] - self.offsets[start],
            )
        chosen = np.arange(len(self))[rows]
        lengths = self.lengths[chosen]
        # Each value's place: its row's beginning, and how far it stands behind it.
        behind = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Ragged.of(self.values[np.repeat(self.offsets[:-1][chosen], lengths) + behind], lengths)

    def padded(self, fill: Any, width: int = 0) -> np.ndarray:
        """Return (n, longest), the rows filled up at their right.

        Args:
            fill: what to fill up with.
            width: columns at the least.
        """
        lengths = self.lengths
        wide = max(int(lengths.max(initial=0)), width)
        matrix: np.ndarray = np.full((len(self), wide), fill, self.dtype)
        matrix[np.arange(wide) < lengths[:, None]] = self.values
        return matrix


Encoded: TypeAlias = np.ndarray | Ragged
"""What a model input gets: (n,) one value a row, or a list a row."""


def joined_rows(parts: Sequence[Any]) -> Any:
    """Return the rows of all parts end to end, arrays or ``Ragged``.

    Args:
        parts: at least one, all of one kind.

    Example:
        >>> joined_rows([Ragged.of(np.array([1]), np.array([1])), Ragged.of(np.array([2, 3]), np.array([2]))]).offsets
        array([0, 1, 3])
    """
    if not isinstance(parts[0], Ragged):
        return np.concatenate(parts)
    return Ragged.of(np.concatenate([part.values for part in parts]), np.concatenate([part.lengths for part in parts]))


def side_by_side(parts: Sequence[Ragged]) -> Ragged:
    """Return lists of each row's values in all parts, one after the other.

    Args:
        parts: at least one, all of the same rows.

    Example:
        >>> a, b = Ragged.of(np.array([1, 2]), np.array([2, 0])), Ragged.of(np.array([3, 4]), np.array([1, 1]))
        >>> side_by_side([a, b]).padded(0).tolist()
        [[1, 2, 3], [4, 0, 0]]
    """
    lengths = np.array([part.lengths for part in parts])
    whole = Ragged.of(np.empty(int(lengths.sum()), parts[0].dtype), lengths.sum(axis=0))
    begins = whole.offsets[:-1] + np.cumsum(lengths, axis=0) - lengths
    for part, start in zip(parts, begins, strict=True):
        whole.values[np.repeat(start - part.offsets[:-1], part.lengths) + np.arange(len(part.values))] = part.values
    return whole
