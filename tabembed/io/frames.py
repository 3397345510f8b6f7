"""Tables of anything (pandas, Arrow streams, dicts, rows, NumPy, files) as one Arrow table, column by column."""

from __future__ import annotations

__all__ = ["are_paths", "column_of", "to_arrow"]

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from .columns import ArrowColumn, column_of, plain
from .errors import DataError
from .names import positions

if TYPE_CHECKING:
    import pandas as pd


def to_arrow(data: Any, columns: Sequence[str] | None = None, *, text: Collection[str] = ()) -> pa.Table:
    """Read a table into Arrow; memory is shared with ``data`` where that is possible.

    Args:
        data: a pandas DataFrame; anything with ``__arrow_c_stream__`` (polars, DuckDB, pyarrow); a dict of columns; a
            list of dicts, one a row; a 2-D array or a list of rows (columns ``x0``, ``x1``, ...); a path, a glob or a
            list of paths of CSV or Parquet files.
        columns: keep just these, in this order; the others are not even converted.
        text: the columns of a CSV to leave as text, whatever they look like.

    Returns:
        The (n, columns) table with ``str`` names; None, NaN, NaT and NA are null, the index is left out, float32 stays.

    Raises:
        DataError: no columns, a name twice, mixed types, lengths that differ, a file that can't be read.
        LabelError: a column that isn't there.

    Example:
        >>> to_arrow({"dest": ["BOS", None], "delay": [3.0, float("nan")]}).to_pylist()
        [{'dest': 'BOS', 'delay': 3.0}, {'dest': None, 'delay': None}]
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _of_pandas(data, columns)
    if are_paths(data):
        return _of_files(data, columns, text)
    if isinstance(data, pa.Table | pa.RecordBatch):
        return _of_table(pa.table(data), columns)
    if isinstance(data, Mapping):
        return _of_columns(list(data), data.__getitem__, columns, "the dict")
    if isinstance(data, list | tuple):
        return _of_rows(data, columns)
    if pandas is not None and isinstance(data, pandas.Series):
        raise _not_a_table(data)
    if hasattr(data, "__arrow_c_stream__"):
        return _of_stream(data, columns)
    if hasattr(data, "__array__"):
        return _of_matrix(data if isinstance(data, np.ma.MaskedArray) else np.asarray(data), columns)
    raise _not_a_table(data)


def are_paths(data: Any) -> bool:
    """Say whether data is a path, a glob, or a list of these.

    Example:
        >>> are_paths("flights.csv"), are_paths(["a.csv", "b.csv"]), are_paths([{"a": 1}])
        (True, True, False)
    """
    if isinstance(data, str | os.PathLike):
        return True
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(item, str | os.PathLike) for item in data)


def _not_a_table(data: Any) -> DataError:
    shape = f", shape {data.shape}" if hasattr(data, "shape") else ""
    return DataError(
        "data must be a DataFrame, an Arrow table, a dict of columns, a list of rows, a 2-D array or a path, however: "
        f"it is {type(data).__module__.partition('.')[0]}.{type(data).__name__}{shape}{_fix_for(data)}"
    )


def _fix_for(data: Any) -> str:
    for method, call in (("collect", ".collect()"), ("to_frame", ".to_frame()"), ("toarray", ".toarray()")):
        if hasattr(data, method):
            return f"; use {call} first"
    return ""


def _of_pandas(frame: pd.DataFrame, columns: Sequence[str] | None) -> pa.Table:
    keys = frame.columns.tolist()
    names = [str(key) for key in keys]
    places = positions(names, columns, "the frame")
    if columns is None:
        arrays = [column_of(values, name) for name, (_, values) in zip(names, frame.items(), strict=True)]
    else:
        by_key = frame.columns.is_unique  # twice as fast as by place
        arrays = [column_of(frame[keys[at]] if by_key else frame.iloc[:, at], names[at]) for at in places]
    return pa.Table.from_arrays(arrays, names=[names[place] for place in places])


def _of_table(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    places = positions(table.column_names, columns, "the table")
    return pa.Table.from_arrays([plain(table.column(p)) for p in places], names=[table.column_names[p] for p in places])


def _of_stream(data: Any, columns: Sequence[str] | None) -> pa.Table:
    if columns is not None and type(data).__name__ == "DuckDBPyRelation":  # a query: let it leave the other columns out
        positions(data.columns, columns, "the relation")
        data = data.project(", ".join('"' + str(name).replace('"', '""') + '"' for name in dict.fromkeys(columns)))
    try:
        reader = pa.RecordBatchReader.from_stream(data)
    except pa.ArrowInvalid as error:
        raise _not_a_table(data) from error
    places = positions(reader.schema.names, columns, "the table")
    schema = pa.schema([reader.schema.field(place) for place in places])
    table = pa.Table.from_batches([batch.select(places) for batch in reader], schema)
    return _of_table(table, None) if places else table


def _of_columns(
    keys: Sequence[Any], cells: Callable[[Any], Any], columns: Sequence[str] | None, where: str
) -> pa.Table:
    names = [str(key) for key in keys]
    places = positions(names, columns, where)
    chosen = [names[place] for place in places]
    arrays: list[ArrowColumn] = []
    for place, name in zip(places, chosen, strict=True):
        arrays.append(column_of(cells(keys[place]), name))
        if len(arrays[-1]) != len(arrays[0]):
            raise DataError(
                f"columns must be equally long, however: {chosen[0]!r} holds {len(arrays[0])} rows "
                f"and {name!r} {len(arrays[-1])}"
            )
    return pa.Table.from_arrays(arrays, names=chosen)


def _of_rows(rows: Sequence[Any], columns: Sequence[str] | None) -> pa.Table:
    """Read a list of dicts or of sequences."""
    if all(isinstance(row, Mapping) for row in rows):
        keys = list(dict.fromkeys(key for row in rows for key in row))
        return _of_columns(keys, lambda key: [row.get(key) for row in rows], columns, "the rows")
    if all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        widths = {len(row) for row in rows}
        if len(widths) > 1:
            raise DataError(f"rows must be equally long, however: their lengths are {sorted(widths)}")
        return _of_numbered(widths.pop(), lambda at: [row[at] for row in rows], columns)
    kinds = sorted({type(row).__name__ for row in rows})
    raise DataError(f"a list must hold rows (dicts or lists) or paths, however: it holds {' and '.join(kinds)}")


def _of_matrix(values: np.ndarray, columns: Sequence[str] | None) -> pa.Table:
    if values.ndim != 2:
        raise DataError(f"an array must be 2-D (rows, columns), however: its shape is {values.shape}")
    return _of_numbered(values.shape[1], lambda at: values[:, at], columns)


def _of_numbered(width: int, cells: Callable[[int], Any], columns: Sequence[str] | None) -> pa.Table:
    return _of_columns([f"x{at}" for at in range(width)], lambda key: cells(int(key[1:])), columns, "the array")


def _of_files(paths: Any, columns: Sequence[str] | None, text: Collection[str]) -> pa.Table:
    from .files import read_files

    return read_files(paths, columns, text)
