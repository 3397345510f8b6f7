"""CSV files as text first: nothing is typed before every cell of every file is known."""

from __future__ import annotations

__all__ = ["CsvHead", "csv_batches", "csv_head", "csv_heads", "read_csv", "read_csv_text"]

import csv
import gzip
import io
import os
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from .errors import DataError
from .names import positions, same_columns
from .text_types import typed

_BLOCK = 1 << 20
_LARGEST_BLOCK = (1 << 31) - 1
_MAGIC = (
    (b"PAR1", "Parquet"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "gzip (its name should end in .gz)"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"ARROW1", "an Arrow file"),
)


_CONVERT = partial(
    arrow_csv.ConvertOptions, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
)


@dataclass(frozen=True)
class CsvHead:
    """The first record of a CSV: the columns' names, how many lines it takes, and whether it stands alone."""

    path: Path
    names: tuple[str, ...]
    lines: int
    alone: bool

    @property
    def where(self) -> str:
        """Return what errors call the file."""
        return f"file {str(self.path)!r}"


def read_csv(files: Sequence[Path], columns: Sequence[str] | None = None, text: Collection[str] = ()) -> pa.Table:
    r"""Read CSV files of the same columns into one table, typed over all of them.

    Args:
        files: at least one path.
        columns: keep just these, in this order.
        text: the columns to leave as text.

    Returns:
        The (n, columns) table; a column's type is what all its cells in all the files allow, see ``typed``.

    Raises:
        DataError: a file that isn't a CSV, is damaged, or whose columns differ from the first one's.
        LabelError: a column that isn't there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> _ = path.write_text("x\ty\n1\tb\n")
        >>> read_csv([path]).to_pylist()
        [{'x': 1, 'y': 'b'}]
    """
    heads, names = csv_heads(files, columns)
    cells = pa.concat_tables([read_csv_text(head, names) for head in heads])
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        arrays = list(threads.map(lambda name: cells[name] if name in text else typed(cells[name], name), names))
    return pa.Table.from_arrays(arrays, names=names)


def csv_heads(files: Sequence[Path], columns: Sequence[str] | None = None) -> tuple[list[CsvHead], list[str]]:
    r"""Read the headers of CSV files that are read together.

    Args:
        files: at least one path.
        columns: keep just these, in this order.

    Returns:
        The headers, and the columns to read.

    Raises:
        DataError: a file that isn't a CSV, or whose columns differ from the first one's.
        LabelError: a column that isn't there.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,y\n1,2\n")
        >>> csv_heads([path], ["y"])[1]
        ['y']
    """
    heads = [csv_head(file) for file in files]
    first = heads[0]
    names = [first.names[place] for place in positions(first.names, columns, first.where)]
    for head in heads[1:]:
        positions(head.names, columns, head.where)
        if columns is None:
            same_columns(head.names, head.where, first.names, first.where)
    return heads, names


def csv_head(path: Path) -> CsvHead:
    r"""Read the header of a CSV, and refuse a file that isn't one.

    Args:
        path: ends in .csv or .tsv, perhaps with .gz.

    Returns:
        The header.

    Raises:
        DataError: an empty file, another format, a header that isn't UTF-8 or holds one name twice.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,y\n1,2\n")
        >>> csv_head(path).names
        ('x', 'y')
    """
    _refuse_other_formats(path)
    try:
        with _open_text(path) as lines:
            rows = csv.reader(lines, delimiter=_delimiter(path))
            names = next((row for row in rows if row), [])
            second = next(lines, None)
            head = CsvHead(path, tuple(names), rows.line_num, alone=second is None)
            _refuse_other_delimiters(head, second or "")
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except (OSError, EOFError, csv.Error) as error:
        raise _damaged(path, error) from error
    if not names:
        raise DataError(f"{head.where} must hold a header and rows, however: it is empty")
    positions(names, None, head.where)
    return head


def read_csv_text(head: CsvHead, columns: Sequence[str] | None = None) -> pa.Table:
    r"""Read a CSV with every column as text.

    Args:
        head: of the file, from ``csv_head``.
        columns: keep just these, in this order.

    Returns:
        The (n, columns) table of strings; an empty cell, quoted or not, is null.

    Raises:
        DataError: a row with too few or too many cells, a quote that is never closed, bytes that aren't UTF-8.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,y\n1,\n")
        >>> read_csv_text(csv_head(path)).to_pylist()
        [{'x': '1', 'y': None}]
    """
    schema = _texts(head, columns)
    return pa.Table.from_batches(_parts(head, schema, lambda *how: iter(_whole(*how))), schema)


def csv_batches(head: CsvHead, columns: Sequence[str] | None = None) -> Generator[pa.RecordBatch]:
    r"""Read a CSV with every column as text, some thousand rows at a time; no more of it is in memory.

    Args:
        head: of the file, from ``csv_head``.
        columns: keep just these, in this order.

    Yields:
        (rows, columns) batches of strings; an empty cell, quoted or not, is null.

    Raises:
        DataError: as ``read_csv_text``.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,y\n1,\n")
        >>> [batch.to_pylist() for batch in csv_batches(csv_head(path))]
        [[{'x': '1', 'y': None}]]
    """
    return _parts(head, _texts(head, columns), arrow_csv.open_csv)


def _texts(head: CsvHead, columns: Sequence[str] | None) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in (head.names if columns is None else columns)])


