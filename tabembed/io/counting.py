"""Counting the values of a column of files larger than memory, with DuckDB; imported only when files are read."""

from __future__ import annotations

__all__ = ["Counts", "countable", "counted"]

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from .columns import plain
from .errors import DataError
from .row_groups import RowGroups

_MEMORY = "512MB"


def countable(kind: pa.DataType) -> bool:
    """Say whether a column of this type can be counted: its values pass through DuckDB unchanged.

    Example:
        >>> countable(pa.string()), countable(pa.list_(pa.string()))
        (True, False)
    """
    try:
        _physical(_inner(kind))
    except KeyError:
        return False
    return True


class Counts:
    """The distinct values of a column with their rows; they lie in DuckDB, on disk where memory is short."""

    def __init__(self, database: Any, kind: pa.DataType) -> None:
        self._database, self._kind = database, kind

    def summary(self, where: str = "value IS NOT NULL") -> tuple[int, int]:
        """Return how many distinct values there are, and how many rows hold them."""
        return self._one(f"SELECT count(*), coalesce(sum(rows), 0)::BIGINT FROM counts WHERE {where}")

    def all_match(self, pattern: str) -> bool:
        """Say whether all texts, "" apart, are of a pattern."""
        found = self._one(
            "SELECT count(*) FROM counts WHERE value <> '' AND NOT regexp_full_match(value, '" + pattern + "')"
        )
        return not found[0]

    def of_numbers(self) -> int:
        """Return how many distinct numbers there are as float64."""
        return int(self._one("SELECT count(DISTINCT value::DOUBLE) FROM counts WHERE value IS NOT NULL")[0])

    def by_number(self) -> np.ndarray:
        """Return (distinct,) int64 rows of each number as float64, by rising number."""
        found = self._database.sql(
            "SELECT sum(rows)::BIGINT AS rows FROM counts WHERE value IS NOT NULL GROUP BY value::DOUBLE "
            "ORDER BY value::DOUBLE"
        )
        return found.to_arrow_table().column(0).to_numpy()

    def values(self) -> tuple[pa.Array, np.ndarray]:
        """Return the distinct values, null among them, in the column's own type, and (distinct,) int64 rows of each."""
        table = self._database.sql("SELECT value, rows FROM counts").to_arrow_table()
        values = table.column(0).combine_chunks()
        if isinstance(values, pa.ChunkedArray):  # pragma: no cover - an empty one stays chunked
            values = pa.array([], values.type)
        return _back(values, self._kind), table.column(1).to_numpy()

    def _one(self, query: str) -> Any:
        return self._database.sql(query).fetchall()[0]


@contextmanager
def counted(groups: RowGroups, name: str) -> Iterator[Counts]:
    """Count a column's values in one pass over its files.

    Args:
        groups: the files.
        name: of a column whose type is ``countable``.

    Yields:
        The counts; what DuckDB wrote to disk for them (below ``TMPDIR``) is removed afterwards.

    Raises:
        DataError: when a file can't be read, or there is no room on disk.

    Example:
        >>> import pathlib, pyarrow.parquet as pq, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": ["b", "a", "b", None]}), path)
        >>> with counted(RowGroups(path), "x") as counts:
        ...     counts.summary()
        (2, 3)
    """
    import duckdb

    kind = _inner(groups.schema.field(name).type)
    failed: list[DataError] = []
    try:
        with tempfile.TemporaryDirectory(prefix="tabembed-") as folder:
            settings = {"memory_limit": _MEMORY, "temp_directory": folder, "arrow_large_buffer_size": "true"}
            with duckdb.connect(config={**settings, "preserve_insertion_order": "false"}) as database:
                schema = pa.schema([("value", _physical(kind))])
                batches = pa.RecordBatchReader.from_batches(schema, _cells(groups, name, schema, failed))
                database.register("cells", batches)
                database.execute("CREATE TEMP TABLE counts AS SELECT value, count(*) AS rows FROM cells GROUP BY value")
                yield Counts(database, kind)
    except (duckdb.Error, OSError) as error:
        if failed:
            raise failed[0] from None
        raise DataError(
            f"column {name!r} can't be counted in {tempfile.gettempdir()!r}: {str(error).splitlines()[0]}; "
            f"set TMPDIR to a folder with more room"
        ) from error


def _cells(groups: RowGroups, name: str, schema: pa.Schema, failed: list[DataError]) -> Iterator[pa.RecordBatch]:
    try:
        for batch in groups.batches([name]):
            for chunk in batch.column(0).chunks:
                plain_chunk = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
                cells = plain(plain_chunk).cast(schema.field(0).type)
                yield pa.RecordBatch.from_arrays([cells], schema=schema)
    except DataError as error:
        failed.append(error)  # DuckDB would pass on its text alone
        raise


def _inner(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _physical(kind: pa.DataType) -> pa.DataType:
    """Return what DuckDB counts for a type: the bare integers of dates and times, since it would change units."""
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind) or pa.types.is_date64(kind):
        return pa.int64()
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.int32()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.large_string()
    if (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal128(kind)
    ):
        return kind
    raise KeyError(str(kind))


def _back(values: pa.Array, kind: pa.DataType) -> pa.Array:
    return plain(values.cast(_physical(kind)).cast(kind))
