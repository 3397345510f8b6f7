"""The word2vec format, text and binary, as gensim and the original tool read it.

A header "n dim", then one entry a label: the label (white space and ``%`` percent-encoded), a space, its numbers. After
the n entries stand three more of the same form, which readers that go by the header never see: ``%missing``,
``%unknown``, and ``%about:`` with counts, name and metric as percent-encoded JSON (and zeros for numbers). No label
begins so, since its ``%`` is encoded. Text holds the shortest decimals that give the same float32 again.
"""

from __future__ import annotations

__all__ = ["has_header", "header_of", "read_binary", "read_plain", "read_text", "write_binary", "write_text"]

import json
import mmap
from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...io.errors import DataError
from ..base import LabelledVectors
from ..parts import Parts
from .escapes import escape, unescape
from .sniff import unreadable

_LINES = 16_384
_MISSING, _UNKNOWN, _ABOUT = "%missing", "%unknown", "%about:"
_EXPECTED = "a word2vec file (a first line 'n dim', then a label and its numbers for each)"
_PLAIN = "vectors as GloVe writes them (a label and its numbers in each line)"
_SPACES = "does a label hold white space?"
_HUGE = 1e10  # no trained vector has such numbers; bytes of text read as numbers soon do

Entries = Iterator[tuple[list[str], np.ndarray]]  # labels as they stand in the file, and their vectors


def write_text(table: LabelledVectors, path: Path) -> None:
    """Write the text form."""
    with path.open("wb") as file:
        file.write(f"{len(table)} {table.dim}\n".encode())
        for labels, vectors in _entries(table):
            columns = [pa.array(labels, pa.string()), *(pa.array(column).cast(pa.string()) for column in vectors.T)]
            lines = pc.binary_join_element_wise(*columns, " ")
            file.write(("\n".join(lines.to_pylist()) + "\n").encode())


def write_binary(table: LabelledVectors, path: Path) -> None:
    """Write the binary form: the numbers as little-endian float32."""
    with path.open("wb") as file:
        file.write(f"{len(table)} {table.dim}\n".encode())
        for labels, vectors in _entries(table):
            for label, vector in zip(labels, vectors.astype("<f4", copy=False), strict=True):
                file.write(label.encode() + b" " + vector.tobytes() + b"\n")


def _entries(table: LabelledVectors) -> Entries:
    for start in range(0, len(table), _LINES):
        part = slice(start, start + _LINES)
        yield [escape(label) for label in table.labels[part]], table.vectors[part]
    about = json.dumps(
        {"name": table.name, "metric": table.metric, "counts": table.counts.tolist()}, separators=(",", ":")
    )
    rest = np.stack([table.missing, table.unknown, np.zeros_like(table.missing)])
    yield [_MISSING, _UNKNOWN, _ABOUT + escape(about)], rest


def read_text(path: Path, only: Container[str] | None = None) -> Parts:
    """Read the text form, of any hand.

    Args:
        path: the file.
        only: keep these labels alone; the others are read past.

    Raises:
        DataError: when the file is cut short or foreign, or holds white space in a label.
    """
    with path.open("rb") as file:
        n, dim = header_of(file, path)
        return _collected(_text_entries(file, path, dim), n, dim, path, only)


def read_plain(path: Path, only: Container[str] | None = None) -> Parts:
    """Read the text form without a header line, as GloVe writes it: the first line tells the dim.

    Args:
        path: the file.
        only: keep these labels alone; the others are read past.

    Raises:
        DataError: when a line has another number of fields than the first, or the file is foreign.
    """
    with path.open("rb") as file:
        dim = len(file.readline().split()) - 1
        if dim < 1:
            raise unreadable(path, _PLAIN, "its first line holds no numbers")
        file.seek(0)
        return _collected(_text_entries(file, path, dim, at=1), None, dim, path, only)


