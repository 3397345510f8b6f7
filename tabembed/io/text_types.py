"""The type of a column that a CSV holds as text: a number, bool or date only where no label could change by it."""

from __future__ import annotations

__all__ = ["MISSING_WORDS", "Typing", "typed"]

import re
import warnings
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataWarning

MISSING_WORDS = ("NA", "N/A", "n/a", "#N/A", "<NA>", "nan", "NaN", "null", "NULL", "None")
"""Cells that are missing in a column of numbers, and text in a column of text."""
_MISSING = pa.array(MISSING_WORDS)
_BOOLS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
_NUMBER = re.compile(r"-?(\d|\.\d|inf)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_ODD = r"^(\+|-?0\d)"
_EXACT = 2.0**53


def typed(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Type a column of text; "007" stays text, since as a number it would become another label.

    Args:
        column: (n,) strings, null where the cell is empty.
        name: the column's name, for the warning.

    Returns:
        (n,) int64 where every cell reads back as it stood; float64 where all are numbers (no leading zeros, no "+", no
        digits lost); bool; date32; a time stamp; or the text itself. Words such as "NA" are missing in numbers only.

    Warns:
        DataWarning: for text that holds words such as "NA": they are labels.

    Example:
        >>> typed(pa.chunked_array([["1", None, "NA"]]), "a").to_pylist()
        [1, None, None]
        >>> typed(pa.chunked_array([["1", "007"]]), "a").to_pylist()
        ['1', '007']
    """
    found = Typing()
    parts = [found.add(chunk) for chunk in column.chunks]
    found.warn_of_words(name)
    return found.joined(column, parts)


class Typing:
    """The type that all cells of a column of text allow, found part by part.

    Example:
        >>> found = Typing()
        >>> for cells in (["1", "2"], ["2.5"]):
        ...     _ = found.add(pa.array(cells))
        >>> found.kind
        DataType(double)
    """

    def __init__(self) -> None:
        self._rows = self._present = 0
        self._words: Counter[str] = Counter()
        self._family = ""  # of the first cell that says anything: every other cell must be of it
        self._first = ""
        self._whole = self._real = self._micro = self._nano = self._one_zone = True

    @property
    def kind(self) -> pa.DataType:
        """The type of all cells so far."""
        if not self._present:
            return pa.null()
        if self._family == "number" and (self._whole or self._real):
            return pa.int64() if self._whole else pa.float64()
        if self._words:
            return pa.string()
        if self._family == "time" and (self._micro or self._nano):
            return pa.timestamp("us" if self._micro else "ns", self._zone)
        return {"date": pa.date32(), "bool": pa.bool_()}.get(self._family, pa.string())

    def add(self, cells: pa.StringArray) -> pa.Array | None:
        """Take in more cells.

        Args:
            cells: (n,) strings, null where empty.

        Returns:
            These cells in a type that they allow, None where that is text.
        """
        self._rows += len(cells)
        self._present += len(cells) - cells.null_count
        if cells.null_count == len(cells):
            return None
        if not self._family:
            self._first = _first_word(cells)
            self._family = _family(self._first)
        reader = {"number": self._numbers, "date": self._dates, "time": self._times, "bool": self._bools}
        found = reader.get(self._family, self._texts)(cells)
        if found is not None:
            return found
        if not (self._family == "number" and (self._whole or self._real)):
            self._family = self._family and "text"
        return None

    def read(self, cells: pa.StringArray, kind: pa.DataType) -> pa.Array:
        """Return (n,) cells as a type.

        Args:
            cells: (n,) strings, null where empty.
            kind: what ``kind`` gave, or may give.

        Raises:
            pyarrow.ArrowInvalid: when a cell isn't of the type.
        """
        if kind == cells.type:
            return cells
        if pa.types.is_null(kind):
            if cells.null_count < len(cells):
                raise pa.ArrowInvalid("a cell isn't empty")
            return pa.nulls(len(cells))
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            cells = pc.if_else(pc.is_in(cells, _MISSING), None, cells)
        return cells.cast(kind)

    def joined(self, column: pa.ChunkedArray, parts: Sequence[pa.Array | None]) -> pa.ChunkedArray:
        """Return a column in the type of all its cells.

        Args:
            column: (n,) strings.
            parts: what ``add`` gave for each of its chunks.
        """
        kind = self.kind
        chunks = [
            part if part is not None and part.type == kind else self.read(chunk, kind)
            for chunk, part in zip(column.chunks, parts, strict=True)
        ]
        return pa.chunked_array(chunks, kind)

    def warn_of_words(self, name: str) -> None:
        """Warn where a column is text and holds words that mean missing elsewhere."""
        if self._words and self.kind == pa.string():
            said = ", ".join(f"'{word}'" for word in sorted(self._words))
            warnings.warn(
                f"column {name!r} is text, and {self._words.total() / self._rows:.2%} of its cells are {said}: read as "
                f"labels, not as missing; leave a cell empty to make it missing",
                DataWarning,
                stacklevel=2,
            )

    @property
    def _zone(self) -> str | None:
        zone = _ZONE.search(self._first)
        if zone is None:
            return None
        return f"{zone[0][:3]}:{zone[0][-2:]}" if self._one_zone and zone[0] != "Z" else "UTC"

    def _count_words(self, cells: pa.StringArray) -> pa.StringArray:
        """Return the cells with words such as "NA" null, and keep account of them."""
        words = pc.is_in(cells, _MISSING)
        if not pc.any(words).as_py():
            return cells
        for entry in cells.filter(words).value_counts().to_pylist():
            self._words[entry["values"]] += entry["counts"]
        return pc.if_else(words, None, cells)

    def _numbers(self, cells: pa.StringArray) -> pa.Array | None:
        # A cast that fails takes ten times as long as one that doesn't, so none is tried in vain twice.
        found = _integers(cells) if self._whole else None
        if found is None:
            present, cells = cells.null_count, self._count_words(cells)
            if self._whole and cells.null_count > present:
                found = _integers(cells)
        if found is None:
            self._whole = False
            found = _floats(cells) if self._real else None
            self._real = found is not None
        elif self._real:  # what float64 can't tell apart stays whole or becomes text
            bounds = pc.min_max(found)
            self._real = all(abs(float(bounds[end].as_py() or 0)) < _EXACT for end in ("min", "max"))
        return found

    def _dates(self, cells: pa.StringArray) -> pa.Array | None:
        found = _cast(cells, pa.date32())
        return found if found is not None else self._texts(cells)

    def _bools(self, cells: pa.StringArray) -> pa.Array | None:
        pair = next((pair for pair in _BOOLS if self._first in pair), ("", ""))
        return pc.equal(cells, pair[0]) if _all(pc.is_in(cells.drop_null(), pa.array(pair))) else self._texts(cells)

    def _times(self, cells: pa.StringArray) -> pa.Array | None:
        zone = _ZONE.search(self._first)
        if zone and self._one_zone:
            self._one_zone = _all(pc.ends_with(cells.drop_null(), zone[0]))
        found = _cast(cells, pa.timestamp("us", self._zone))
        if found is not None:
            if self._nano:
                self._nano = _cast(found, pa.timestamp("ns", self._zone)) is not None
            return found
        self._micro = False
        found = _cast(cells, pa.timestamp("ns", self._zone)) if self._nano else None
        self._nano = found is not None
        return found if found is not None else self._texts(cells)

    def _texts(self, cells: pa.StringArray) -> pa.Array | None:
        self._count_words(cells)
        return None


def _family(first: str) -> str:
    """Return what a cell may be, "" for one that says nothing."""
    if _DATE.match(first):
        return "date" if len(first) == 10 else "time"
    if _NUMBER.match(first):
        return "number"
    if first.casefold() in ("true", "false"):
        return "bool"
    return first and "text"


def _first_word(cells: pa.StringArray) -> str:
    """Return the first cell that isn't a word for missing ("" when all are)."""
    said = cells.filter(pc.invert(pc.or_(pc.is_null(cells), pc.is_in(cells, _MISSING))))
    return str(said[0].as_py()) if len(said) else ""


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        return None


def _integers(column: pa.Array) -> pa.Array | None:
    """Return the integers if each is written as it stood ("007", "+7", "-0" and "0x7" aren't)."""
    found = _cast(column, pa.int64())
    return found if found is not None and _all(pc.equal(pc.cast(found, column.type), column)) else None


def _floats(column: pa.Array) -> pa.Array | None:
    found = _cast(column, pa.float64())
    if found is None or pc.any(pc.is_nan(found)).as_py() or pc.any(pc.match_substring_regex(column, _ODD)).as_py():
        return None
    large = pc.greater_equal(pc.abs(found), _EXACT)
    if pc.any(large).as_py():
        texts, values = column.filter(large), found.filter(large)
        infinite = pc.is_inf(values)
        # The digits of a long id would be lost, and 1e999 isn't infinity.
        kept = pc.if_else(
            infinite, pc.match_substring(texts, "inf", ignore_case=True), pc.match_substring_regex(texts, "[.eE]")
        )
        if not _all(kept):
            return None
    return found


def _all(holds: pa.Array) -> bool:
    return bool(pc.all(holds, min_count=0).as_py())
