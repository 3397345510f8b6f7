"""CSV files larger than memory: read once into Parquet files in ``TMPDIR``, which are streamed and then removed."""

from __future__ import annotations

__all__ = ["Reader", "spool_csv"]

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from .ahead import read_ahead
from .csv_files import CsvHead, csv_batches, csv_heads
from .errors import DataError
from .row_groups import BATCH_ROWS, RowGroups
from .text_types import Typing

Reader: TypeAlias = Callable[[pa.ChunkedArray], pa.Array]
_GROUP_BYTES = 64 << 20


class _Folder:
    """A temporary folder that goes when nothing holds this object any more, at the latest with the process."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="tabembed-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def spool_csv(
    files: Sequence[Path], columns: Sequence[str] | None = None, readers: Mapping[str, Reader] | None = None
) -> RowGroups:
    r"""Read CSV files of the same columns into temporary Parquet files, typed over all of them.

    The types are guessed from the start of each file. Where a later cell says otherwise, what has been written is
    thrown away; the rest of the files is still read, so that the second time every type is known.

    Args:
        files: at least one path.
        columns: keep just these, in this order.
        readers: {column: function from its cells, (n,) strings, to (n,) what they mean}; the others are ``typed``.

    Returns:
        The row groups, which give what ``read_csv`` gives; the temporary files go when nothing holds them any more.

    Raises:
        DataError: as ``read_csv``, and where ``TMPDIR`` has no room.
        LabelError: a column that isn't there.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("zip,price\n00501,5\n10001,7\n")
        >>> [batch.to_pydict() for batch in spool_csv([path]).batches()]
        [{'zip': ['00501', '10001'], 'price': [5, 7]}]
    """
    heads, names = csv_heads(files, columns)
    own = readers or {}
    guess = _guess(heads, names, own)
    typings = {name: Typing() for name in names if name not in own}
    try:
        folder = _Folder()
        try:
            spool = _Spool(heads, folder.path, own, guess)
            if not spool.write(typings):
                known = {name: typings[name].kind if name in typings else guess[name] for name in names}
                spool = _Spool(heads, folder.path, own, known)
                spool.write({})
        except BaseException:
            folder.remove()
            raise
    except OSError as error:
        raise DataError(
            f"CSV files are kept as Parquet in {tempfile.gettempdir()!r} while they are read, however: "
            f"{error.strerror or str(error).splitlines()[0]}; set TMPDIR to a folder with more room"
        ) from error
    for name, found in typings.items():
        found.warn_of_words(name)
    return RowGroups.made_of(files, spool.paths, folder)


def _guess(heads: Sequence[CsvHead], names: Sequence[str], readers: Mapping[str, Reader]) -> dict[str, pa.DataType]:
    found = {name: Typing() for name in names}
    for head in heads:
        batches = csv_batches(head, names)
        first = next(batches, None)
        if first is not None:
            for name in names:
                found[name].add(first.column(name))
        batches.close()
    return {name: pa.string() if name in readers else found[name].kind for name in names}


class _Spool:
    """One reading of the CSV files.

    Args:
        heads: of the files.
        folder: for the Parquet files.
        readers: as in ``spool_csv``.
        kinds: {column: its type}.
    """

    def __init__(
        self, heads: Sequence[CsvHead], folder: Path, readers: Mapping[str, Reader], kinds: Mapping[str, pa.DataType]
    ) -> None:
        self._heads, self._readers, self._schema = heads, readers, pa.schema(kinds)
        self.paths = [folder / f"{at}.parquet" for at in range(len(heads))]

    def write(self, typings: Mapping[str, Typing]) -> bool:
        """Write the files, and take their cells into the typings; say whether the types were right.

        Once they are known to be wrong, nothing more is written.
        """
        right = True
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for head, path in zip(self._heads, self.paths, strict=True):
                with pq.ParquetWriter(path, self._schema, compression="lz4") as file:
                    for cells in read_ahead(_tables(head, self._schema.names)):
                        arrays = list(
                            threads.map(lambda field, cells=cells: self._typed(cells, field, typings), self._schema)
                        )
                        right = right and all(array is not None for array in arrays)
                        if right:
                            file.write_table(pa.Table.from_arrays(arrays, schema=self._schema), cells.num_rows)
        return right and all(found.kind == self._schema.field(name).type for name, found in typings.items())

    def _typed(self, cells: pa.Table, field: pa.Field, typings: Mapping[str, Typing]) -> pa.ChunkedArray | None:
        """Return a column's cells in its type, None where they aren't of it."""
        column = cells.column(field.name)
        if field.name in self._readers:
            return pa.chunked_array([self._readers[field.name](column)]).cast(field.type)
        found = typings.get(field.name, Typing())
        parts = [found.add(chunk) if field.name in typings else None for chunk in column.chunks]
        try:
            return pa.chunked_array(
                [
                    part if part is not None and part.type == field.type else found.read(chunk, field.type)
                    for part, chunk in zip(parts, column.chunks, strict=True)
                ],
                field.type,
            )
        except pa.ArrowInvalid:
            return None


def _tables(head: CsvHead, names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of a file, as many as make a row group."""
    parts: list[pa.RecordBatch] = []
    for batch in csv_batches(head, names):
        parts.append(batch)
        if sum(part.num_rows for part in parts) >= BATCH_ROWS or sum(part.nbytes for part in parts) >= _GROUP_BYTES:
            yield pa.Table.from_batches(parts)
            parts = []
    if parts:
        yield pa.Table.from_batches(parts)
