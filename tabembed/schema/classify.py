"""The decisions of inference: what a column is, from facts that a frame and a stream of files both give."""

from __future__ import annotations

__all__ = [
    "FEW",
    "SEVERAL_WORDS",
    "aside",
    "iso_kind",
    "labels_kind",
    "lists_kind",
    "may_be_labels",
    "time_kind",
    "unread",
    "whole_kind",
]

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from .items import is_list
from .kinds import Categorical, ColumnKind, Datetime, Ignored, MultiCategorical, Numeric, Text

_ID_WORDS = {"id", "ids", "code", "codes", "key", "zip", "zipcode", "postcode", "postal", "sku", "uuid", "flight"}
_LAST_WORDS = {"no", "nr", "num", "number"}  # an order_number is an id, a number_of_orders is not
FEW = 32
_MIN_KEY_ROWS, _KEY_SHARE = 20, 0.95
SEVERAL_WORDS = r"[A-Za-z{0}][^\t-\r ]*[\t-\r ]+[^\t-\r ]*[A-Za-z{0}]"
"""A text with two words that hold a letter, for ``re`` and for DuckDB: what isn't ASCII counts as a letter."""


def aside(label: str) -> tuple[ColumnKind, str]:
    """Set a constant column aside.

    Args:
        label: its one value.

    Returns:
        The kind and the reason.
    """
    return Ignored(f"constant, {label}"), f"set aside: constant ({label[:20]})"


def time_kind(kind: pa.DataType, distinct: int, missing: int, only: Callable[[], str]) -> tuple[ColumnKind, str]:
    """Say what a column of dates or time stamps is.

    Args:
        kind: its type.
        distinct: values.
        missing: cells.
        only: returns the value where there is one.

    Returns:
        The kind and the reason.
    """
    if distinct == 1 and not missing:
        return aside(only())
    if pa.types.is_date(kind):
        return Datetime(), "dates"
    return Datetime(), "time stamps" if kind.tz is None else f"time stamps, {kind.tz}"


def iso_kind(distinct: int, present: int) -> tuple[ColumnKind, str]:
    """Say what a column of texts is that are all ISO dates or times."""
    return Datetime(), f"text, all ISO dates or times, {_repeats(present, distinct)}"


def unread(kind: pa.DataType) -> tuple[ColumnKind, str]:
    """Set a column aside whose type no kind reads by itself."""
    name = _type_name(kind)
    return Ignored(f"{name}: no kind reads it by itself; declare one"), f"set aside: {name}"


def _type_name(kind: pa.DataType) -> str:
    """Return what a type is called, the same from files and from any frame: they name a list's items differently."""
    return f"list<{_type_name(kind.value_type)}>" if is_list(kind) else str(kind)


def labels_kind(
    what: str,
    rows: int,
    present: int,
    distinct: int,
    only: Callable[[], str],
    prose: Callable[[], int] | None = None,
) -> tuple[ColumnKind, str]:
    """Say what a column of labels is.

    Args:
        what: it is called in the reason.
        rows: all of them.
        present: those that hold a label.
        distinct: labels.
        only: returns the label where there is one.
        prose: returns how many labels hold several words (``SEVERAL_WORDS``), of a column that may be text.

    Returns:
        The kind and the reason.
    """
    if distinct == 1 and present == rows:
        return aside(only())
    if _is_key(present, distinct):
        words = prose() if prose else 0
        if 2 * words > distinct:
            return Text(), f"short texts, {100 * words // distinct} % of several words, {_repeats(present, distinct)}"
        return _key(present, distinct)
    return Categorical(), f"{what}, {_repeats(present, distinct)}"