def has_header(path: Path) -> bool:
    r"""Return whether a text file's first line is word2vec's "n dim".

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "glove.txt"
        >>> _ = path.write_text("the 0.5 0.25\n")
        >>> has_header(path)
        False
    """
    with path.open("rb") as file:
        fields = file.readline(100).split()
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def read_binary(path: Path, only: Container[str] | None = None) -> Parts:
    """Read the binary form, of any hand.

    Args:
        path: the file.
        only: keep these labels alone; the others are read past.

    Raises:
        DataError: when the file is cut short or foreign, or holds white space in a label. Where entries end without a
            line end, as gensim writes them, that shows only in labels and numbers that can't be.
    """
    with path.open("rb") as file:
        n, dim = header_of(file, path)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _collected(_binary_entries(content, file.tell(), path, dim), n, dim, path, only)


def header_of(file: BinaryIO, path: Path) -> tuple[int, int]:
    r"""Read the first line: how many labels there are, and the dim.

    Raises:
        DataError: when it isn't two whole numbers, or the file is too short for what they promise.

    Example:
        >>> import io
        >>> header_of(io.BytesIO(b"0 8\n"), Path("/dev/null"))
        (0, 8)
    """
    first = file.readline(100)
    try:
        n, dim = map(int, first.split())
    except ValueError:
        raise unreadable(path, _EXPECTED, f"its first line is {first[:40]!r}") from None
    if dim < 1 or n < 0 or n * (2 * dim + 1) > path.stat().st_size:  # no number takes less than two bytes
        raise unreadable(path, _EXPECTED, f"{path.stat().st_size:,} bytes can't hold {n:,} labels of {dim} numbers")
    return n, dim


def _text_entries(file: BinaryIO, path: Path, dim: int, at: int = 2) -> Entries:
    # at: the line's number, as editors count
    while lines := list(islice(file, _LINES)):
        if filled := [line.rstrip() for line in lines if line.strip()]:  # the original tool ends each line in a space
            yield _parsed(filled, path, at, dim)
        at += len(lines)


def _parsed(lines: list[bytes], path: Path, at: int, dim: int) -> tuple[list[str], np.ndarray]:
    body = b"\n".join(lines) + b"\n"
    names = [str(i) for i in range(dim + 1)]
    try:
        columns = pa.csv.read_csv(
            pa.BufferReader(body),
            pa.csv.ReadOptions(column_names=names, block_size=len(body) + 1, use_threads=False),
            pa.csv.ParseOptions(delimiter=" ", quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                column_types={"0": pa.string(), **dict.fromkeys(names[1:], pa.float32())}, null_values=[]
            ),
        )
        if len(columns) == len(lines):
            return columns["0"].to_pylist(), np.column_stack([columns[name].to_numpy() for name in names[1:]])
    except pa.ArrowInvalid as error:
        raise _bad_line(lines, path, at, dim, str(error)) from error
    raise unreadable(path, _EXPECTED, f"a label after line {at} holds a carriage return")


def _bad_line(lines: list[bytes], path: Path, at: int, dim: int, cause: str) -> DataError:
    for number, line in enumerate(lines, at):
        fields = len(line.split(b" "))
        if fields > dim + 1:
            return DataError(
                f"{path} must hold a label and {dim} numbers in each line, however: line {number} has {fields} fields, "
                f"{line[:40].decode(errors='replace')!r}; white space in labels must be percent-encoded ('New%20York')"
            )
        if fields < dim + 1:
            return unreadable(path, _EXPECTED, f"line {number} has {fields} fields instead of {dim + 1}")
    return unreadable(path, _EXPECTED, f"after line {at}: {cause.splitlines()[0]}")


