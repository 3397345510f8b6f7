"""The vocabulary of a categorical column: every label with its count, in the order of the ids."""

from __future__ import annotations

__all__ = ["FIRST_ID", "MISSING_ID", "UNKNOWN_ID", "Vocabulary", "id_type"]

import operator
import re
from collections.abc import Container, Iterable, Sequence
from functools import cached_property
from itertools import compress, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.few import Cells
from .labels import factorize, label_of

MISSING_ID, UNKNOWN_ID, FIRST_ID = 0, 1, 2
_LONGEST = 1 << 16
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")  # as str(int) prints it; no int64 is longer


def id_type(size: int) -> type[np.integer[Any]]:
    """Return the smallest type for so many ids, of those that need no more room than they save.

    Example:
        >>> [id_type(size).__name__ for size in (256, 257, 65_537, 2**31 + 1)]
        ['uint8', 'uint16', 'int32', 'int64']
    """
    kinds: tuple[type[np.integer[Any]], ...] = (np.uint8, np.uint16, np.int32)
    return next((kind for kind in kinds if size - 1 <= np.iinfo(kind).max), np.int64)


def _encode_whole(values: pa.Array | pa.ChunkedArray, low: int, table: np.ndarray, end: int) -> np.ndarray:
    """Return the ids of whole numbers by their place in a table from ``low`` on, without a look at distinct ones."""
    missing = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
    filled = values if missing is None else pc.fill_null(values, 0)
    numbers = filled.to_numpy() if isinstance(filled, pa.ChunkedArray) else filled.to_numpy(zero_copy_only=False)
    ids = np.where(table < end, table, UNKNOWN_ID).astype(id_type(end))
    # Below low the difference wraps to a large number: it is another number then, too.
    place = numbers.astype(np.int64, copy=False).view(np.uint64) - np.uint64(low % 2**64)
    encoded: np.ndarray = ids.take(np.minimum(place, np.uint64(len(ids) - 1)).view(np.int64))
    if missing is not None:
        encoded[missing] = MISSING_ID
    return encoded


