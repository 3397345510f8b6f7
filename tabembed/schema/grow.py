"""Growth: more rows of the same table add to what its columns have counted."""

from __future__ import annotations

__all__ = ["declared_target", "grow_columns", "grow_target", "grow_targets"]

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..io.frames import column_of
from .column import Column
from .kinds import Categorical, ColumnKind, Ignored
from .kinds import Sequence as Steps
from .learn_target import learn_target
from .lists import say_row
from .ragged import Ragged
from .shared import sharing
from .target import Target
from .targets import AnyTarget, Targets
from .vocabulary import Vocabulary


def grow_columns(columns: Sequence[Column], table: pa.Table) -> list[Column]:
    """Return columns with the rows, the missing cells and the labels of more rows added.

    Args:
        columns: learned ones.
        table: the new rows, at least the columns that aren't ignored.

    Raises:
        DataError: for a cell that isn't of its column's kind.
    """
    kinds = {column.name: column.kind for column in columns}
    counted: dict[str, _Counted] = {}
    for column in columns:
        ignored = isinstance(column.kind, Ignored)
        counted |= {column.name: (table.num_rows, 0, None)} if ignored else _count(column, table)

    def grown(column: Column) -> Column:
        """Return a column, or a sequence's step, with what is counted added."""
        kind, (rows, missing, _) = column.kind, counted[column.name]
        if isinstance(kind, Steps):
            kind = kind.with_columns({step.name: grown(step) for step in kind.columns})
        # A one-hot code is part of the network's shape: new labels are unknown to it.
        if isinstance(kind, Categorical) and not kind.is_one_hot:
            more = [counted[other][2] for other in sharing(kinds, column.name)]
            # Not with_vocabulary, which chooses the dim anew: vectors keep theirs for life.
            kind = replace(kind, vocabulary=Vocabulary.summed([kind.vocabulary, *more]))
        return replace(column, kind=kind, rows=column.rows + rows, missing=column.missing + missing)

    return [grown(column) for column in columns]


_Counted: TypeAlias = tuple[int, int, Vocabulary | None]
"""New cells, how many of them are missing, and a categorical column's new counts."""


def _count(column: Column, table: pa.Table) -> dict[str, _Counted]:
    """Return what is new of a column, and of each step of a sequence."""
    name, kind = column.name, column.kind
    values = kind.cells(table, name)
    if not isinstance(kind, Steps):
        return {name: (table.num_rows, *_tally(kind, values, name))}
    flat, lengths = kind.flat(values)
    empty = int((lengths == 0).sum())
    return {name: (len(lengths), empty, None)} | {
        step: (len(flat[step]), *say_row(partial(_tally, own), flat[step], lengths, step))
        for step, own in kind.named.items()
    }


def _tally(kind: ColumnKind, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[int, Vocabulary | None]:
    if isinstance(kind, Categorical):
        vocabulary, missing = kind.count(values, name)
        return missing, vocabulary
    encoded = kind.encode(values, name)
    if isinstance(encoded, Ragged):
        return int((encoded.lengths == 0).sum()), None
    return int(np.isnan(encoded.reshape(len(encoded), -1)).any(axis=1).sum()), None


def grow_target(target: Target, values: pa.Array | pa.ChunkedArray) -> Target:
    """Return a target with the rows of its classes added; its mean and scale stay, and so do the classes.

    Raises:
        DataError: for missing cells, an unseen class, or values that aren't of the task.

    Example:
        >>> target = Target("late", "binary", classes=(0, 1), counts=(3, 1))
        >>> grow_target(target, pa.array([1, 1])).counts
        (3, 3)
    """
    return _grown(target, target.encode(values))


def grow_targets(target: AnyTarget, table: pa.Table) -> AnyTarget:
    """Return a target, or several, with the rows of a table added to its classes.

    Raises:
        DataError: as ``grow_target``.
    """
    if isinstance(target, Target):
        return _grown(target, target.encode_table(table))
    truths = target.truths(target.encode_table(table))
    return Targets(tuple(_grown(part, truths[part.name]) for part in target.parts))


def _grown(target: Target, encoded: np.ndarray) -> Target:
    if not target.is_classification:
        return target
    if target.task == "multilabel":
        more = np.nansum(encoded, axis=0).astype(np.int64)
    else:
        more = np.bincount(encoded[~np.isnan(encoded)].astype(np.int64), minlength=len(target.classes))
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
