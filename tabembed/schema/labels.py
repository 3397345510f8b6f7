"""Labels: the one string form of a category's value, for a scalar and for a column.

int -> ``str(int)``; integral float -> the same; other float -> its shortest ``repr``; bool -> "True"/"False"; date and
midnight -> ISO date; other time stamps -> ISO. A string is never rewritten. None, NaN, NaT, NA and "" are missing.
"""

from __future__ import annotations

__all__ = ["cells_as_labels", "factorize", "label_of", "labels_of"]

import datetime
import decimal
import math
import re
from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from ..io.text_types import MISSING_WORDS

# Without leading zeros and of at most 15 digits: others stay text in a typed column too. An exponent has its sign, as
# programs print it; "1e5" may be an id.
_NUMBER = re.compile(r"-?((0|[1-9]\d{0,14})(\.\d*)?|\.\d+)([eE][+-]\d{1,2})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def label_of(value: Any) -> str | None:
    """Return the label of one value, or None where it is missing.

    Args:
        value: a str, int, float, bool, date, time stamp, their NumPy or pandas scalars, or anything missing.

    Returns:
        The label, or None for None, NaN, NaT, NA and "".

    Raises:
        DataError: for a value that has no label (a list, bytes, ...).

    Example:
        >>> [label_of(v) for v in (7, 7.0, "007", True, 0.5, float("nan"), "")]
        ['7', '7', '007', 'True', '0.5', None, None]
    """
    if isinstance(value, str):
        return str.__str__(value) or None  # an enumeration's own str() would be its name
    if value is None:
        return None
    form = _form_of(type(value))
    if form is None:
        if isinstance(value, np.datetime64 | np.generic):
            return label_of(_python_scalar(value))
        if value is _pandas_na():
            return None
        raise DataError(
            f"a label must be a string, a number, a bool or a date, however: {value!r} ({type(value).__name__})"
        )
    return form(value)


def labels_of(values: pa.Array | pa.ChunkedArray) -> list[str | None]:
    """Return the labels of an Arrow column, None where missing.

    Example:
        >>> labels_of(pa.array([1.0, None, 2.5]))
        ['1', None, '2.5']
    """
    codes, labels = factorize(values)
    return [None if code < 0 else labels[code] for code in codes.tolist()]


def factorize(values: pa.Array | pa.ChunkedArray, name: str = "values") -> tuple[np.ndarray, list[str]]:
    """Split an Arrow column into codes and its distinct labels.

    Args:
        values: (n,) strings, numbers, bools, dates, time stamps or a dictionary of these.
        name: the column's name, for the error.

    Returns:
        ``codes`` (n,) int32, -1 where missing, and the labels that the codes count, in order of first appearance.

    Raises:
        DataError: for a type that has no labels (lists, structs, bytes, durations).

    Example:
        >>> codes, labels = factorize(pa.array(["b", "a", None, "b"]))
        >>> codes.tolist(), labels
        ([0, 1, -1, 0], ['b', 'a'])
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
        if isinstance(values, pa.ChunkedArray):  # pragma: no cover - older pyarrow keeps an empty one chunked
            values = values.chunk(0) if values.num_chunks else pa.array([], values.type)
    if pa.types.is_null(values.type):
        return np.full(len(values), -1, np.int32), []
    encoded = values if pa.types.is_dictionary(values.type) else _dictionary_encode(values, name)
    codes = pc.fill_null(encoded.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    return _merge(codes, _distinct(encoded.dictionary, name))


def cells_as_labels(cells: pa.ChunkedArray, known: Container[str]) -> pa.Array:
    """Read a CSV's cells as the labels they had when the vocabulary was made, whatever else this file holds.

    A column is typed by all its cells, so "7.0" is the label "7" in a file of numbers and "7.0" in one that also holds
    words. A cell that is a known label is that label; another is read as the number, bool or date it spells.

    Args:
        cells: (n,) text.
        known: the labels of the vocabulary.

    Returns:
        (n,) dictionary of text.

    Example:
        >>> labels_of(cells_as_labels(pa.chunked_array([["7.0", "007", "x", "NA"]]), {"7", "x"}))
        ['7', '007', 'x', None]
    """
    encoded = pa.concat_arrays([*cells.chunks, pa.array([], cells.type)]).dictionary_encode()
    labels = [text if text in known else _retyped(text) for text in encoded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(labels, pa.string()))


def _retyped(text: str) -> str | None:
    """Return the label that a cell has in a column of its own type."""
    if text in MISSING_WORDS:
        return None
    if text.casefold() in ("true", "false"):
        return text.capitalize()
    if _NUMBER.fullmatch(text):
        return label_of(float(text))
    if _DATE.match(text):
        try:
            return label_of(datetime.datetime.fromisoformat(text))
        except ValueError:
            return text
    return text


def _dictionary_encode(values: pa.Array, name: str) -> pa.DictionaryArray:
    if pa.types.is_string_view(values.type):
        values = values.cast(pa.large_string())
    if pa.types.is_nested(values.type):  # Arrow has no dictionary of these
        raise _no_labels(values.type, name)
    return values.dictionary_encode()


def _merge(codes: np.ndarray, distinct: Sequence[str | None]) -> tuple[np.ndarray, list[str]]:
    """Join codes whose labels are one ("" with null, -0.0 with 0.0, repeats in a foreign dictionary)."""
    ids: dict[str, int] = {}
    remap = np.empty(len(distinct) + 1, np.int32)
    remap[-1] = -1
    for at, label in enumerate(distinct):
        remap[at] = -1 if label is None else ids.setdefault(label, len(ids))
    if len(ids) == len(distinct):
        return codes, list(ids)
    return remap[codes], list(ids)


def _distinct(dictionary: pa.Array, name: str) -> list[str | None]:
    """Return the labels of a dictionary's values, None for missing ones."""
    kind = dictionary.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return [label or None for label in dictionary.to_pylist()]
    if pa.types.is_null(kind):
        return [None] * len(dictionary)
    if pa.types.is_integer(kind):
        return dictionary.cast(pa.string()).to_pylist()
    if pa.types.is_floating(kind):
        return [_of_float(v) for v in dictionary.to_numpy(zero_copy_only=False)]
    if pa.types.is_timestamp(kind):
        return [
            None if v is None else _of_stamp(v)
            for v in dictionary.cast(pa.timestamp("us", kind.tz), safe=False).to_pylist()
        ]
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return [label_of(v) for v in dictionary.to_pylist()]
    raise _no_labels(kind, name)


def _no_labels(kind: pa.DataType, name: str) -> DataError:
    return DataError(
        f"column {name!r} must hold strings, numbers, bools or dates to be read as labels, however: its type is "
        f"{kind}; convert it, or leave it out with te.Ignored()"
    )


def _of_float(value: Any) -> str | None:
    if math.isnan(value):
        return None
    if math.isfinite(value) and value == int(value):
        return str(int(value))
    # NumPy's str is the shortest text that reads back in the value's own precision: 0.1 for a float32 0.1.
    return str(value)


def _of_stamp(value: datetime.datetime) -> str:
    if value.tzinfo is None and value.time() == datetime.time():
        return value.date().isoformat()
    # Nanoseconds are more than a label tells: a column's are cut off as well.
    return value.isoformat(timespec="microseconds" if value.microsecond else "seconds")


def _of_decimal(value: decimal.Decimal) -> str | None:
    if not value.is_finite():
        return _of_float(float(value))
    return str(int(value)) if value == value.to_integral_value() else str(value.normalize())


_FORMS: tuple[tuple[type, Callable[[Any], str | None]], ...] = (
    (bool, str),
    (np.bool_, lambda v: str(bool(v))),
    (int, str),
    (np.timedelta64, lambda v: label_of(None if np.isnat(v) else v.astype(datetime.timedelta))),  # refused
    (np.integer, lambda v: str(int(v))),
    (float, _of_float),
    (np.floating, _of_float),
    (decimal.Decimal, _of_decimal),
    (datetime.datetime, lambda v: None if v != v else _of_stamp(v)),
    (datetime.date, datetime.date.isoformat),
    (datetime.time, datetime.time.isoformat),
)


def _form_of(kind: type) -> Callable[[Any], str | None] | None:
    return next((form for base, form in _FORMS if issubclass(kind, base)), None)


def _python_scalar(value: np.generic) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[us]").item()
    return value.item()


def _pandas_na() -> Any:
    import pandas as pd

    return pd.NA
