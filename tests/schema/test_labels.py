"""One label for one value: alone, in a column, in whatever type the column came."""

from __future__ import annotations

import datetime
import decimal
import enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed.io import DataError, column_of, to_arrow
from tabembed.schema.labels import cells_as_labels, factorize, label_of, labels_of

texts = st.text(st.characters(exclude_categories=["Cs"]))
dates = st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 1, 1))
times = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))
VALUES = [
    texts,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.booleans(),
    dates,
    times,
    st.decimals(-(10**9), 10**9, places=4),
    st.times(),
]


class Color(str, enum.Enum):  # noqa: UP042 - the mixed-in form prints its name, not its text
    RED = "red"


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (7, "7"),
        (-7, "-7"),
        (7.0, "7"),
        (-0.0, "0"),
        (1e16, "10000000000000000"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (np.float32(0.1), "0.1"),
        (float("inf"), "inf"),
        (np.int8(7), "7"),
        (2**63 + 1, "9223372036854775809"),
        (True, "True"),
        (np.False_, "False"),
        ("5.0", "5.0"),
        ("007", "007"),
        (" x ", " x "),
        ("nan", "nan"),
        (np.str_("a"), "a"),
        (Color.RED, "red"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.datetime(2024, 2, 29), "2024-02-29"),
        (datetime.datetime(2024, 2, 29, 12, 30), "2024-02-29T12:30:00"),
        (pd.Timestamp("2024-02-29 12:30:00.000000001"), "2024-02-29T12:30:00"),
        (pd.Timestamp("2024-02-29 00:00", tz="UTC"), "2024-02-29T00:00:00+00:00"),
        (np.datetime64("2024-02-29"), "2024-02-29"),
        (np.datetime64("2024-02-29T12:30:00.5"), "2024-02-29T12:30:00.500000"),
        (datetime.time(12, 30), "12:30:00"),
        (decimal.Decimal("2.50"), "2.5"),
        (decimal.Decimal("300"), "300"),
        (decimal.Decimal("Infinity"), "inf"),
    ],
)
def test_the_rules(value: Any, label: str) -> None:
    assert label_of(value) == label


@pytest.mark.parametrize(
    "value",
    [None, "", float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), decimal.Decimal("NaN")],
)
def test_missing(value: Any) -> None:
    assert label_of(value) is None


@pytest.mark.parametrize(
    "value", [[1], b"a", np.bytes_(b"a"), {"a": 1}, 1j, datetime.timedelta(1), np.timedelta64(1, "s"), object]
)
def test_a_value_without_a_label_is_refused(value: Any) -> None:
    with pytest.raises(DataError, match="a label must be a string, a number, a bool or a date, however: "):
        label_of(value)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1]]),
        pa.array([{"a": 1}]),
        pa.array([b"a"]),
        pa.array([datetime.timedelta(1)]),
        pa.chunked_array([pa.array([[1]])]),
    ],
    ids=lambda values: str(values.type),
)
def test_a_column_without_labels_is_refused(values: pa.Array) -> None:
    with pytest.raises(DataError, match=r"column 'c' must hold strings, numbers, .* however: its type is .*Ignored"):
        factorize(values, "c")


@given(st.one_of([st.lists(st.none() | one) for one in VALUES]))
def test_a_column_gives_the_labels_of_its_values(values: list[Any]) -> None:
    assert labels_of(column_of(values)) == [label_of(value) for value in values]


@given(st.one_of([st.lists(st.none() | one) for one in VALUES]))
def test_factorize_counts_in_order_of_appearance(values: list[Any]) -> None:
    codes, labels = factorize(column_of(values))
    assert codes.dtype == np.int32
    assert labels == list(dict.fromkeys(label for v in values if (label := label_of(v)) is not None))
    assert [None if code < 0 else labels[code] for code in codes] == [label_of(v) for v in values]


