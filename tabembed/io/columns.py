"""One column of anything (pandas, polars, NumPy, lists, Arrow) as one Arrow array, with every missing value as null."""

from __future__ import annotations

__all__ = ["ArrowColumn", "column_of", "plain", "plain_type"]

import datetime
import decimal
import reprlib
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ArrowColumn: TypeAlias = pa.Array | pa.ChunkedArray

_FAMILIES: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("bool", (bool, np.bool_)),
    ("str", (str,)),
    ("timedelta", (datetime.timedelta, np.timedelta64)),
    ("int", (int, np.integer)),
    ("float", (float, np.floating)),
    ("Decimal", (decimal.Decimal,)),
    ("datetime", (datetime.datetime,)),
    ("date", (datetime.date,)),
    ("bytes", (bytes, bytearray)),
    ("list", (list, tuple, np.ndarray)),
)
_MIXABLE = ({"int", "float"}, {"int", "Decimal"})
_ARROW_ERRORS = (pa.ArrowException, TypeError, ValueError, OverflowError)


def column_of(values: Any, name: str = "values") -> ArrowColumn:
    """Read one column into Arrow, sharing its memory where that is possible.

    Args:
        values: (n,) a pandas or polars Series, an Arrow array, a 1-D NumPy array, a list or a tuple.
        name: the column's name, for the errors.

    Returns:
        (n,) the column, with None, NaN, NaT and NA as null; float32 stays float32.

    Raises:
        DataError: for values of mixed types, or of a type Arrow has no column for.

    Example:
        >>> column_of([1, None, 2.5, float("nan")]).to_pylist()
        [1.0, None, 2.5, None]
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return plain(values)
    if isinstance(values, np.ndarray):
        return _of_numpy(values, name)
    if isinstance(values, list | tuple | range):
        return _of_objects(values, name)
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(values, pandas.Series):
            return _of_series(values, name)
        if isinstance(values, pandas.Index | pandas.api.extensions.ExtensionArray):
            return _of_series(pandas.Series(values, copy=False), name)
    if hasattr(values, "__arrow_c_stream__"):
        return plain(pa.chunked_array(values))
    if hasattr(values, "__arrow_c_array__"):
        return plain(pa.array(values))
    if hasattr(values, "__array__"):
        return _of_numpy(np.asarray(values), name)
    raise DataError(
        f"column {name!r} must be a Series, an array or a list, however: it is {reprlib.repr(values)} "
        f"({type(values).__name__})"
    )


def plain(values: ArrowColumn) -> ArrowColumn:
    """Return an Arrow column without NaN (null instead), string views or run-length encoding.

    Args:
        values: (n,) of any type.

    Returns:
        (n,) the same values; the column itself where nothing has to change.

    Example:
        >>> plain(pa.array([1.0, float("nan")])).to_pylist()
        [1.0, None]
    """
    kind = values.type
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(values))
    if pa.types.is_floating(kind):
        nan = pc.is_nan(values)
        return pc.if_else(nan, None, values) if pc.any(nan).as_py() else values
    wanted = plain_type(kind)
    return values if wanted == kind else values.cast(wanted)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that every Arrow function handles: few take string views, as polars hands them out.

    Args:
        kind: any type.

    Returns:
        The type ``plain`` gives such a column.

    Example:
        >>> plain_type(pa.list_(pa.string_view()))
        LargeListType(large_list<item: large_string>)
    """
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_dictionary(kind):
        value = plain_type(kind.value_type)
        return kind if value == kind.value_type else pa.dictionary(kind.index_type, value, kind.ordered)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        value = plain_type(kind.value_type)
        return kind if value == kind.value_type else pa.large_list(value)
    if pa.types.is_struct(kind):
        fields = [kind.field(at) for at in range(kind.num_fields)]
        inner = [field.with_type(plain_type(field.type)) for field in fields]
        return kind if inner == fields else pa.struct(inner)
    return kind


def _of_series(values: pd.Series, name: str) -> ArrowColumn:
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return _of_numpy(values.to_numpy(), name)
    categories = getattr(dtype, "categories", None)
    try:
        if categories is not None and categories.dtype == object:
            codes = values.cat.codes.to_numpy()
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), _of_objects(categories, name))
        if hasattr(dtype, "fill_value"):  # a sparse column
            return _of_numpy(np.asarray(values), name)
        array = values.array  # converted without its index, twice as fast where it speaks Arrow itself
        return plain(pa.array(array if hasattr(array, "__arrow_array__") else values, from_pandas=True))
    except _ARROW_ERRORS as error:
        raise _refusal(name, str(dtype), error) from error


