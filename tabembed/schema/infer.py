"""Inference: what each column is, with the reason."""

from __future__ import annotations

__all__ = ["infer_schema"]

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError, DataWarning
from ..io.frames import are_paths, to_arrow
from ..io.names import did_you_mean
from ..io.row_groups import RowGroups
from ..io.streams import are_streamed, open_rows
from .classify import (
    FEW,
    SEVERAL_WORDS,
    aside,
    iso_kind,
    labels_kind,
    lists_kind,
    may_be_labels,
    time_kind,
    unread,
    whole_kind,
)
from .column import Column
from .items import items_of
from .kinds import Boolean, Categorical, ColumnKind, Ignored, Numeric
from .kinds import Sequence as Steps
from .labels import factorize
from .learn_target import is_number, learn_labels, learn_target
from .lists import flat_records, is_records
from .made import is_made, made, with_sources
from .numeric import numbers_of
from .places import with_places
from .records import apart, records_kind
from .schema import Schema
from .shared import share
from .streamed import stream_column
from .streamed_steps import stream_steps
from .streamed_target import sampled_target, stream_target
from .target import Target
from .targets import AnyTarget, Targets, declared_targets
from .times import is_iso, is_time

_LEAST_ORDERED = 3
"""Labels: two have no order that could tell more than they do."""
_SEVERAL_WORDS = re.compile(SEVERAL_WORDS.format("\x80-\U0010ffff"))


def infer_schema(
    data: Any,
    target: str | Target | Sequence[str | Target] | None = None,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    task: str = "auto",
    numeric: Numeric | None = None,
) -> Schema:
    """Read what each column is and learn its statistics.

    Args:
        data: a DataFrame, anything with ``__arrow_c_stream__`` (polars, DuckDB, pyarrow), or a CSV/Parquet path, glob
            or list.
        target: the column to predict, or a ``te.Target`` that says more of it, or several of these, or None.
        kinds: {column: kind} for the columns you declare yourself; ``te.Ignored()`` leaves one out.
        task: ``"auto"`` or one that ``te.Target`` takes; ``"multilabel"`` is one target of several columns of 0 and 1.
        numeric: the kind of columns that are read as numbers; None for ``te.Numeric()``. Those of one bin stay plain.

    Returns:
        The schema; its repr says why each column was read so.

    Raises:
        DataError: for no rows, a column that isn't there, is all missing or mixed, a missing or constant target.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> te.infer_schema(df, target="delay")["dest"].labels
        ['LAX', 'BOS']
    """
    wanted, declared = declared_targets(target, task), {str(name): kind for name, kind in (kinds or {}).items()}
    answer_columns = [column for one in wanted for column in one.columns]
    if isinstance(data, RowGroups) or (are_paths(data) and are_streamed(data)):
        return _infer_files(data, wanted, declared, numeric)
    table, names = _read(data, _unread(declared))
    _check_arguments(names, answer_columns, declared)
    if not table.num_rows:
        raise DataError("the data must hold at least one row, however: it has the columns but no rows")
    learned = _learned(table, wanted)
    declared = with_sources(declared, names, answer_columns)
    answers = _asked(learned, lambda known: known.encode_table(table))
    columns: list[Column] = []
    for name in [*names, *made(declared, names)]:
        if isinstance(kind := declared.get(name), Ignored):
            columns.append(Column(name, kind, table.num_rows, 0, kind.reason))
        elif name not in answer_columns:
            columns.append(_learn(table.column(name) if kind is None else kind.cells(table, name), name, kind, answers))
    columns = with_places(apart(columns, names), names, lambda name, kind: _learn(kind.cells(table, name), name, kind))
    columns = _numbers_as(numeric, columns, lambda name, kind: _learn(table.column(name), name, kind, answers))
    return Schema(share(_in_order(numeric, columns, table.schema)), _together(learned))


def _numbers_as(
    numeric: Numeric | None, columns: Sequence[Column], learn: Callable[[str, ColumnKind], Column]
) -> list[Column]:
    """Return the columns, those that were read as numbers learned anew as a given kind."""
    found = list(columns)
    for at, column in enumerate(columns):
        if numeric is not None and isinstance(column.kind, Numeric) and column.reason != "declared":
            with warnings.catch_warnings():  # what there is to say of the column was said when it was read
                warnings.simplefilter("ignore", DataWarning)
                learned = replace(learn(column.name, numeric), reason=column.reason)
            # One bin is the value itself: a flag stays a plain number.
            if not numeric.binned or len(getattr(learned.kind, "edges", ())) > 2:
                found[at] = learned
    return found


