"""A sequence from files larger than memory: its steps end to end in a temporary file, which is learned from as any."""

from __future__ import annotations

__all__ = ["stream_steps"]

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..io.errors import DataError
from ..io.row_groups import RowGroups
from .column import Column
from .kinds import ColumnKind, Sequence
from .lists import flat_records
from .records import records_kind
from .streamed import stream_column


def stream_steps(groups: RowGroups, name: str, declared: Sequence | None) -> Column | None:
    """Learn a sequence of Parquet files; beside its labels only a batch of rows is in memory.

    Args:
        groups: the files.
        name: the column's.
        declared: its kind; None for lists of records, to find it.

    Returns:
        The column; None where it must be looked at whole, to say what is wrong with it.

    Raises:
        DataError: when a file can't be read, or there is no room for the temporary one.
    """
    if declared is not None and declared.needs_rows:
        return None
    with _room(), tempfile.TemporaryDirectory(prefix="tabembed-") as folder:
        path = Path(folder) / "steps.parquet"
        empty = _write_steps(groups, name, declared, path)
        if empty is None or not path.exists():
            return None
        steps = RowGroups(path)
        columns = _learned(steps, dict.fromkeys(steps.names) if declared is None else declared.named)
    if columns is None:
        return None
    if declared is not None:
        return Column(name, declared.with_columns(columns), groups.rows, empty, "declared")
    found = {field: (columns[field].kind, columns[field].reason) if field in columns else None for field in steps.names}
    kind, reason = records_kind(name, found)
    if not isinstance(kind, Sequence):
        return None
    return Column(
        name, kind.with_columns({f"{name}_{field}": columns[field] for field in kind.steps}), groups.rows, empty, reason
    )


def _learned(steps: RowGroups, kinds: Mapping[str, ColumnKind | None]) -> dict[str, Column] | None:
    """Return the steps' columns without those of no value; None where one must be looked at whole."""
    columns = {}
    for step, kind in kinds.items():
        try:
            column = stream_column(steps, step, kind)
        except DataError:
            return None
        if column is not None:
            columns[step] = column
        elif kind is not None or any(len(cells) > cells.column(0).null_count for cells in steps.batches([step])):
            return None
    return columns


def _write_steps(groups: RowGroups, name: str, declared: Sequence | None, path: Path) -> int | None:
    """Write the cells of all steps; return how many rows have none, None where something is wrong with a row."""
    empty, writer = 0, None
    try:
        for batch in groups.select(declared.sources(name) if declared else [name]).batches():
            if declared is None:
                flat, lengths = flat_records(batch.column(name), name)
            else:
                flat, lengths = declared.flat(declared.cells(batch, name))
            empty += int((lengths == 0).sum())
            table = pa.table(flat)
            if table.num_columns and table.num_rows:
                writer = writer or pq.ParquetWriter(path, table.schema, compression="lz4")
                writer.write_table(table)
    except DataError:
        return None
    finally:
        if writer is not None:
            writer.close()
    return empty


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"the steps of a sequence are kept in {tempfile.gettempdir()!r} while they are counted, however: "
            f"{error.strerror or str(error).splitlines()[0]}; set TMPDIR to a folder with more room"
        ) from error
