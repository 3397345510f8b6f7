"""One column of anything becomes the same Arrow column, and nothing is converted without a word."""

from __future__ import annotations

import datetime
import decimal
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed.io.columns import column_of, plain, plain_type
from tabembed.io.errors import DataError


def named(value: Any) -> str:
    """Return a name for a case that is the same in every process: without an address in memory."""
    return re.sub(r" at 0x\w+", "", repr(value))


DAY, NOON = datetime.date(2013, 1, 1), datetime.datetime(2013, 1, 1, 12)
ZONED = datetime.datetime(2013, 1, 1, tzinfo=datetime.UTC)
MISSING = [None, float("nan"), np.nan, pd.NA, pd.NaT]


class OnlyArrow:
    """An array of another library that speaks Arrow."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return pa.array([1.5, float("nan")]).__arrow_c_array__(requested_schema)


class OnlyNumpy:
    """An array of another library that speaks NumPy, as tensors do."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array([1.5, np.nan], dtype)


def objects(*values: Any) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (pd.Series(["a", None]), pa.large_string(), ["a", None]),
        (pd.Series(["a", None], dtype="string"), pa.large_string(), ["a", None]),
        (pd.Series(["a", None], dtype="string[python]"), pa.string(), ["a", None]),
        (pd.Series(["a", np.nan], dtype=object), pa.string(), ["a", None]),
        (pd.Series([1, None], dtype="Int16"), pa.int16(), [1, None]),
        (pd.Series([True, None], dtype="boolean"), pa.bool_(), [True, None]),
        (pd.Series([1.5, None], dtype="Float32"), pa.float32(), [1.5, None]),
        (pd.Series([1.5, np.nan], dtype="float32"), pa.float32(), [1.5, None]),
        (pd.Series([1.5, np.nan], dtype=pd.ArrowDtype(pa.float32())), pa.float32(), [1.5, None]),
        (pd.Series(["a", None], dtype=pd.ArrowDtype(pa.string())), pa.string(), ["a", None]),
        (pd.Series([0.0, np.nan], dtype="Sparse[float64]"), pa.float64(), [0.0, None]),
        (pd.Index([3, 1]), pa.int64(), [3, 1]),
        (pd.Series([DAY, None]), pa.date32(), [DAY, None]),
        (pd.Series([pd.Timestamp(NOON), pd.NaT]), pa.timestamp("us"), [NOON, None]),
        (pd.Series([pd.Timestamp(ZONED), pd.NaT]), pa.timestamp("us", "UTC"), [ZONED, None]),
        (np.array([1.5, np.nan], "f4"), pa.float32(), [1.5, None]),
        (np.array([1, 2], ">i4"), pa.int32(), [1, 2]),
        (np.array([4.0, 3.0, np.nan, 1.0])[::-2], pa.float64(), [1.0, 3.0]),
        (np.array(["a", "b"]), pa.string(), ["a", "b"]),
        (np.array(["2013-01", "NaT"], "M8[M]"), pa.timestamp("s"), [datetime.datetime(2013, 1, 1), None]),
        (np.array(["2013-01-01", "NaT"], "M8[D]"), pa.date32(), [DAY, None]),
        (np.ma.array([1, 2], mask=[False, True]), pa.int64(), [1, None]),
        (np.ma.array(objects("a", "b"), mask=[False, True]), pa.string(), ["a", None]),
        (objects(np.int64(3), None), pa.int64(), [3, None]),
        (objects(np.str_("a"), "b"), pa.string(), ["a", "b"]),
        (objects(np.bool_(True), None, np.nan), pa.bool_(), [True, None, None]),
        ((1, 2.5, None), pa.float64(), [1.0, 2.5, None]),
        (range(2), pa.int64(), [0, 1]),
        ([2**63], pa.uint64(), [2**63]),
        (
            [decimal.Decimal("1.5"), 1, None],
            pa.decimal128(2, 1),
            [decimal.Decimal("1.5"), decimal.Decimal("1.0"), None],
        ),
        ([["a", "b"], None], pa.list_(pa.string()), [["a", "b"], None]),
        ([None, np.nan], pa.null(), [None, None]),
        ([], pa.null(), []),
        (pl.Series(["a", None]), pa.large_string(), ["a", None]),
        (pl.Series([1.0, float("nan"), None]), pa.float64(), [1.0, None, None]),
        (pl.Series([["a"], None]), pa.large_list(pa.large_string()), [["a"], None]),
        (pa.array([1.0, float("nan")]), pa.float64(), [1.0, None]),
        (pa.chunked_array([["a"], ["b"]]), pa.string(), ["a", "b"]),
        (OnlyArrow(), pa.float64(), [1.5, None]),
        (OnlyNumpy(), pa.float64(), [1.5, None]),
    ],
    ids=named,
)
def test_every_container(values: Any, kind: pa.DataType, expected: list[Any]) -> None:
    column = column_of(values, "a")
    assert (column.type, column.to_pylist()) == (kind, expected)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["b", "a", None, "b"], dtype="category"),
        pd.Categorical(["b", "a", None, "b"], categories=["c", "b", "a"]),
        pd.Series(["b", "a", None, "b"]).astype(object).astype("category"),
        pl.Series(["b", "a", None, "b"], dtype=pl.Categorical),
        pl.Series(["b", "a", None, "b"], dtype=pl.Enum(["a", "b"])),
    ],
    ids=lambda values: f"{type(values).__module__}.{type(values).__name__}",
)
def test_categories_stay_categories(values: Any) -> None:
    column = column_of(values)
    assert pa.types.is_dictionary(column.type)
    assert column.to_pylist() == ["b", "a", None, "b"]