def _binary_entries(content: mmap.mmap, at: int, path: Path, dim: int) -> Entries:
    labels: list[str] = []
    rows: list[bytes] = []
    at, ended = _past_line_ends(content, at), None
    while at < len(content):
        space = content.find(b" ", at)
        end = space + 1 + 4 * dim
        if space < 0 or end > len(content):
            raise unreadable(path, _EXPECTED, f"the entry at byte {at:,} is cut short, or a label holds white space")
        labels.append(_decoded(content[at:space], path, at))
        rows.append(content[space + 1 : end])
        at = _past_line_ends(content, end)
        if end < len(content):  # the file's last line end may be lost
            if ended not in (None, at > end):
                raise unreadable(path, _EXPECTED, f"the entry before byte {end:,} ends unlike others; {_SPACES}")
            ended = at > end
        if len(labels) == _LINES:
            yield labels, _numbers(labels, rows, path, dim, bool(ended))
            labels, rows = [], []
    yield labels, _numbers(labels, rows, path, dim, bool(ended))


def _past_line_ends(content: mmap.mmap, at: int) -> int:
    """Skip the line end that the original tool, but not gensim, writes after each entry."""
    while content[at : at + 1] == b"\n":
        at += 1
    return at


def _numbers(labels: list[str], rows: list[bytes], path: Path, dim: int, ended: bool) -> np.ndarray:
    """Return the vectors (n, dim), refused where a label with white space seems to have shifted them.

    Without line ends nothing marks an entry's end: text is read as numbers then, and numbers as text. What comes out is
    told by what trained vectors and their labels don't have.
    """
    vectors = np.frombuffer(b"".join(rows), "<f4").reshape(-1, dim)
    if not ended:
        odd = (np.abs(vectors) > _HUGE) | (vectors.view(np.uint32) >> 24 == ord(" "))  # this one is about 2e-19
        for label, number in zip(labels, odd.any(axis=1).tolist(), strict=True):
            if number or min(label.replace("\t", " "), default=" ") < " ":
                raise unreadable(
                    path, _EXPECTED, f"text and numbers are mixed up in the entry {label[:40]!r}; {_SPACES}"
                )
    return vectors


def _decoded(label: bytes, path: Path, at: int) -> str:
    try:
        return label.decode()
    except UnicodeDecodeError:
        raise unreadable(path, _EXPECTED, f"byte {at:,} begins no label in UTF-8; {_SPACES}") from None


def _collected(entries: Entries, n: int | None, dim: int, path: Path, only: Container[str] | None) -> Parts:
    """Take n entries (None: all) as labels, keeping those that are wanted, and what follows as the rest."""
    labels: list[str] = []
    kept = [np.empty((0, dim), np.float32)]
    places: list[int] = []
    rest: dict[str, np.ndarray] = {}
    seen = 0
    for names, vectors in entries:
        here = len(names) if n is None else min(len(names), n - seen)
        found = [unescape(name) for name in names[:here]]
        rows = [row for row, label in enumerate(found) if only is None or label in only]
        labels += [found[row] for row in rows]
        kept.append(vectors[rows])
        places += [seen + row for row in rows]
        rest.update(zip(names[here:], vectors[here:], strict=True))
        seen += here
    if n is not None and seen < n:
        raise unreadable(path, _EXPECTED, f"it holds {seen:,} of {n:,} labels")
    told = _told(rest, seen, path)
    return {
        "labels": labels,
        "vectors": np.concatenate(kept),
        "counts": None if "counts" not in told else np.array(told["counts"], np.int64)[places],
        "missing": rest.get(_MISSING),
        "unknown": rest.get(_UNKNOWN),
        "name": told.get("name"),
        "metric": told.get("metric", "cosine"),  # as is the custom with word vectors
    }


def _told(rest: dict[str, np.ndarray], n: int, path: Path) -> dict[str, Any]:
    """Read the last of the entries after the labels; a file of another hand has none."""
    if not rest:
        return {}
    *others, last = rest
    if others != [_MISSING, _UNKNOWN] or not last.startswith(_ABOUT):
        raise unreadable(path, _EXPECTED, f"after the {n:,} labels of its first line comes {next(iter(rest))[:40]!r}")
    try:
        told: dict[str, Any] = json.loads(unescape(last.removeprefix(_ABOUT)))
    except ValueError as error:
        raise unreadable(path, _EXPECTED, f"its last entry is damaged ({error})") from error
    return told