def may_be_labels(kind: pa.DataType) -> bool:
    """Say whether a type is of lists whose values inference looks at: texts and whole numbers.

    Example:
        >>> may_be_labels(pa.list_(pa.string())), may_be_labels(pa.list_(pa.float64()))
        (True, False)
    """
    if not is_list(kind):
        return False
    inner = kind.value_type.value_type if pa.types.is_dictionary(kind.value_type) else kind.value_type
    text = pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner)
    return bool(
        text or pa.types.is_null(inner) or (pa.types.is_integer(inner) and not pa.types.is_fixed_size_list(kind))
    )


def lists_kind(
    kind: pa.DataType, *, rows: int, items: int, distinct: int, lengths: tuple[int, int], only: Callable[[], str]
) -> tuple[ColumnKind, str]:
    """Say what a column of lists is, of a type that may be labels.

    Args:
        kind: its type.
        rows: all of them.
        items: labels in all lists.
        distinct: different ones.
        lengths: of the shortest and the longest list.
        only: returns the label where there is one.

    Returns:
        The kind and the reason.
    """
    if distinct == 1 and lengths[0] == lengths[1]:
        return aside(only())
    if _is_key(items, distinct):
        return Ignored(f"lists of {distinct:,} labels that hardly repeat"), f"set aside: {_of_items(items, distinct)}"
    if pa.types.is_integer(kind.value_type) and distinct > items // 2:
        return unread(kind)
    return MultiCategorical(), f"{_of_items(items, distinct)} of {rows:,} rows"


def _of_items(items: int, distinct: int) -> str:
    return f"lists of labels, {distinct:,} distinct in {items:,} items"


def whole_kind(
    name: str,
    what: str,
    *,
    rows: int,
    present: int,
    distinct: int,
    low: float,
    high: float,
    counts: Callable[[], np.ndarray],
) -> tuple[ColumnKind, str]:
    """Tell ids from amounts: by name, by how few values there are, or by how they fill their range.

    Args:
        name: the column's.
        what: it is called in the reason.
        rows: all of them.
        present: those that hold a number.
        distinct: numbers.
        low: the smallest.
        high: the largest.
        counts: returns (distinct,) rows of each number, by rising number.

    Returns:
        The kind and the reason.
    """
    if distinct == 1 and present == rows:
        return aside(f"{low:.0f}")
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    named = not _ID_WORDS.isdisjoint(words) or not _LAST_WORDS.isdisjoint(words[-1:])
    density = distinct / (high - low + 1)
    if _is_key(present, distinct) and (named or (distinct == present and density > 0.9)):
        return _key(present, distinct)
    if named and distinct < present:
        return Categorical(), f"{what} named as an id, {_repeats(present, distinct)}"
    if distinct <= min(FEW, present // 2):
        return Categorical(), f"{what}, few: {_repeats(present, distinct)}"
    if low >= 0 and present >= 20 * distinct and density > 0.3 and _rough(counts()):
        return Categorical(), f"{what} that behave as ids (dense, no smooth shape), {_repeats(present, distinct)}"
    return Numeric(), f"{what} that behave as amounts, {_repeats(present, distinct)}"


def _is_key(rows: int, distinct: int) -> bool:
    """Tell a key, or nearly one: labels of a single row teach nothing."""
    return rows >= _MIN_KEY_ROWS and distinct > _KEY_SHARE * rows


def _key(rows: int, distinct: int) -> tuple[ColumnKind, str]:
    unique = distinct == rows
    what = "a unique key, another value in every row" if unique else f"nearly a key, {_repeats(rows, distinct)}"
    return Ignored(f"unique key, {distinct:,} values"), f"set aside: {what}"


def _repeats(rows: int, distinct: int) -> str:
    return f"{distinct:,} distinct in {rows:,} rows"


def _rough(counts: np.ndarray) -> bool:
    """Tell whether neighbouring values have unrelated counts, as ids do and amounts don't."""
    logs = np.log(counts)
    if len(logs) < 3 or logs.std() == 0:
        return True
    a, b = logs[:-1], logs[1:]
    spread = a.std() * b.std()
    return bool(spread == 0 or ((a - a.mean()) * (b - b.mean())).mean() / spread < 0.3)