def _of_numpy(values: np.ndarray, name: str) -> ArrowColumn:
    if values.ndim != 1:
        raise DataError(f"column {name!r} must be 1-D, however: its shape is {values.shape}")
    dtype = values.dtype
    if dtype.kind == "O":
        if isinstance(values, np.ma.MaskedArray):
            values, masked = np.array(values.data), np.ma.getmaskarray(values)
            values[masked] = None
        return _of_objects(values, name)
    if dtype.kind == "M" and np.datetime_data(dtype)[0] not in ("D", "s", "ms", "us", "ns"):
        values = values.astype("datetime64[s]")
    if not dtype.isnative:
        values = values.astype(dtype.newbyteorder("="))
    try:
        return pa.array(values, from_pandas=True)
    except _ARROW_ERRORS as error:
        raise _refusal(name, str(dtype), error) from error


def _of_objects(values: Sequence[Any] | np.ndarray, name: str) -> ArrowColumn:
    """Read Python objects; Arrow would join some types without a word (True as 1.0, 1 as a date in 1970)."""
    families = _families(values)
    if len(families) > 1 and families not in _MIXABLE:
        raise _mixed(values, sorted(families)[:2], name)
    if "datetime" in families:
        _refuse_mixed_zones(values, name)
    if families == {"list"}:
        _refuse_mixed_items(values, name)
        values = [[] if isinstance(value, np.ndarray) and not value.size else value for value in values]
    try:
        try:
            return pa.array(values, from_pandas=True)
        except OverflowError:
            return pa.array(values, pa.uint64(), from_pandas=True)
    except _ARROW_ERRORS as error:
        raise _refusal(name, " and ".join(sorted(families)), error) from error


def _families(values: Iterable[Any]) -> set[str]:
    """Return the kinds of values there are, missing ones apart."""
    kinds = set(map(type, values))
    families = {family for kind in kinds if (family := _family(kind))}
    if len(families) > 1 and "float" in families and families not in _MIXABLE:
        floats = tuple(kind for kind in kinds if _family(kind) == "float")
        if all(value != value for value in values if isinstance(value, floats)):
            families.discard("float")  # NaN, pandas' mark for missing in a column of anything
    return families


def _family(kind: type) -> str:
    if kind is type(None) or kind.__name__ in ("NAType", "NaTType"):
        return ""
    return next((family for family, types in _FAMILIES if issubclass(kind, types)), kind.__name__)


def _mixed(values: Iterable[Any], families: Sequence[str], name: str) -> DataError:
    first: dict[str, tuple[int, Any]] = {}
    for row, value in enumerate(values):
        family = _family(type(value))
        if family in families and not (family == "float" and value != value):
            first.setdefault(family, (row, value))
    found = " and ".join(
        f"{family} ({reprlib.repr(first[family][1])} in row {first[family][0]})" for family in families
    )
    return DataError(
        f"column {name!r} must hold values of one type, however: it holds {found}; convert it, as with .astype(str)"
    )


def _refuse_mixed_zones(values: Iterable[Any], name: str) -> None:
    first: dict[bool, tuple[int, Any]] = {}
    for row, value in enumerate(values):
        if isinstance(value, datetime.datetime) and value == value:  # NaT is a datetime that equals nothing
            first.setdefault(value.tzinfo is None, (row, value))
    if len(first) > 1:
        with_zone, without = first[False], first[True]
        raise DataError(
            f"column {name!r} must hold times all with or all without a time zone, however: row {with_zone[0]} holds "
            f"{str(with_zone[1])!r} and row {without[0]} {str(without[1])!r}; convert it, as with "
            f"pandas.to_datetime(..., utc=True)"
        )


def _refuse_mixed_items(values: Iterable[Any], name: str) -> None:
    """Refuse lists of values of different types: Arrow would join some, and doesn't say where the others are."""
    lists = [value for value in values if _family(type(value)) == "list"]
    families = _families([item for items in lists for item in _typed_once(items)])
    if len(families) < 2 or families in _MIXABLE:
        return
    first: dict[str, tuple[int, Any]] = {}
    for row, items in enumerate(values):
        for item in items if _family(type(items)) == "list" else ():
            family = _family(type(item))
            if family in families and not (family == "float" and item != item):
                first.setdefault(family, (row, item))
    found = " and ".join(f"{family} ({reprlib.repr(item)} in row {row})" for family, (row, item) in first.items())
    raise DataError(
        f"column {name!r} must hold lists of values of one type, however: they hold {found}; convert them, as with "
        f"[str(item) for item in items]"
    )


def _typed_once(items: Any) -> Any:
    """Return what tells a list's types: of an array of one type a single item, which must not be NaN."""
    return items[:1].ravel() if isinstance(items, np.ndarray) and items.dtype.kind not in "Of" else items


def _refusal(name: str, kind: str, error: BaseException) -> DataError:
    cause = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(
        f"column {name!r} must hold strings, numbers, bools, dates or lists of these, however: its values are {kind} "
        f"({cause}); convert it, as with .astype(str)"
    )
