"""The type of a column that a CSV holds as text: a number, bool or date only where no label could change by it."""

from __future__ import annotations

__all__ = ["MISSING_WORDS", "typed"]

import re
import warnings

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
    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column))])
    # Every cell must be of the type, so the first one that says anything leaves one type to try.
    first = _first_word(column)
    found = None
    if _DATE.match(first):
        found = _cast(column, pa.date32()) if len(first) == 10 else _times(column, first)
    elif _NUMBER.match(first):
        found = _numbers(column)
    elif first.casefold() in ("true", "false"):
        found = _bools(column, first)
    if found is None:
        _warn_of_words(column, name)
        return column
    return found


def _first_word(column: pa.ChunkedArray) -> str:
    """Return the first cell that isn't a word for missing ("" when all are)."""
    for chunk in column.chunks:
        said = chunk.filter(pc.invert(pc.or_(pc.is_null(chunk), pc.is_in(chunk, _MISSING))))
        if len(said):
            return str(said[0].as_py())
    return ""


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        return None


def _bools(column: pa.ChunkedArray, first: str) -> pa.ChunkedArray | None:
    pair = next((pair for pair in _BOOLS if first in pair), ("", ""))
    return pc.equal(column, pair[0]) if _all(pc.is_in(column.drop_null(), pa.array(pair))) else None


def _times(column: pa.ChunkedArray, first: str) -> pa.ChunkedArray | None:
    zone = _ZONE.search(first)
    name = None
    if zone:
        one = _all(pc.ends_with(column.drop_null(), zone[0]))
        name = f"{zone[0][:3]}:{zone[0][-2:]}" if one and zone[0] != "Z" else "UTC"
    for unit in ("us", "ns"):
        found = _cast(column, pa.timestamp(unit, name))
        if found is not None:
            return found
    return None


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    whole = _integers(column)
    if whole is not None:
        return whole
    words = pc.is_in(column, _MISSING)
    if pc.any(words).as_py():
        column = pc.if_else(words, None, column)
        whole = _integers(column)
    return whole if whole is not None else _floats(column)


def _integers(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the integers if each is written as it stood ("007", "+7", "-0" and "0x7" aren't)."""
    found = _cast(column, pa.int64())
    return found if found is not None and _all(pc.equal(pc.cast(found, column.type), column)) else None


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
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


def _all(holds: pa.ChunkedArray) -> bool:
    return bool(pc.all(holds, min_count=0).as_py())


def _warn_of_words(column: pa.ChunkedArray, name: str) -> None:
    words = column.filter(pc.is_in(column, _MISSING))
    if len(words):
        said = ", ".join(f"'{word}'" for word in sorted(words.unique().to_pylist()))
        warnings.warn(
            f"column {name!r} is text, and {len(words) / len(column):.2%} of its cells are {said}: read as labels, "
            f"not as missing; leave a cell empty to make it missing",
            DataWarning,
            stacklevel=2,
        )
