"""Histories: what the earlier rows of a group held, and never more than that."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError, LabelError

FLIGHTS = {
    "tail": ["N1", "N2", "N1", None, "N1", "N1", None],
    "hour": [7, 8, 12, 9, 9, 12, 10],
    "dest": ["BOS", "LAX", "JFK", "SFO", None, "MIA", "ORD"],
    "delay": [1.5, 2.0, 3.0, 4.0, 5.0, None, 6.0],
}


def lists(values: Any) -> list[list[Any]]:
    return [None if row is None else list(row) for row in pa.array(values).to_pylist()]


def test_a_row_sees_the_earlier_rows_of_its_group() -> None:
    found = te.history(pd.DataFrame(FLIGHTS), group_by="tail", order_by="hour", columns=["dest", "delay"])
    assert found.columns.tolist() == [*FLIGHTS, "past_dest", "past_delay"]
    # Row 2 and row 5 are of equal time, and rows 3 and 6 of no known aircraft.
    assert lists(found["past_dest"]) == [[], [], ["BOS", None], [], ["BOS"], ["BOS", None], []]
    assert lists(found["past_delay"]) == [[], [], [1.5, 5.0], [], [1.5], [1.5, 5.0], []]


def test_only_the_latest_are_kept() -> None:
    found = te.history(FLIGHTS, group_by="tail", order_by="hour", columns="delay", length=1, prefix="last_")
    assert found["last_delay"].to_pylist() == [[], [], [5.0], [], [1.5], [5.0], []]


groups = st.none() | st.sampled_from("ab")
rows = st.lists(st.tuples(groups, st.sampled_from("xy"), st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=30)


@given(rows, st.integers(1, 4))
def test_histories_are_as_said_row_by_row(rows: list[tuple[Any, ...]], length: int) -> None:
    frame = pd.DataFrame(rows, columns=["one", "two", "day", "hour"]).assign(value=np.arange(len(rows)))
    found = te.history(frame, group_by=["one", "two"], order_by=["day", "hour"], columns="value", length=length)
    for at, (one, two, *time) in enumerate(rows):
        want = sorted((row[2:], i) for i, row in enumerate(rows) if row[:2] == (one, two) and list(row[2:]) < time)
        assert list(found["past_value"].iloc[at]) == ([] if one is None else [i for _, i in want][-length:])


@pytest.mark.parametrize(
    "times",
    [
        [3, 1, 2],
        [0.3, 0.1, 0.2],
        ["c", "a", "b"],
        pd.to_datetime(["2013-03-01", "2013-01-01", "2013-02-01"]),
        [datetime.date(2013, month, 1) for month in (3, 1, 2)],
        pd.Categorical(["c", "a", "b"]),
    ],
    ids=lambda times: type(times[0]).__name__,
)
def test_times_of_every_type(times: Any) -> None:
    frame = pd.DataFrame({"g": [1, 1, 1], "t": times, "v": ["last", "first", "second"]})
    found = te.history(frame, group_by="g", order_by="t", columns="v")
    assert lists(found["past_v"]) == [["first", "second"], [], ["first"]]


def test_the_frame_stays_what_it_was() -> None:
    pandas = pd.DataFrame(FLIGHTS, index=list("gfedcba"))
    arguments: dict[str, Any] = {"group_by": "tail", "order_by": "hour", "columns": "dest"}
    one, two, three = (te.history(data, **arguments) for data in (pandas, pl.DataFrame(FLIGHTS), pa.table(FLIGHTS)))
    assert isinstance(one, pd.DataFrame)
    assert one.index.tolist() == list("gfedcba")
    assert isinstance(two, pl.DataFrame)
    assert isinstance(three, pa.Table)
    assert lists(one["past_dest"]) == two["past_dest"].to_list() == three["past_dest"].to_pylist()
    assert "past_dest" not in pandas


def test_categories_become_their_labels() -> None:
    frame = pd.DataFrame({"g": [1, 1], "t": [1, 2], "v": pd.Categorical(["b", "a"])})
    assert lists(te.history(frame, group_by="g", order_by="t", columns="v")["past_v"]) == [[], ["b"]]


def test_no_rows_and_no_groups() -> None:
    found = te.history(pd.DataFrame(FLIGHTS)[:0], group_by="tail", order_by="hour", columns="dest")
    assert (len(found), list(found)[-1]) == (0, "past_dest")


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"length": 0}, DataError, "`length` must be a whole number of 1 or more, however: length=0"),
        ({"length": True}, DataError, "`length` must be a whole number of 1 or more, however: length=True"),
        ({"group_by": "tial"}, LabelError, "'tial'.*'tail'"),
        ({"order_by": "huor"}, LabelError, "'huor'.*'hour'"),
        ({"columns": "dset"}, LabelError, "'dset'.*'dest'"),
        ({"columns": []}, DataError, r"`columns` must name a column, or several, however: columns=\[\]"),
        (
            {"order_by": "delay"},
            DataError,
            "column 'delay' must hold a time in every row to order by, however: 1 of 7 are missing, first in row 5",
        ),
        ({"prefix": ""}, DataError, "the data must not have column 'dest' yet, which te.history adds; choose another"),
    ],
)  # fmt: skip
def test_bad_arguments(changed: dict[str, Any], error: type[Exception], match: str) -> None:
    arguments = {"group_by": "tail", "order_by": "hour", "columns": "dest", **changed}
    with pytest.raises(error, match=match):
        te.history(pd.DataFrame(FLIGHTS), **arguments)


def test_what_has_no_order() -> None:
    frame = {"g": [1, 1], "t": [[1], [2]], "v": [1, 2]}
    with pytest.raises(DataError, match=r"column 't' must hold numbers, times or texts to order by, however: its type"):
        te.history(frame, group_by="g", order_by="t", columns="v")
