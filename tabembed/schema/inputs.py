"""What the model's inputs take, and arrays in that form."""

from __future__ import annotations

__all__ = ["check_sources", "input_matrix", "joint_parts", "label_readers"]

from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .column import Column
from .kind import ColumnKind, Part
from .labels import cells_as_labels
from .ragged import Encoded, Ragged


def joint_parts(columns: Iterable[Column]) -> dict[str, Part]:
    """Return {model input: what it takes}; two columns may read one input if they agree on what it is.

    Args:
        columns: those that the model sees.

    Raises:
        DataError: when they don't agree.
    """
    parts: dict[str, Part] = {}
    owner: dict[str, str] = {}
    for column in columns:
        for name, part in column.kind.parts(column.name).items():
            if name in parts and part.ragged and part.dtype == "int32":
                raise DataError(
                    f"list column {name!r} must belong to one column, which numbers its labels, however: both "
                    f"{owner[name]!r} and {column.name!r} read it; give one of them a copy under another name"
                )
            if parts.setdefault(name, part) != part:
                raise DataError(
                    f"column {name!r} must be read alike by {owner[name]!r} and {column.name!r}, however: as "
                    f"{_said(parts[name])} and {_said(part)}; declare it te.Ignored(), or leave one of them out"
                )
            owner.setdefault(name, column.name)
    return parts


def _said(part: Part) -> str:
    return f"lists of {part.dtype}" if part.ragged else part.dtype


def check_sources(columns: Iterable[Column]) -> None:
    """Refuse a source that one column reads as a number and another as a label: the served model takes it as one."""
    readers: dict[str, dict[bool, str]] = {}
    for column in columns:
        if column.kind.needs_rows:  # what it reads of other rows is served as lists, under other names
            continue
        numbers = column.kind.number_sources(column.name)
        for source in column.kind.sources(column.name):
            readers.setdefault(source, {}).setdefault(source in numbers, column.name)
    for source, by in readers.items():
        if len(by) > 1:
            raise DataError(
                f"column {source!r} must be read as numbers or as labels, not both, however: {by[True]!r} reads it as "
                f"numbers and {by[False]!r} as labels; declare it te.Categorical() or te.Ignored(), or leave one out"
            )


def label_readers(features: Mapping[str, ColumnKind]) -> dict[str, Callable[[pa.ChunkedArray], pa.Array]]:
    """Return {column of the data: function from a CSV's cells to labels} of the columns that are read as labels.

    Args:
        features: {column: kind}.
    """
    known: dict[str, Container[str]] = {}
    for name, kind in features.items():
        for source, labels in kind.text_labels(name).items():
            known[source] = {*known[source], *labels} if source in known else labels  # type: ignore[misc]
    return {name: partial(cells_as_labels, known=labels) for name, labels in known.items()}


def input_matrix(array: Encoded, part: Part) -> np.ndarray:
    """Return (n, 1) or (n, longest) of a model input's type.

    Args:
        array: what ``schema.encode`` gave for it.
        part: what it takes.

    Example:
        >>> input_matrix(Ragged.of(np.array([2, 3, 4], np.uint8), np.array([2, 1])), Part(ragged=True)).tolist()
        [[2, 3], [4, 0]]
    """
    matrix = array.padded(part.fill) if isinstance(array, Ragged) else array[:, None]
    return matrix.astype(part.dtype, copy=False)
