"""Parquet files into one table: every footer is checked before the first row is read."""

from __future__ import annotations

__all__ = ["damaged", "joint_schema", "parquet_schema", "read_parquet", "read_parquet_file"]

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .columns import plain, plain_type
from .errors import DataError
from .names import positions, same_columns


def read_parquet(files: Sequence[Path], columns: Sequence[str] | None = None) -> pa.Table:
    """Read Parquet files of the same columns into one table.

    Args:
        files: at least one path.
        columns: keep just these, in this order.

    Returns:
        The (n, columns) table; NaN is null, and integers of different widths (or beside floats) are widened.

    Raises:
        DataError: a file that isn't Parquet, is damaged, or whose columns or types differ from the first one's.
        LabelError: a column that isn't there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": [1, None]}), path)
        >>> read_parquet([path]).to_pylist()
        [{'x': 1}, {'x': None}]
    """
    kinds = joint_schema(files, columns)
    return pa.concat_tables(
        [_cast(read_parquet_file(file, kinds.names), kinds, file) for file in files]
    ).unify_dictionaries()


def joint_schema(files: Sequence[Path], columns: Sequence[str] | None = None) -> pa.Schema:
    """Return the columns of Parquet files read together, from their footers.

    Args:
        files: at least one path.
        columns: keep just these, in this order.

    Returns:
        The columns, each of the type that holds it in every file.

    Raises:
        DataError: a file that isn't Parquet, is damaged, or whose columns or types differ from the first one's.
        LabelError: a column that isn't there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": [1, None]}), path)
        >>> joint_schema([path]).field("x").type
        DataType(int64)
    """
    schemas = [parquet_schema(file) for file in files]
    first, wheres = schemas[0], [f"file {str(file)!r}" for file in files]
    names = [first.names[place] for place in positions(first.names, columns, wheres[0])]
    for schema, where in zip(schemas[1:], wheres[1:], strict=True):
        positions(schema.names, columns, where)
        if columns is None:
            same_columns(schema.names, where, first.names, wheres[0])
    return pa.schema([(name, _one_type(name, schemas, wheres)) for name in names])


def parquet_schema(path: Path) -> pa.Schema:
    """Read the columns of a Parquet file from its footer; the row labels pandas may have stored are left out.

    Args:
        path: of the file.

    Returns:
        The Arrow schema.

    Raises:
        DataError: when it isn't Parquet, or is damaged.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": [1, None]}), path)
        >>> parquet_schema(path).names
        ['x']
    """
    _refuse_other_formats(path)
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, error) from error
    index = json.loads((schema.metadata or {}).get(b"pandas", b"{}")).get("index_columns", [])
    unnamed = [name for name in index if isinstance(name, str) and name.startswith("__index_level_")]
    return pa.schema([field for field in schema if field.name not in unnamed])


def read_parquet_file(path: Path, columns: Sequence[str]) -> pa.Table:
    """Read columns of one Parquet file.

    Args:
        path: of the file.
        columns: the columns to read, in this order.

    Returns:
        The (n, columns) table.

    Raises:
        DataError: when its rows can't be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": [1, None]}), path)
        >>> read_parquet_file(path, ["x"]).num_rows
        2
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            table = file.read(columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, error) from error
    return pa.Table.from_arrays([plain(table[name]) for name in columns], names=list(columns))


def _one_type(name: str, schemas: Sequence[pa.Schema], wheres: Sequence[str]) -> pa.DataType:
    """Return the type that holds a column of every file: all missing in one fits any, and numbers fit the wider."""
    kind, holder = pa.null(), wheres[0]
    for schema, where in zip(schemas, wheres, strict=True):
        other = plain_type(schema.field(name).type)
        joined = _join(kind, other)
        if joined is None:
            raise DataError(
                f"column {name!r} must be of one type in all files, however: it is {kind} in {holder} "
                f"and {other} in {where}"
            )
        if joined != kind:
            kind, holder = joined, where
    return kind


def _join(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """Return the type that holds both without a loss, None where they are of different families."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    family = _family(one)
    if not family or family != _family(other):
        return None
    if family == "text":
        return pa.large_string()
    fields = [pa.schema([("", kind)]) for kind in (one, other)]
    return pa.unify_schemas(fields, promote_options="permissive").field(0).type


def _family(kind: pa.DataType) -> str:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(inner) or pa.types.is_large_string(inner):
        return "text"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_timestamp(kind):
        return f"time stamp in {kind.tz}"
    return ""


def _cast(table: pa.Table, kinds: pa.Schema, path: Path) -> pa.Table:
    try:
        return table.cast(kinds)
    except pa.ArrowInvalid as error:
        raise damaged(path, error) from error


def _refuse_other_formats(path: Path) -> None:
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            end = file.seek(0, 2) and (file.seek(-min(4, file.tell()), 2), file.read(4))[1]
    except OSError as error:
        raise damaged(path, error) from error
    if not start:
        raise DataError(f"file {str(path)!r} must be Parquet, however: it is empty")
    if start != b"PAR1":
        raise DataError(
            f"file {str(path)!r} must be Parquet, however: it starts with {start!r}; rename it to what it is"
        )
    if end != b"PAR1":
        raise DataError(f"file {str(path)!r} is damaged: its end, where Parquet keeps its footer, is cut off")


def damaged(path: Path, error: BaseException) -> DataError:
    """Return the error for a file that can't be read, with the cause.

    Args:
        path: of the file.
        error: what was raised.

    Example:
        >>> damaged(Path("a.parquet"), OSError("no footer"))
        DataError("file 'a.parquet' can't be read as Parquet: no footer")
    """
    gone = isinstance(error, FileNotFoundError) and "it has gone since its footer was read"
    cause = gone or getattr(error, "strerror", None) or str(error).splitlines()[0]
    return DataError(f"file {str(path)!r} can't be read as Parquet: {cause}")
