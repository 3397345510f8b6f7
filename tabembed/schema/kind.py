"""What every column kind answers: the first of its three faces (``nn`` has its branch, ``serving`` its raw lookup)."""

from __future__ import annotations

__all__ = ["ColumnKind", "Part", "TableSpec"]

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from .ragged import Encoded


@dataclass(frozen=True)
class Part:
    """One model input of a column.

    Args:
        dtype: ``"int32"`` (ids, 0 missing), ``"float32"`` (NaN missing) or ``"int64"`` (times, the smallest missing).
        ragged: whether a row holds a list of values: the input is (batch, longest), filled up with missing.
    """

    dtype: str = "int32"
    ragged: bool = False

    @property
    def fill(self) -> Any:
        """What a missing cell, and the end of a short list, is filled with."""
        return {"int32": 0, "float32": np.nan, "int64": np.iinfo(np.int64).min}[self.dtype]


@dataclass(frozen=True)
class TableSpec:
    """One embedding of a column's branch: what its rows from id 2 on are called.

    Args:
        size: rows of the embedding: the labels, and one each for missing and unknown.
        layer: of the branch, behind the column's safe name and a dot.
        name: of the ``EmbeddingTable``.
        read: returns the labels in the order of their ids, and (labels,) how many rows of data hold each.
        rows: returns (labels,) the row of each label where labels share rows (hashed ones); None for 2, 3, ...
    """

    size: int
    layer: str
    name: str
    read: Callable[[], tuple[Sequence[str], np.ndarray]]
    rows: Callable[[], np.ndarray] | None = None


class ColumnKind(ABC):
    """An immutable declaration of what a column is and, once learned, its statistics.

    A kind is declared without statistics (``te.Categorical(dim=16)``); ``infer_schema`` returns it learned.
    """

    key: ClassVar[str]
    """The kind's name in the schema's JSON and repr."""

    consumes: ClassVar[bool] = True
    """Whether other columns that it reads are set aside, unless they are declared themselves."""

    decisive: ClassVar[tuple[str, ...]] = ()
    """The settings that the statistics hang on: another value of one needs other statistics (see ``adopt``)."""

    @property
    @abstractmethod
    def learned(self) -> bool:
        """Whether the statistics are there."""

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the columns of the data that the kind reads; a crossed column reads two others."""
        return (name,)

    def consumed(self, name: str) -> tuple[str, ...]:
        """Return the columns that are set aside because this one reads them, unless they are declared themselves."""
        return tuple(source for source in self.sources(name) if source != name) if self.consumes else ()

    def seen(self, name: str) -> tuple[str, ...]:
        """Return the columns of which a row's own cell is read; the target is never one of them."""
        return self.sources(name)

    @property
    def needs_rows(self) -> bool:
        """Whether a row's input is read from other rows too, so that they can't come some thousands at a time."""
        return False

    def parts(self, name: str) -> dict[str, Part]:
        """Return {model input: what it takes}, inputs by the columns' names."""
        return {name: Part()}

    def number_sources(self, name: str) -> tuple[str, ...]:
        """Return those of the sources that it reads as numbers; the served model takes them as float32, not text."""
        return ()

    def text_labels(self, name: str) -> Mapping[str, Container[str]]:
        """Return {source: labels it was learned from}: a CSV's cells of these are read as labels, whatever they spell.

        The same text may be a number in one file and a word in another; see ``labels.cells_as_labels``.
        """
        return {}

    def cells(self, table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
        """Return the one Arrow column that ``learn`` and ``encode`` take; where there are more sources, of structs."""
        return table.column(name)

    def encode_parts(self, values: pa.Array | pa.ChunkedArray, name: str) -> dict[str, Encoded]:
        """Return {model input: array}; see ``encode``."""
        return {name: self.encode(values, name)}

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return {key in ``extract_tables``: embedding} of the branch."""
        return {}

    @abstractmethod
    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Return this kind with the column's statistics, and how many cells are missing.

        Args:
            values: (n,) Arrow column.
            name: the column's name, for errors.

        Raises:
            DataError: when the column isn't of this kind.
        """

    def learn_batches(self, batches: Iterable[pa.Array | pa.ChunkedArray], name: str) -> tuple[Self, int]:
        """Learn from a column that comes in parts; a kind that can't do so joins them.

        Args:
            batches: the column's cells, some thousands at a time.
            name: the column's name, for errors.
        """
        chunks = [chunk for part in batches for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
        return self.learn(pa.chunked_array(chunks), name)

    @property
    def reads_target(self) -> bool:
        """Whether the statistics hang on the target too: ``learn_with`` is then called in place of ``learn``."""
        return False

    def learn_with(self, values: pa.Array | pa.ChunkedArray, target: np.ndarray | None, name: str) -> tuple[Self, int]:
        """Return what ``learn`` does, with statistics that the target tells; the default doesn't ask it.

        Args:
            values: (n,) Arrow column.
            target: (n,) floats, or whole numbers for classes; None where the schema has no target.
            name: the column's name, for errors.
        """
        return self.learn(values, name)

    @abstractmethod
    def adopt(self, previous: ColumnKind) -> Self | None:
        """Return this kind with the statistics of a learned one, or None where those don't suffice."""

    def said_beside(self, previous: ColumnKind) -> str:
        """Return the kind's name, with the decisive settings that another one of it has otherwise.

        Args:
            previous: whose statistics don't suffice.
        """
        alike = type(self) is type(previous)
        new = [name for name in self.decisive if alike and getattr(self, name) != getattr(previous, name)]
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in new)
        return f"{type(self).__name__}({settings})" if new else type(self).__name__

    @abstractmethod
    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> Any:
        """Return the (n,) array, or the lists, that the model's input takes.

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