def test_floats_share_their_memory() -> None:
    values = np.arange(4, dtype=np.float32)
    column = column_of(pd.Series(values, copy=False))
    assert column.buffers()[1].address == values.ctypes.data


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize("value", ["a", 1, 1.5, True, decimal.Decimal("1.5"), DAY, NOON, ZONED, ["a"]], ids=repr)
def test_anything_may_be_missing(value: Any, missing: Any) -> None:
    for values in ([value, missing], [missing, value], objects(value, missing)):
        assert sorted(column_of(values).to_pylist(), key=str) == sorted([value, None], key=str)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (1, "a", "int (1 in row 0) and str ('a' in row 3)"),
        ("a", 1, "int (1 in row 3) and str ('a' in row 0)"),
        (["a"], "a", "list (['a'] in row 0) and str ('a' in row 3)"),
        (True, 1, "bool (True in row 0) and int (1 in row 3)"),
        (1.5, True, "bool (True in row 3) and float (1.5 in row 0)"),
        (b"x", "a", "bytes (b'x' in row 0) and str ('a' in row 3)"),
        (DAY, NOON, "date (datetime.date(2013, 1, 1) in row 0) and datetime"),
        (DAY, 1, "date (datetime.date(2013, 1, 1) in row 0) and int (1 in row 3)"),
        (DAY, "2013", "date (datetime.date(2013, 1, 1) in row 0) and str ('2013' in row 3)"),
        (datetime.timedelta(1), 1, "int (1 in row 3) and timedelta"),
        (decimal.Decimal("1"), 1.5, "Decimal (Decimal('1') in row 0) and float (1.5 in row 3)"),
        ({"a": 1}, "a", "dict ({'a': 1} in row 0) and str ('a' in row 3)"),
    ],
)
def test_mixed_types_are_refused(first: Any, second: Any, found: str) -> None:
    for values in (objects(first, None, np.nan, second), [first, None, np.nan, second]):
        with pytest.raises(DataError, match=rf"column 'my a' must hold values of one type.*{re.escape(found)}.*astype"):
            column_of(values, "my a")


def test_mixed_categories_are_refused() -> None:
    with pytest.raises(DataError, match="column 'a' must hold values of one type.*int .* and str"):
        column_of(pd.Series(pd.Categorical([1, "a"])), "a")


