"""What every column kind answers: the first of its three faces (``nn`` has its branch, ``serving`` its raw lookup)."""

from __future__ import annotations

__all__ = ["ColumnKind"]

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa


class ColumnKind(ABC):
    """An immutable declaration of what a column is and, once learned, its statistics.

    A kind is declared without statistics (``te.Categorical(dim=16)``); ``infer_schema`` returns it learned.
    """

    key: ClassVar[str]
    """The kind's name in the schema's JSON and repr."""

    @property
    @abstractmethod
    def learned(self) -> bool:
        """Whether the statistics are there."""

    @abstractmethod
    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Return this kind with the column's statistics, and how many cells are missing.

        Args:
            values: (n,) Arrow column.
            name: the column's name, for errors.

        Raises:
            DataError: when the column isn't of this kind.
        """

    @abstractmethod
    def adopt(self, previous: ColumnKind) -> Self | None:
        """Return this kind with the statistics of a learned one, or None where those don't suffice."""

    @abstractmethod
    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return the (n,) array that the model's input takes.

        Args:
            values: (n,) Arrow column.
            name: the column's name, for errors.

        Raises:
            DataError: when a cell isn't of this kind.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the kind as plain JSON values."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""

    def describe(self) -> tuple[str, str]:
        """Return the texts of the repr's columns ``labels`` and ``dim``."""
        return "", ""