def _in_order(numeric: Numeric | None, columns: Sequence[Column], cells: pa.Schema) -> list[Column]:
    """Return the columns, ordered ones with their borders: those declared so, and numbers read as labels.

    Args:
        numeric: what was given for numbers; None leaves columns of numbers read as labels as they are.
        columns: that were learned.
        cells: the types of the data's columns.
    """
    found = list(columns)
    for at, column in enumerate(columns):
        kind = column.kind
        if type(kind) is not Categorical:
            continue
        few = numeric is not None and column.reason != "declared" and _LEAST_ORDERED <= kind.kept <= FEW
        if kind.ordered or (few and is_number(cells.field(column.name).type)):
            found[at] = replace(column, kind=kind.in_order())
    return found


def _learned(table: pa.Table, wanted: Sequence[Target]) -> list[Target]:
    learned: list[Target] = []
    gaps = len(wanted) > 1
    for one in wanted:  # no comprehension, which is a frame of its own: warnings point at the caller of infer_schema
        if one.labels:
            learned.append(learn_labels(table, one, gaps=gaps))
        else:
            learned.append(learn_target(table.column(one.name), one, gaps=gaps))
    return learned


def _together(learned: Sequence[Target]) -> AnyTarget | None:
    if len(learned) > 1:
        return Targets(tuple(learned))
    return learned[0] if learned else None


def _infer_files(
    data: Any, wanted: Sequence[Target], declared: Mapping[str, ColumnKind], numeric: Numeric | None
) -> Schema:
    """Infer from files, one column at a time and none of them whole."""
    groups = data if isinstance(data, RowGroups) else open_rows(data)
    answer_columns = [column for one in wanted for column in one.columns]
    _check_arguments(groups.names, answer_columns, declared)
    if not groups.rows:
        raise DataError("the data must hold at least one row, however: it has the columns but no rows")
    learned = [stream_target(groups, one, gaps=len(wanted) > 1) for one in wanted]
    declared = with_sources(declared, groups.names, answer_columns)
    answers = _asked(learned, lambda known: sampled_target(groups, known))
    columns = []
    for name in [*groups.names, *made(declared, groups.names)]:
        kind = declared.get(name)
        if isinstance(kind, Ignored):
            columns.append(Column(name, kind, groups.rows, 0, kind.reason))
        elif name not in answer_columns:
            columns.append(_streamed(groups, name, kind, answers) or _learn_whole(groups, name, kind))
    columns = with_places(
        apart(columns, groups.names),
        groups.names,
        lambda name, kind: stream_column(groups, name, kind) or _learn_whole(groups, name, kind),
    )
    columns = _numbers_as(
        numeric,
        columns,
        lambda name, kind: stream_column(groups, name, kind, answers) or _learn_whole(groups, name, kind),
    )
    columns = _in_order(numeric, columns, groups.schema)
    return Schema(share(columns), _together(learned))


def _asked(targets: Sequence[Target], read: Callable[[Target], np.ndarray]) -> Callable[[], np.ndarray | None]:
    """Return a function that reads the target's cells, once and only if it is asked; None without one such target."""
    one = targets[0] if len(targets) == 1 and targets[0].truth_width == 1 else None
    return cache(lambda: None if one is None else read(one))


def _streamed(
    groups: RowGroups, name: str, kind: ColumnKind | None, answers: Callable[[], np.ndarray | None]
) -> Column | None:
    """Learn a column of files batch by batch, or return None."""
    if isinstance(kind, Steps) or (kind is None and is_records(groups.schema.field(name).type)):
        return stream_steps(groups, name, kind)
    return stream_column(groups, name, kind, answers)


def _learn_whole(groups: RowGroups, name: str, kind: ColumnKind | None) -> Column:
    """Learn a column of files by its kind's own way, or whole: to tell its kind, or what is wrong with it."""
    if kind is None:
        return _learn(groups.column(name), name, None)
    columns = kind.sources(name)
    try:
        cells = (kind.cells(batch, name) for batch in groups.batches(columns))
        learned, missing = kind.learn_batches(cells, name)
        if missing < groups.rows:
            return Column(name, learned, groups.rows, missing, "declared")
    except DataError:
        pass
    return _learn(kind.cells(groups.table(columns), name), name, kind)


def _unread(declared: Mapping[str, ColumnKind]) -> set[str]:
    """Return the ignored columns that no other kind reads."""
    kinds = {name: kind for name, kind in declared.items() if isinstance(kind, ColumnKind)}
    read = {source for name, kind in kinds.items() if not isinstance(kind, Ignored) for source in kind.sources(name)}
    return {name for name, kind in kinds.items() if isinstance(kind, Ignored)} - read


def _read(data: Any, ignored: set[str]) -> tuple[pa.Table, list[str]]:
    """Return the table and all its names; an ignored column of a frame isn't even converted, whatever it holds."""
    if not ignored or not isinstance(data, pd.DataFrame | Mapping):
        table = to_arrow(data)
        return table, table.column_names
    names = [str(name) for name in data]
    return to_arrow(data, columns=[name for name in names if name not in ignored]), names