def test_mixed_time_zones_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'a' .* row 1 holds '2013-01-01 00:00:00\+00:00' and row 0 .*utc=True"):
        column_of([NOON, ZONED, pd.NaT], "a")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1 + 2j]), "complex128"),
        ([1 + 2j], "complex"),
        ([object()], "object"),
        ([pd.Interval(0, 1)], "Interval"),
        ([-1, 2**63], "int"),
        ([1.5, 2**53 + 1], "float and int"),
        (["\ud800"], "str"),
        (pd.Series([1 + 2j], dtype="Sparse[complex128]"), "complex128"),
        (pd.Series([1 + 2j], dtype="category"), "category"),
    ],
    ids=named,
)
def test_what_arrow_has_no_column_for_is_refused(values: Any, kind: str) -> None:
    with pytest.raises(DataError, match=f"column 'a' must hold strings, numbers.*its values are ({kind}).*astype"):
        column_of(values, "a")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([["a", 1]], r"str \('a' in row 0\) and int \(1 in row 0\)"),
        ([None, ["a"], [], ["b", {"k": 1}]], r"str \('a' in row 1\) and dict \({'k': 1} in row 3\)"),
        ([[True], (1.5,)], r"bool \(True in row 0\) and float \(1.5 in row 1\)"),
        ([np.array(["a"]), np.array([float("nan"), 2])], r"str \(.*'a'.* in row 0\) and float \(.*2.* in row 1\)"),
    ],
)
def test_lists_of_mixed_items_are_refused_with_their_rows(values: list[Any], found: str) -> None:
    with pytest.raises(
        DataError, match=f"column 'a' must hold lists of values of one type, however: they hold {found}"
    ):
        column_of(values, "a")


def test_lists_of_every_kind() -> None:
    assert column_of([["a", float("nan"), None, pd.NA], None, ()], "a").to_pylist() == [
        ["a", None, None, None],
        None,
        [],
    ]
    assert column_of([[1, 2.5]], "a").to_pylist() == [[1.0, 2.5]]
    assert column_of([np.array(["a"], object), np.array([]), ["b"]], "a").to_pylist() == [["a"], [], ["b"]]


@pytest.mark.parametrize("values", ["abc", 3, None, {1, 2}, iter([1])], ids=lambda values: type(values).__name__)
def test_what_is_no_column_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match="column 'a' must be a Series, an array or a list"):
        column_of(values, "a")


def test_a_matrix_is_no_column() -> None:
    with pytest.raises(DataError, match=r"column 'a' must be 1-D, however: its shape is \(2, 2\)"):
        column_of(np.zeros((2, 2)), "a")


def test_bytes_stay_bytes() -> None:
    assert column_of([b"x", None]).to_pylist() == [b"x", None]


@given(st.lists(st.one_of(st.none(), st.floats(width=32), st.integers(-(2**24), 2**24))))
def test_numbers_survive(values: list[Any]) -> None:
    expected = [None if value is None or value != value else value for value in values]
    for given_values in (values, objects(*values)):
        assert column_of(given_values).to_pylist() == expected


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
def test_texts_survive(values: list[str | None]) -> None:
    for given_values in (values, objects(*values), pd.Series(values, dtype="str"), pl.Series(values, dtype=pl.String)):
        assert column_of(given_values).to_pylist() == values
    assert column_of(pd.Series(values, dtype="category")).to_pylist() == values


def test_plain_decodes_runs() -> None:
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], [1.5, float("nan")])
    assert plain(runs).to_pylist() == [1.5, 1.5, None]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.int8(), pa.int8()),
        (pa.binary_view(), pa.large_binary()),
        (pa.dictionary(pa.int8(), pa.string_view()), pa.dictionary(pa.int8(), pa.large_string())),
        (pa.run_end_encoded(pa.int32(), pa.string_view()), pa.large_string()),
        (pa.list_(pa.int8()), pa.list_(pa.int8())),
    ],
    ids=named,
)
def test_plain_types(kind: pa.DataType, expected: pa.DataType) -> None:
    assert plain_type(kind) == expected
