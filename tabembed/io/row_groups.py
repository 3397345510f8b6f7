"""Parquet files as a stream of row groups, so that memory doesn't grow with the files."""

from __future__ import annotations

__all__ = ["BATCH_ROWS", "RowGroup", "RowGroups"]

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .columns import plain
from .files import Paths, expand
from .names import positions
from .parquet_files import damaged, joint_schema

BATCH_ROWS = 65_536


@dataclass(frozen=True)
class RowGroup:
    """Where some rows lie.

    Args:
        path: the Parquet file.
        number: of the row group in the file.
        first: the file's row that it begins with.
        rows: how many there are.
        source: the file that the user named: the same, or the CSV that the Parquet file was made of.
    """

    path: Path
    number: int
    first: int
    rows: int
    source: Path

    @property
    def where(self) -> str:
        """Return what errors call the rows."""
        return f"rows {self.first:,} to {self.first + self.rows - 1:,} of file {str(self.source)!r}"


class RowGroups:
    """The row groups of Parquet files of one schema; making it reads every footer and no row.

    Args:
        paths: a path, a glob, a folder, or a list of these.
        columns: keep just these, in this order.

    Raises:
        DataError: a file that isn't Parquet, is damaged, or whose columns or types differ from the first one's.
        LabelError: a column that isn't there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.parquet"
        >>> pq.write_table(pa.table({"x": [1, 2, 3]}), path, row_group_size=2)
        >>> groups = RowGroups(path)
        >>> groups.rows, [group.rows for group in groups.groups]
        (3, [2, 1])
        >>> [batch.num_rows for batch in groups.batches()]
        [2, 1]
    """

    def __init__(self, paths: Paths, columns: Sequence[str] | None = None) -> None:
        files = expand(paths)
        self._open(files, files, columns)

    def _open(self, files: Sequence[Path], sources: Sequence[Path], columns: Sequence[str] | None) -> None:
        self.schema: pa.Schema = joint_schema(files, columns)
        self.groups: tuple[RowGroup, ...] = tuple(
            group for file, source in zip(files, sources, strict=True) for group in _groups_of(file, source)
        )
        self.rows = sum(group.rows for group in self.groups)
        self._kept: object = None

    @classmethod
    def made_of(cls, sources: Sequence[Path], files: Sequence[Path], kept: object) -> RowGroups:
        """Return the row groups of Parquet files that were made of others.

        Args:
            sources: what the user named.
            files: what was made of each.
            kept: an object that must live as long as they are read.
        """
        groups = cls.__new__(cls)
        groups._open(files, sources, None)
        groups._kept = kept
        return groups

    @property
    def names(self) -> list[str]:
        """The columns, in order."""
        return list(self.schema.names)

    def select(self, columns: Sequence[str]) -> RowGroups:
        """Return just these columns, in this order; no footer is read again.

        Raises:
            LabelError: for a column that isn't there.
        """
        positions(self.names, columns, "the files")
        chosen = copy(self)
        chosen.schema = pa.schema([self.schema.field(name) for name in columns])
        return chosen

    def batches(
        self,
        columns: Sequence[str] | None = None,
        groups: Iterable[RowGroup] | None = None,
        labels: Collection[str] = (),
    ) -> Iterator[pa.Table]:
        """Yield the rows, some ten thousands at a time, as ``read_parquet`` would give them.

        Args:
            columns: just these of the columns, in this order.
            groups: just these row groups, in this order; None for all, in the files' order.
            labels: columns whose texts come as dictionaries, as Parquet itself keeps them: twice as fast.

        Yields:
            (batch, columns) tables of at most ``BATCH_ROWS`` rows.

        Raises:
            DataError: when a file has gone, has changed or can't be read; names the file.
        """
        names = self.names if columns is None else columns
        texts = {name for name in labels if name in names and _is_text(self.schema.field(name).type)}
        kinds = pa.schema(
            [
                (name, pa.dictionary(pa.int32(), kind) if name in texts else kind)
                for name, kind in ((name, self.schema.field(name).type) for name in names)
            ]
        )
        for group in self.groups if groups is None else groups:
            yield from _batches_of(group, kinds, texts)

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a whole column."""
        return self.table([name]).column(name)

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Return whole columns."""
        return pa.concat_tables([self.schema.empty_table().select(list(columns)), *self.batches(columns)])


def _groups_of(path: Path, source: Path) -> Iterator[RowGroup]:
    try:
        footer = pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, error) from error
    first = 0
    for number in range(footer.num_row_groups):
        rows = footer.row_group(number).num_rows
        if rows:
            yield RowGroup(path, number, first, rows, source)
        first += rows


def _batches_of(group: RowGroup, kinds: pa.Schema, texts: Collection[str] = ()) -> Iterator[pa.Table]:
    """Yield a row group's rows; ``to_batches`` of a data set, or with ``pre_buffer``, would keep what it has read."""
    came = 0
    try:
        with pq.ParquetFile(group.path, pre_buffer=False, buffer_size=1 << 18, read_dictionary=[*texts]) as file:
            for batch in file.iter_batches(BATCH_ROWS, row_groups=[group.number], columns=kinds.names):
                came += batch.num_rows
                yield pa.Table.from_arrays([_as(batch.column(kind.name), kind.type) for kind in kinds], schema=kinds)
        if came != group.rows:
            raise OSError(f"it has changed while it was read: row group {group.number} held {group.rows:,} rows")
    except (OSError, KeyError, IndexError, pa.ArrowException) as error:
        raise damaged(group.path, error) from error


def _as(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    cells = plain(cells)
    if cells.type == kind:
        return cells
    if pa.types.is_dictionary(kind) and pa.types.is_dictionary(cells.type):
        return pa.DictionaryArray.from_arrays(
            cells.indices.cast(kind.index_type), cells.dictionary.cast(kind.value_type)
        )
    return cells.cast(kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