@given(st.lists(st.none() | texts), st.integers(1, 3))
def test_chunks_and_dictionaries_change_nothing(values: list[str | None], size: int) -> None:
    array = pa.array(values, pa.string())
    pieces = [array[at : at + size] for at in range(0, len(array), size)]
    want = factorize(array)
    for other in (
        pa.chunked_array(pieces, pa.string()),
        pa.chunked_array([piece.dictionary_encode() for piece in pieces], pa.dictionary(pa.int32(), pa.string())),
        array.cast(pa.string_view()),
    ):
        assert labels_of(other) == [label_of(value) for value in values]
        assert sorted(factorize(other)[1]) == sorted(want[1])


@pytest.mark.parametrize("dtype", ["object", "str", "category", "string", "string[pyarrow]"])
def test_texts_in_every_pandas_dtype(dtype: str) -> None:
    column = pd.Series(["b", None, "", "a", "b"], dtype=dtype)
    assert labels_of(column_of(column)) == ["b", None, None, "a", "b"]


@pytest.mark.parametrize("dtype", ["float64", "Int64", "Float32", "int64[pyarrow]", "object", "category"])
def test_whole_numbers_in_every_pandas_dtype(dtype: str) -> None:
    column = pd.Series([7, None, 3], dtype=object if dtype == "object" else "Int64").astype(dtype)
    assert labels_of(column_of(column)) == ["7", None, "3"]


def test_ints_that_come_back_as_floats_stay_themselves() -> None:
    ints, floats = pd.Series([1, 2, 2**52]), pd.Series([1, 2, 2**52, None])
    assert floats.dtype == np.float64
    assert labels_of(column_of(floats))[:3] == labels_of(column_of(ints))


def test_labels_that_are_one_share_a_code() -> None:
    codes, labels = factorize(pa.DictionaryArray.from_arrays([0, 1, 2, 3, None], pa.array(["a", "", "a", None])))
    assert (codes.tolist(), labels) == ([0, -1, 0, -1, -1], ["a"])
    codes, labels = factorize(pa.array([0.0, -0.0, 1.0]))
    assert (codes.tolist(), labels) == ([0, 0, 1], ["0", "1"])


def test_all_missing_and_empty() -> None:
    assert labels_of(pa.nulls(2)) == [None, None]
    assert labels_of(pa.array([], pa.string())) == []
    assert labels_of(pa.chunked_array([], pa.int64())) == []
    assert labels_of(pa.DictionaryArray.from_arrays([0], pa.nulls(1))) == [None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_time_stamps_of_every_unit(unit: str) -> None:
    stamps = np.array(["2024-02-29", "2024-02-29T12:30", "NaT"], dtype=f"datetime64[{unit}]")
    assert labels_of(column_of(stamps)) == ["2024-02-29", "2024-02-29T12:30:00", None]


# a CSV's cells


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "20", "-3"],
        ["1.0", "2.50", "-0", ".5"],
        ["1e-07", "1e+16", "2.5"],
        ["NA", "1.5", "nan"],
        ["True", "False"],
        ["TRUE", "FALSE"],
        ["2024-01-01", "2024-02-29"],
        ["2024-01-01 00:00:00", "2024-01-01 10:30:00"],
        ["2024-01-01T10:00:00Z", "2024-01-01T11:00:00.5Z"],
        ["007", "008"],
        ["1e999", "2"],
        ["+5", "a b"],
        ["2024-13-45", "x"],
    ],
    ids=" ".join,
)
def test_a_csv_cell_has_the_label_of_its_typed_column(cells: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("c,d\n" + "".join(f"{cell},z\n" for cell in cells))
    typed = labels_of(to_arrow(tmp_path / "a.csv")["c"])
    assert labels_of(cells_as_labels(pa.chunked_array([cells]), frozenset())) == typed
    assert labels_of(cells_as_labels(pa.chunked_array([cells]), frozenset(cells))) == cells


def test_a_known_label_is_never_rewritten() -> None:
    cells = pa.chunked_array([["5.0", "7.0"], ["NA", None, "5.0"]])
    assert labels_of(cells_as_labels(cells, {"5.0", "7"})) == ["5.0", "7", None, None, "5.0"]
    assert labels_of(cells_as_labels(cells, {"NA"})) == ["5", "7", "NA", None, "5"]
    assert labels_of(cells_as_labels(pa.chunked_array([], pa.string()), {"7"})) == []