class Vocabulary:
    """Labels by falling count (ties by label) with their counts; immutable.

    The label at position ``i`` has id ``i + 2``; id 0 is missing and id 1 unknown.

    Args:
        labels: distinct, non-empty strings.
        counts: (labels,) how many rows hold each.

    Example:
        >>> v = Vocabulary(["b", "a", "c"], [1, 2, 1])
        >>> v.labels, v.counts.tolist()
        (['a', 'b', 'c'], [2, 1, 1])
    """

    def __init__(self, labels: Sequence[str], counts: Sequence[int] | np.ndarray) -> None:
        tally = np.asarray(counts, dtype=np.int64)
        if tally.shape != (len(labels),):
            raise ValueError(f"{len(labels)} labels need as many counts, however: there are {tally.size}")
        order = None if _in_order(labels, tally) else _order(labels, tally).tolist()
        self.labels: list[str] = list(labels) if order is None else [labels[i] for i in order]
        self.counts: np.ndarray = tally.copy() if order is None else tally[order]
        self.counts.setflags(write=False)

    @classmethod
    def count(cls, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Vocabulary, int]:
        """Count a column's labels.

        Args:
            values: (n,) Arrow column.
            name: its name, for errors.

        Returns:
            The vocabulary and how many cells are missing.
        """
        return cls._counted(values, None, name)

    @classmethod
    def tallied(cls, values: pa.Array, rows: np.ndarray, name: str) -> Vocabulary:
        """Return the labels of values that are counted already; equal labels are one.

        Args:
            values: (n,) distinct ones.
            rows: (n,) int64, how many rows hold each.
            name: the column's, for errors.
        """
        return cls._counted(values, rows, name)[0]

    @classmethod
    def _counted(cls, values: pa.Array | pa.ChunkedArray, rows: np.ndarray | None, name: str) -> tuple[Vocabulary, int]:
        return cls.of_codes(*factorize(values, name), rows)

    @classmethod
    def of_codes(cls, codes: np.ndarray, labels: list[str], rows: np.ndarray | None = None) -> tuple[Vocabulary, int]:
        """Return the vocabulary of what ``factorize`` gave, and how many codes are missing.

        Args:
            codes: (n,) int32, -1 where missing.
            labels: what the codes count.
            rows: (n,) int64, how many rows hold each code; None for one each.
        """
        tally = np.bincount(codes + 1, rows, minlength=len(labels) + 1)
        held = tally[1:] > 0
        if not held.all():  # a pandas category may list labels that no row has
            labels = [label for label, here in zip(labels, held.tolist(), strict=True) if here]
        return cls(labels, tally[1:][held]), int(tally[0])

    @classmethod
    def summed(cls, vocabularies: Iterable[Vocabulary | None]) -> Vocabulary:
        """Return the labels of all, their counts added.

        Example:
            >>> Vocabulary.summed([Vocabulary(["a"], [1]), None, Vocabulary(["b", "a"], [1, 2])])
            Vocabulary(2 labels: 'a': 3, 'b': 1)
        """
        tally: dict[str, int] = {}
        for vocabulary in vocabularies:
            if vocabulary is not None:
                for label, count in zip(vocabulary.labels, vocabulary.counts.tolist(), strict=True):
                    tally[label] = tally.get(label, 0) + count
        return cls([*tally], [*tally.values()])

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.labels == other.labels and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        return hash((len(self.labels), int(self.counts.sum())))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{label!r}: {count}" for label, count in zip(self.labels[:3], self.counts[:3].tolist(), strict=True)
        )
        return f"Vocabulary({len(self)} labels: {shown}{', ...' if len(self) > 3 else ''})"

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {label: at for at, label in enumerate(self.labels, FIRST_ID)}

    @cached_property
    def _whole(self) -> tuple[int, np.ndarray] | None:
        """The lowest label that is a whole number, and the ids of it and of all that follow; None where it is long."""
        if len(self) > _LONGEST:
            return None
        spelled = ((int(label), at) for label, at in self._ids.items() if _WHOLE.fullmatch(label))
        numbers = {number: at for number, at in spelled if -(2**63) <= number < 2**63}
        low, high = min(numbers, default=0), max(numbers, default=0)
        if high - low >= _LONGEST:
            return None
        table = np.full(high - low + 2, UNKNOWN_ID, np.int32)  # the last entry serves all other numbers
        table[np.fromiter(numbers, np.int64, len(numbers)) - low] = [*numbers.values()]
        return low, table

    @property
    def known(self) -> Container[str]:
        """The labels, quick to look up."""
        return self._ids

    def kept(self, min_count: int, max_size: int | None) -> int:
        """Return how many labels get a row: those with ``min_count`` rows or more, at most ``max_size``.

        Example:
            >>> Vocabulary(["a", "b", "c"], [5, 2, 1]).kept(2, None)
            2
        """
        enough = len(self) - int(np.searchsorted(self.counts[::-1], min_count, side="left"))
        return enough if max_size is None else min(enough, max_size)

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str, kept: int) -> np.ndarray:
        """Return the ids of a column's cells.

        Args:
            values: (n,) Arrow column.
            name: its name, for errors.
            kept: how many labels have a row; the others are unknown.

        Returns:
            (n,) 0 missing, 1 unknown, 2.. the labels; uint8, uint16, int32 or int64, the first that holds ``kept + 2``
            ids.
        """
        if pa.types.is_integer(values.type) and values.type != pa.uint64() and (known := self._whole) is not None:
            return _encode_whole(values, *known, kept + FIRST_ID)
        codes, labels = factorize(values, name)
        return self.ids_of(labels, kept).take(codes)  # many times as fast as [codes]

    def ids_of(self, labels: Sequence[str], kept: int) -> np.ndarray:
        """Return (labels + 1,) the ids of labels, and at last the missing one, for code -1.

        Args:
            labels: distinct ones.
            kept: how many labels have a row; the others are unknown.
        """
        ids, end = self._ids, kept + FIRST_ID
        table = np.full(len(labels) + 1, MISSING_ID, dtype=id_type(end))
        for at, label in enumerate(labels):
            found = ids.get(label, UNKNOWN_ID)
            table[at] = found if found < end else UNKNOWN_ID
        return table

    def encode_few(self, cells: Cells, kept: int) -> np.ndarray:
        """Return what ``encode`` does for a few plain values.

        Example:
            >>> Vocabulary(["7", "a"], [2, 1]).encode_few([7.0, None, 0.5], 2).tolist()
            [2, 0, 1]
        """
        end, ids = kept + FIRST_ID, self._ids
        found = [MISSING_ID if (label := label_of(cell)) is None else ids.get(label, UNKNOWN_ID) for cell in cells]
        return np.array([at if at < end else UNKNOWN_ID for at in found], id_type(end))

    def encode_texts(self, cells: Sequence[str | None], kept: int) -> np.ndarray:
        """Return what ``encode`` does for text and None, which are labels as they stand.

        Example:
            >>> Vocabulary(["7", "a"], [2, 1]).encode_texts(["7", None, "", "b"], 2).tolist()
            [2, 0, 0, 1]
        """
        end, ids = kept + FIRST_ID, self._ids
        found = np.array([ids.get(cell, UNKNOWN_ID) if cell else MISSING_ID for cell in cells], np.int64)
        found[found >= end] = UNKNOWN_ID
        return found.astype(id_type(end))

    def to_dict(self) -> dict[str, Any]:
        """Return {"labels": [...], "counts": [...]}."""
        return {"labels": list(self.labels), "counts": self.counts.tolist()}


def _in_order(labels: Sequence[str], tally: np.ndarray) -> bool:
    """Tell whether labels come by falling count and ties by label, as a saved vocabulary's do."""
    falls = np.diff(tally)
    if (falls > 0).any():
        return False
    ties = (falls == 0).tolist()
    return all(map(operator.lt, compress(labels, ties), compress(islice(labels, 1, None), ties)))


def _order(labels: Sequence[str], tally: np.ndarray) -> np.ndarray:
    try:  # by bytes of UTF-8, which is by code points, as Python sorts; several times as fast
        by_label = pc.array_sort_indices(pa.array(labels, pa.large_string())).to_numpy()
    except UnicodeEncodeError:  # a lone surrogate
        by_label = np.asarray(sorted(range(len(labels)), key=labels.__getitem__), dtype=np.int64)
    return by_label[np.argsort(-tally[by_label], kind="stable")]