def _whole(*how: Any) -> list[pa.RecordBatch]:
    """Return a whole file's batches; faster than a stream, whose blocks are parsed one after the other."""
    batches: list[pa.RecordBatch] = arrow_csv.read_csv(*how).to_batches()
    return batches


def _parts(
    head: CsvHead, schema: pa.Schema, opened: Callable[..., Iterator[pa.RecordBatch]]
) -> Generator[pa.RecordBatch]:
    if head.alone:
        return
    try:
        quotes = _quotes(head.path)
        if quotes % 2:
            _refuse_open_quote(head)
        yield from _parsed(head, schema, opened, newlines=quotes > 0)
    except pa.ArrowInvalid as error:
        raise _cause(head, error) from error
    except (OSError, EOFError) as error:
        raise _damaged(head.path, error) from error


def _parsed(
    head: CsvHead, schema: pa.Schema, opened: Callable[..., Iterator[pa.RecordBatch]], newlines: bool
) -> Iterator[pa.RecordBatch]:
    """Parse the rows; only quoted cells can hold ``newlines``, and a file without quotes is cut into blocks faster."""
    block, done = _BLOCK, 0
    while True:
        try:
            with _open_bytes(head.path) as source:
                seen = 0
                for batch in opened(
                    source,
                    arrow_csv.ReadOptions(column_names=list(head.names), skip_rows=head.lines, block_size=block),
                    arrow_csv.ParseOptions(delimiter=_delimiter(head.path), newlines_in_values=newlines),
                    _CONVERT(column_types=schema, include_columns=schema.names),
                ):
                    seen += batch.num_rows
                    if seen > done:
                        yield batch.slice(max(0, batch.num_rows - (seen - done)))
                        done = seen
                return
        except pa.ArrowInvalid as error:
            if not re.search("straddl|block size", str(error)) or block >= _LARGEST_BLOCK:
                raise
            block = min(block * 16, _LARGEST_BLOCK)  # a header or a row is longer than a block


def _delimiter(path: Path) -> str:
    return "\t" if path.name.casefold().removesuffix(".gz").endswith(".tsv") else ","


def _open_bytes(path: Path) -> pa.NativeFile:
    return pa.input_stream(path, compression="gzip" if path.suffix.casefold() == ".gz" else None)


@contextmanager
def _open_text(path: Path) -> Iterator[TextIO]:
    opener = gzip.open if path.suffix.casefold() == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield lines


def _quotes(path: Path) -> int:
    with _open_bytes(path) as source:
        return sum(block.count(b'"') for block in iter(lambda: source.read(_BLOCK), b""))


def _refuse_other_formats(path: Path) -> None:
    try:
        with open(path, "rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise _damaged(path, error) from error
    if not start:
        raise DataError(f"file {str(path)!r} must hold a header and rows, however: it is empty")
    zipped = path.suffix.casefold() == ".gz"
    if zipped and start[:2] == b"\x1f\x8b":
        return
    other = next((name for magic, name in _MAGIC if start.startswith(magic)), "binary" if b"\0" in start else None)
    if other or zipped:
        raise DataError(
            f"file {str(path)!r} must be {'gzipped ' * zipped}CSV text, however: it is {other or 'plain text'}"
        )


def _refuse_other_delimiters(head: CsvHead, line: str) -> None:
    """Refuse one column that is really many: its header and the next line hold the same other delimiter."""
    (name, *others), right = head.names or ("",), _delimiter(head.path)
    wrong = next((mark for mark in ";\t|," if mark != right and mark in name and mark in line), None)
    if wrong and not others:
        raise DataError(
            f"{head.where} must be separated by {right!r}, however: its header is {name!r}, separated by {wrong!r}"
        )


def _refuse_open_quote(head: CsvHead) -> None:
    """Refuse a quote that swallows the rest of the file; a file with an odd number of them is read again to find it."""
    with _open_text(head.path) as lines:
        rows = csv.reader(lines, delimiter=_delimiter(head.path), strict=True)
        last = 0
        try:
            for _ in rows:
                last = rows.line_num
        except csv.Error as error:
            raise DataError(
                f"{head.where} must close every quote, however: one in the row that starts on line {last + 1} isn't "
                f"({error})"
            ) from error
        except UnicodeDecodeError as error:
            raise _not_utf8(head.path) from error


def _cause(head: CsvHead, error: pa.ArrowInvalid) -> DataError:
    """Find the line that Arrow refused; only a file that can't be read is read twice."""
    try:
        with _open_text(head.path) as lines:
            rows = csv.reader(lines, delimiter=_delimiter(head.path))
            for row in rows:
                if row and len(row) != len(head.names):
                    return DataError(
                        f"{head.where} must hold {len(head.names)} cells a row, as its header does, however: "
                        f"line {rows.line_num} holds {len(row)}"
                    )
    except UnicodeDecodeError:
        return _not_utf8(head.path)
    except csv.Error:
        pass
    return _damaged(head.path, error)


def _not_utf8(path: Path) -> DataError:
    with _open_bytes(path) as source:
        line, byte = next(_bad_bytes(io.BufferedReader(source)))
    return DataError(
        f"file {str(path)!r} must be UTF-8, however: line {line} holds the byte {byte:#04x}; save it as UTF-8"
    )


def _bad_bytes(lines: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the number of each line that isn't UTF-8, and its first wrong byte."""
    for number, line in enumerate(lines, start=1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            yield number, line[error.start]


def _damaged(path: Path, error: BaseException) -> DataError:
    cause = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return DataError(f"file {str(path)!r} can't be read as CSV: {cause}")
