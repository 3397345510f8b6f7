"""The container under ``EmbeddingTable``: labels, one vector each, and the vectors for missing and unknown."""

from __future__ import annotations

__all__ = ["LabelledVectors"]

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NoReturn, Self

import numpy as np

from ..io.errors import DataError, LabelError
from ..io.frames import column_of
from ..schema.labels import factorize, label_of
from .index import LabelIndex, MappedLabels
from .parts import (
    Parts,
    checked_counts,
    checked_labels,
    checked_metric,
    checked_row,
    checked_vectors,
    listed,
    mean_vector,
)

_LOOKED_AT = 20_000  # tables put their commonest labels first; to compare them all would take seconds


class LabelledVectors:
    """Immutable labels and vectors: membership, look-up, and the tables that can be cut from a table.

    See ``EmbeddingTable`` for the arguments.

    Example:
        >>> t = LabelledVectors(["a", "b"], [[1, 0], [0, 1]], counts=[3, 1])
        >>> t.unknown.tolist()
        [0.75, 0.25]
    """

    labels: Sequence[str]
    vectors: np.ndarray
    counts: np.ndarray
    missing: np.ndarray
    unknown: np.ndarray
    name: str | None
    metric: str
    _index: LabelIndex | MappedLabels

    def __init__(
        self,
        labels: Any,
        vectors: Any,
        *,
        counts: Any = None,
        missing: Any = None,
        unknown: Any = None,
        name: str | None = None,
        metric: str = "euclidean",
    ) -> None:
        kept = checked_labels(labels)
        matrix = checked_vectors(vectors, kept)
        rows = checked_counts(counts, len(kept))
        unknown = checked_row(mean_vector(matrix, rows) if unknown is None else unknown, matrix.shape[1], "unknown")
        missing = unknown if missing is None else checked_row(missing, matrix.shape[1], "missing")
        if name is not None and not isinstance(name, str):
            raise DataError(f"name must be a string (the column's name) or None, however: name={name!r}")
        vars(self).update(
            labels=kept,
            vectors=matrix.view(np.ndarray),
            counts=rows,
            missing=missing,
            unknown=unknown,
            name=name,
            metric=checked_metric(metric),
            _index=kept if isinstance(kept, MappedLabels) else LabelIndex(kept),
        )

    @property
    def dim(self) -> int:
        """The width of the vectors."""
        return int(self.vectors.shape[1])

    @cached_property
    def norms(self) -> np.ndarray:
        """The Euclidean length of each vector, (n,) float64, read-only."""
        norms = np.empty(len(self))
        for start in range(0, len(self), 65_536):
            chunk = self.vectors[start : start + 65_536].astype(np.float64)
            norms[start : start + 65_536] = np.sqrt(np.einsum("ij,ij->i", chunk, chunk))
        norms.flags.writeable = False
        return norms

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: a table is immutable."""
        raise AttributeError(f"a table can't be changed, however: {name!r} was set; make a new one from its parts")

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the labels, in table order."""
        return iter(self.labels)

    def __contains__(self, value: object) -> bool:
        """Return whether the value's label is in the table; a missing value never is."""
        label = label_of(value)
        return label is not None and int(self._index.find([label])[0]) >= 0

    def __getitem__(self, label: Any) -> np.ndarray:
        """Return the vector (dim,) of a label, read-only.

        Raises:
            LabelError: when the label isn't in the table, with the closest ones.
        """
        vector: np.ndarray = self.vectors[self.row(label)]
        return vector

    def __eq__(self, other: object) -> bool:
        """Return whether all parts are equal, the vectors to the bit."""
        if not isinstance(other, LabelledVectors):
            return NotImplemented
        if (self.name, self.metric, self.vectors.shape) != (other.name, other.metric, other.vectors.shape):
            return False
        pairs = ((getattr(self, part), getattr(other, part)) for part in ("counts", "missing", "unknown", "vectors"))
        return tuple(self.labels) == tuple(other.labels) and all(np.array_equal(_bits(a), _bits(b)) for a, b in pairs)

    def __hash__(self) -> int:
        """Return a hash that reads only the size, the name and the first label."""
        return hash((self.vectors.shape, self.name, self.metric, *self.labels[:1]))

    def __copy__(self) -> Self:
        """Return the table itself: it can't change."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the table itself, so that scikit-learn's ``clone`` costs nothing."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the parts alone, without index and norms."""
        return _rebuilt, (type(self), {**self.parts(), "labels": tuple(self.labels)})

    def __repr__(self) -> str:
        """Return name, size, metric and the first labels."""
        name = "" if self.name is None else f"{self.name!r}, "
        shown = ", ".join(map(repr, self.labels[:3])) + (", ..." if len(self) > 3 else "")
        return f"{type(self).__name__}({name}{len(self):,} labels x {self.dim}, {self.metric}: {shown})"

    def parts(self) -> Parts:
        """Return the arguments that make this table again.

        Example:
            >>> t = LabelledVectors(["a"], [[1.0]])
            >>> LabelledVectors(**t.parts()) == t
            True
        """
        return {
            "labels": self.labels,
            "vectors": self.vectors,
            "counts": self.counts,
            "missing": self.missing,
            "unknown": self.unknown,
            "name": self.name,
            "metric": self.metric,
        }

    def replace(self, **changes: Any) -> Self:
        """Return a table with some of its parts (arguments of the class) exchanged.

        Example:
            >>> LabelledVectors(["a"], [[1.0]]).replace(name="dest").name
            'dest'
        """
        return type(self)(**{**self.parts(), **changes})

    def row(self, label: Any) -> int:
        """Return where a label stands, from 0.

        Raises:
            LabelError: when the label isn't in the table, with the closest ones.

        Example:
            >>> LabelledVectors(["a", "7"], [[1.0], [2.0]]).row(7)
            1
        """
        return int(self.rows([label])[0])

    def rows(self, labels: Iterable[Any]) -> np.ndarray:
        """Return where the labels stand, (m,) int64.

        Args:
            labels: (m,) labels, or values that have one.

        Raises:
            LabelError: when one isn't in the table, with the closest ones.

        Example:
            >>> LabelledVectors(["a", "b"], [[1.0], [2.0]]).rows(["b", "a"]).tolist()
            [1, 0]
        """
        wanted = [self._label(value) for value in listed(labels)]
        rows = self._index.find(wanted)
        if (rows < 0).any():
            raise self._no_such(wanted[int(np.argmin(rows))])
        return rows

    def ids(self, values: Any) -> np.ndarray:
        """Return the ids of a column of values: 0 missing, 1 unknown, 2.. the labels in table order.

        Args:
            values: (n,) a list, Series, Arrow array or NumPy array.

        Returns:
            (n,) int64, the rows of ``to_torch`` and ``to_keras``.

        Example:
            >>> LabelledVectors(["a", "b"], [[1.0], [2.0]]).ids(["b", "z", None]).tolist()
            [3, 1, 0]
        """
        codes, labels = factorize(column_of(values, self.name or "values"), self.name or "values")
        found = self._index.find(labels)
        return np.append(np.where(found < 0, 1, found + 2), 0)[codes]

    def lookup(self, values: Any) -> np.ndarray:
        """Return the vectors of a column of values: unseen ones get ``unknown``, missing ones ``missing``.

        Args:
            values: (n,) a list, Series, Arrow array or NumPy array.

        Returns:
            (n, dim) float32, yours to change.

        Example:
            >>> LabelledVectors(["a", "b"], [[1.0], [3.0]], missing=[9.0]).lookup(["b", "z", None]).tolist()
            [[3.0], [2.0], [9.0]]
        """
        codes, labels = factorize(column_of(values, self.name or "values"), self.name or "values")
        found = self._index.find(labels)
        distinct = np.empty((len(labels) + 1, self.dim), np.float32)
        distinct[:-1] = self.unknown
        distinct[:-1][found >= 0] = self.vectors[found[found >= 0]]
        distinct[-1] = self.missing  # where code -1 points
        return distinct[codes]

    def mean(self, labels: Iterable[Any]) -> np.ndarray:
        """Return the mean (dim,) float32 of the labels' vectors.

        Raises:
            LabelError: when one isn't in the table.
            DataError: when there are none.

        Example:
            >>> LabelledVectors(["a", "b"], [[1.0], [3.0]]).mean(["a", "b"]).tolist()
            [2.0]
        """
        rows = self.rows([labels] if isinstance(labels, str) else labels)
        if not len(rows):
            raise DataError("labels must name at least one label to average, however: labels=[]")
        return np.asarray(self.vectors[rows].mean(axis=0, dtype=np.float64), np.float32)

    def subset(self, labels: Iterable[Any]) -> Self:
        """Return the table of these labels, in this order; ``missing`` and ``unknown`` stay.

        Raises:
            LabelError: when one isn't in the table.
            DataError: when one comes twice.

        Example:
            >>> LabelledVectors(["a", "b", "c"], [[1.0], [2.0], [3.0]]).subset(["c", "a"]).labels
            ('c', 'a')
        """
        rows = self.rows([labels] if isinstance(labels, str) else labels)
        kept = tuple(self.labels[row] for row in rows.tolist())
        return self.replace(labels=kept, vectors=self.vectors[rows], counts=self.counts[rows])

    def merge(self, other: LabelledVectors) -> Self:
        """Return this table with the labels that only ``other`` has appended.

        What both have stays as it is here. Nothing is rotated: vectors of two trainings stand in different bases.

        Args:
            other: a table of the same dim.

        Raises:
            DataError: when the dims differ.

        Example:
            >>> a, b = LabelledVectors(["a"], [[1.0]]), LabelledVectors(["a", "b"], [[5.0], [6.0]])
            >>> a.merge(b).labels, a.merge(b).vectors.tolist()
            (('a', 'b'), [[1.0], [6.0]])
        """
        if other.dim != self.dim:
            raise DataError(
                f"tables to merge must have one dim, however: {self.dim} and {other.dim}; use reduce(dim) first"
            )
        new = np.flatnonzero(self._index.find(tuple(other.labels)) < 0)
        labels = (*self.labels, *(other.labels[row] for row in new.tolist()))
        return self.replace(
            labels=labels,
            vectors=np.concatenate([self.vectors, other.vectors[new]]),
            counts=np.concatenate([self.counts, other.counts[new]]),
        )

    def rename(self, mapping: Mapping[Any, Any]) -> Self:
        """Return the table with some labels renamed.

        Args:
            mapping: old label -> new label.

        Raises:
            LabelError: when an old one isn't in the table.
            DataError: when two labels would become one.

        Example:
            >>> LabelledVectors(["a", "b"], [[1.0], [2.0]]).rename({"b": "B"}).labels
            ('a', 'B')
        """
        labels = list(self.labels)
        for row, new in zip(self.rows(mapping).tolist(), mapping.values(), strict=True):
            labels[row] = new
        return self.replace(labels=labels)

    def _label(self, value: Any) -> str:
        label = label_of(value)
        if label is None:
            raise LabelError(f"{value!r} is missing, and no label of {self._called}; its vector is `.missing`")
        return label

    @property
    def _called(self) -> str:
        return f"table {self.name!r}" if self.name is not None else "the table"

    def _no_such(self, label: str) -> LabelError:
        folded = {known.casefold(): known for known in reversed(self.labels[:_LOOKED_AT])}
        near = [folded[name] for name in difflib.get_close_matches(label.casefold(), folded, n=3, cutoff=0.5)]
        hint = f"the closest are {', '.join(map(repr, near))}" if near else f"its first are {self.labels[:3]}"
        return LabelError(f"{label!r} is none of the {len(self):,} labels of {self._called}; {hint}")


def _rebuilt(kind: type[LabelledVectors], parts: Parts) -> LabelledVectors:
    return kind(**parts)


def _bits(array: np.ndarray) -> np.ndarray:
    return array.view(np.int32) if array.dtype == np.float32 else array
