"""Growth: more rows of the same table add to what its columns have counted."""

from __future__ import annotations

__all__ = ["declared_target", "grow_columns", "grow_target"]

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..io.frames import column_of
from .column import Column
from .kinds import Categorical, Ignored
from .ragged import Ragged
from .shared import sharing
from .target import Target, learn_target
from .vocabulary import Vocabulary


def grow_columns(columns: Sequence[Column], table: pa.Table) -> list[Column]:
    """Return columns with the rows, the missing cells and the labels of more rows added.

    Args:
        columns: learned ones.
        table: the new rows, at least the columns that aren't ignored.

    Raises:
        DataError: for a cell that isn't of its column's kind.
    """
    counted = {c.name: _count(c, table) for c in columns if not isinstance(c.kind, Ignored)}
    kinds = {column.name: column.kind for column in columns}
    grown = []
    for column in columns:
        kind, (missing, _) = column.kind, counted.get(column.name, (0, None))
        if isinstance(kind, Categorical):
            more = [counted[other][1] for other in sharing(kinds, column.name)]
            if kind.is_one_hot:  # its code is part of the network's shape: new labels are unknown to it
                grown.append(replace(column, rows=column.rows + table.num_rows, missing=column.missing + missing))
                continue
            # Not with_vocabulary, which chooses the dim anew: vectors keep theirs for life.
            kind = replace(kind, vocabulary=Vocabulary.summed([kind.vocabulary, *more]))
        grown.append(replace(column, kind=kind, rows=column.rows + table.num_rows, missing=column.missing + missing))
    return grown


def _count(column: Column, table: pa.Table) -> tuple[int, Vocabulary | None]:
    """Return how many of the new cells are missing, and a categorical column's new counts."""
    values = column.kind.cells(table, column.name)
    if isinstance(column.kind, Categorical):
        vocabulary, missing = column.kind.count(values, column.name)
        return missing, vocabulary
    encoded = column.kind.encode(values, column.name)
    gone = (
        encoded.lengths == 0 if isinstance(encoded, Ragged) else np.isnan(encoded.reshape(len(encoded), -1)).any(axis=1)
    )
    return int(gone.sum()), None


def grow_target(target: Target, values: pa.Array | pa.ChunkedArray) -> Target:
    """Return a target with the rows of its classes added; its mean and scale stay, and so do the classes.

    Raises:
        DataError: for missing cells, an unseen class, or values that aren't of the task.

    Example:
        >>> target = Target("late", "binary", classes=(0, 1), counts=(3, 1))
        >>> grow_target(target, pa.array([1, 1])).counts
        (3, 3)
    """
    encoded = target.encode(values)
    if not target.is_classification:
        return target
    more = np.bincount(encoded, minlength=len(target.classes))
    return replace(target, counts=tuple(int(count) for count in np.add(target.counts, more)))


def declared_target(values: pa.Array | pa.ChunkedArray, name: str, classes: Any) -> Target:
    """Return a target whose classes are declared, since the rows needn't hold all of them.

    Args:
        values: (n,) the target's cells, each one of the classes.
        name: its name.
        classes: the class labels, at least two.

    Raises:
        DataError: for fewer than two classes, missing or repeated ones, or a cell of another class.

    Example:
        >>> declared_target(pa.array(["b", "b"]), "size", ["a", "b", "c"]).counts
        (0, 2, 0)
    """
    array = np.asarray(classes)
    listed = array.tolist()
    if array.ndim != 1 or len(listed) < 2 or len(set(listed)) < len(listed):
        raise DataError(f"`classes` must list two classes or more, each once, however: classes={classes!r}")
    column = column_of(array, name)
    target = learn_target(column, name, "binary" if len(listed) == 2 else "multiclass")
    return grow_target(replace(target, counts=(0,) * len(target.classes)), values)