def _check_arguments(names: list[str], targets: Sequence[str], declared: Mapping[str, ColumnKind]) -> None:
    for target in targets:
        if target not in names:
            raise DataError(f"target {target!r} is not a column of the data; {did_you_mean(target, names)}")
    for name, kind in declared.items():
        if name not in names and not is_made(kind, name):
            raise DataError(f"`kinds` names column {name!r}, which the data does not have; {did_you_mean(name, names)}")
        if not isinstance(kind, ColumnKind):
            raise DataError(
                f"`kinds` must map columns to kinds such as te.Categorical(), however: {name!r} is {kind!r}"
            )
        if name in targets:
            raise DataError(f"`kinds` names the target {name!r}; use task= to say what the target is")


def _learn(
    values: pa.ChunkedArray,
    name: str,
    declared: ColumnKind | None,
    answers: Callable[[], np.ndarray | None] = lambda: None,
) -> Column:
    if values.null_count == len(values):
        raise DataError(
            f"column {name!r} must hold some values, however: all {len(values):,} rows are missing; "
            f"drop it, or leave it out with kinds={{{name!r}: te.Ignored()}}"
        )
    kind, reason = (declared, "declared") if declared is not None else _classify(values, name)
    learned, missing = kind.learn_with(values, answers(), name) if kind.reads_target else kind.learn(values, name)
    if missing == len(values):
        what, gone = ("values", "missing") if is_number(_inner(values.type)) else ("labels", "empty")
        raise DataError(f"column {name!r} must hold some {what}, however: all {len(values):,} rows are {gone}; drop it")
    return Column(name, learned, len(values), missing, reason)


def _inner(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _classify(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    """Return the kind a column is read as, and why."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _read_labels(values, name, "a category")
    if pa.types.is_boolean(kind):
        _, labels = factorize(values, name)
        return aside(labels[0]) if _constant(values, len(labels)) else (Boolean(), "true and false")
    if is_time(kind):
        return time_kind(
            kind, pc.count_distinct(values).as_py(), values.null_count, lambda: factorize(values, name)[1][0]
        )
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _read_labels(values, name, "text")
    if pa.types.is_integer(kind):
        return _read_whole(numbers_of(values, name, np.float64), name, "whole numbers")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _read_numbers(values, name)
    if may_be_labels(kind):
        return _read_lists(values, name)
    return _read_records(values, name) if is_records(kind) else unread(kind)


def _constant(values: pa.ChunkedArray, distinct: int) -> bool:
    """Tell a constant column; one value with gaps is not constant, its gaps may tell something."""
    return distinct == 1 and values.null_count == 0


def _read_labels(values: pa.ChunkedArray, name: str, what: str) -> tuple[ColumnKind, str]:
    codes, labels = factorize(values, name)
    rows = np.bincount(codes + 1, minlength=1)[1:]  # of each label; a pandas category may list some that no row has
    present, distinct = int(rows.sum()), int(np.count_nonzero(rows))
    if what == "text" and distinct > 1 and all(map(is_iso, labels)):
        return iso_kind(distinct, present)
    return labels_kind(
        what,
        len(codes),
        present,
        distinct,
        lambda: labels[codes[0]],
        (lambda: sum(map(bool, map(_SEVERAL_WORDS.search, labels)))) if what == "text" else None,
    )


def _read_lists(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    items = items_of(values, name)
    lists = items.present
    return lists_kind(
        values.type,
        rows=len(values),
        items=len(lists.values),
        distinct=len(np.unique(lists.values)),
        lengths=(int(lists.lengths.min()), int(lists.lengths.max())),
        only=lambda: items.labels[lists.values[0]],
    )


def _read_records(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    fields, _ = flat_records(values, name)
    return records_kind(name, {field: _read_field(cells, field) for field, cells in fields.items()})


def _read_field(cells: pa.Array, field: str) -> tuple[ColumnKind, str] | None:
    """Return the kind of a record's field, and why; None where every record misses it."""
    if cells.null_count == len(cells):
        return None
    try:
        return _classify(cells, field)
    except DataError:  # learned as numbers or labels, it says which row is at fault
        return (Numeric() if is_number(cells.type) else Categorical()), "refused"


def _read_numbers(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    numbers = numbers_of(values, name, np.float64)
    present = numbers[~np.isnan(numbers)]
    if np.array_equal(present, np.round(present)):
        return _read_whole(numbers, name, "whole numbers, as floats")
    if present.min() == present.max() and len(present) == len(numbers):
        return aside(f"{present[0]:g}")
    return Numeric(), "real numbers"


def _read_whole(numbers: np.ndarray, name: str, what: str) -> tuple[ColumnKind, str]:
    present = numbers[~np.isnan(numbers)]
    distinct, counts = np.unique(present, return_counts=True)
    return whole_kind(
        name,
        what,
        rows=len(numbers),
        present=len(present),
        distinct=len(distinct),
        low=distinct[0],
        high=distinct[-1],
        counts=lambda: counts,
    )
