"""A column of a CSV becomes a number, a bool or a date only where no label could change by it."""

from __future__ import annotations

import datetime
import warnings
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tabembed.io.errors import DataWarning
from tabembed.io.text_types import typed

INT, FLOAT, BOOL, DATE, TEXT = pa.int64(), pa.float64(), pa.bool_(), pa.date32(), pa.string()
STAMP = pa.timestamp("us")


def read(*cells: str | None) -> pa.ChunkedArray:
    """Type the cells, in two chunks as two files would give."""
    return typed(pa.chunked_array([pa.array(cells[:1], TEXT), pa.array(cells[1:], TEXT)]), "a")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-5", "0"], INT, [1, -5, 0]),
        (["1", None], INT, [1, None]),
        (["NA", "1", "NaN", "nan", "null", "N/A", None], INT, [None, 1, *[None] * 5]),
        (["9223372036854775807"], INT, [2**63 - 1]),
        (["1", "2.5"], FLOAT, [1.0, 2.5]),
        (["1", "1e5", "1E-05"], FLOAT, [1.0, 1e5, 1e-5]),
        (["-0.5", ".5", "5."], FLOAT, [-0.5, 0.5, 5.0]),
        (["1", "-0"], FLOAT, [1.0, -0.0]),
        (["1.5", "NA"], FLOAT, [1.5, None]),
        (["1.5", "inf", "-Infinity"], FLOAT, [1.5, float("inf"), float("-inf")]),
        (["1e300", "12345678901234567890.5"], FLOAT, [1e300, 12345678901234567890.5]),
        (["true", "false", None], BOOL, [True, False, None]),
        (["True", "False"], BOOL, [True, False]),
        (["FALSE"], BOOL, [False]),
        (["2013-01-31", None], DATE, [datetime.date(2013, 1, 31), None]),
        (
            ["2013-01-31 05:30", "2013-01-31"],
            STAMP,
            [datetime.datetime(2013, 1, 31, 5, 30), datetime.datetime(2013, 1, 31)],
        ),
        (["2013-01-31T05:30:01.25"], STAMP, [datetime.datetime(2013, 1, 31, 5, 30, 1, 250_000)]),
        ([None, None], pa.null(), [None, None]),
        ([], pa.null(), []),
    ],
    ids=str,
)
def test_types(cells: list[str | None], kind: pa.DataType, values: list[Any]) -> None:
    column = read(*cells)
    assert (column.type, column.to_pylist()) == (kind, values)


@pytest.mark.parametrize(
    "cells",
    [
        ["007"],
        ["1", "007"],
        ["1.5", "007.5"],
        ["00"],
        ["-01"],
        ["+5"],
        ["1.5", "+5"],
        ["0x1F"],
        ["1", "x"],
        ["1", "NA ", "2"],
        ["1", "nAn"],
        [" 5", "6"],
        ["1_000"],
        ["1,5"],
        ["9223372036854775808", "1"],
        ["1.5", "9007199254740993"],
        ["1.5", "1e999"],
        ["1e999", "inf"],
        ["INFO"],
        ["true", "True"],
        ["true", "1"],
        ["tRue"],
        ["2013-02-30"],
        ["2013-1-31"],
        ["2013-01-31", "2013-01-31 05:30"],
        ["2013-01-31", "x"],
        ["2013-01-31T05:30Z", "2013-01-31T05:30"],
        ["2013-01-31 and on"],
    ],
    ids=str,
)
def test_text_stays_text(cells: list[str]) -> None:
    column = read(*cells)
    assert (column.type, column.to_pylist()) == (TEXT, cells)


@pytest.mark.parametrize(
    ("cells", "zone", "hours"),
    [
        (["2013-01-31T05:00Z", "2013-01-31T06:00:00Z"], "UTC", [5, 6]),
        (["2013-01-31T05:00+02:00", "2013-01-31T06:00:00+02:00"], "+02:00", [5, 6]),
        (["2013-01-31T05:00-0230"], "-02:30", [5]),
        (["2013-01-31T05:00+02:00", "2013-01-31T05:00+03:00"], "UTC", [3, 2]),
    ],
    ids=str,
)
def test_time_zones(cells: list[str], zone: str, hours: list[int]) -> None:
    column = read(*cells)
    assert column.type == pa.timestamp("us", zone)
    assert [time.hour for time in column.to_pylist()] == hours


def test_nanoseconds_are_kept() -> None:
    column = read("2013-01-31T05:30:00.123456789")
    assert column.type == pa.timestamp("ns")
    assert column.cast(pa.int64()).to_pylist()[0] % 1000 == 789


@pytest.mark.parametrize("cells", [["a", "NA", "None", "a"], ["NA", "null"], ["NA", "true"], ["2013-01-31", "nan"]])
def test_words_for_missing_in_text_are_labels_and_said(cells: list[str]) -> None:
    with pytest.warns(DataWarning, match=r"column 'a' is text, and (50|100).00% of its cells are '.*': read as labels"):
        assert read(*cells).to_pylist() == cells


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1))
def test_integers_come_back(values: list[int | None]) -> None:
    assume(any(value is not None for value in values))
    column = read(*[None if value is None else str(value) for value in values])
    assert (column.type, column.to_pylist()) == (INT, values)


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_floats_come_back(values: list[float]) -> None:
    column = read(*map(repr, values))
    assert (column.type, column.to_pylist()) == (FLOAT, values)


@given(st.lists(st.datetimes(), min_size=1), st.sampled_from([" ", "T"]))
def test_times_come_back(values: list[datetime.datetime], mark: str) -> None:
    column = read(*[value.isoformat(mark) for value in values])
    assert (column.type, column.to_pylist()) == (STAMP, values)


@given(st.lists(st.text("0123456789.eE+-naNAifx", min_size=1, max_size=6), min_size=1))
def test_a_number_never_hides_another_text(cells: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        column = read(*cells)
    if column.type == INT:
        words = ("NA", "NaN", "nan")
        assert [None if cell in words else cell for cell in cells] == [
            None if value is None else str(value) for value in column.to_pylist()
        ]
    elif column.type == FLOAT:
        assert all(value is None or value == float(cell) for cell, value in zip(cells, column.to_pylist(), strict=True))
        assert not any(cell.lstrip("-").startswith(("+", "00", "01", "07")) for cell in cells)
    else:
        assert column.to_pylist() == cells
