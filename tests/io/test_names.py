"""Columns are found by name, and what isn't there is said with what is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed.io.errors import DataError, LabelError
from tabembed.io.names import did_you_mean, positions, same_columns


@pytest.mark.parametrize(
    ("name", "names", "said"),
    [
        ("arr_dely", ["dest", "arr_delay"], "did you mean 'arr_delay'?"),
        ("ZIPCODE", ["Zipcode", "price"], "did you mean 'Zipcode'?"),
        ("x", ["dest", "arr_delay"], "the columns are 'dest', 'arr_delay'"),
        ("x", [f"column {at}" for at in range(10)], "'column 7' and 2 more"),
        ("x", [], "there are no columns"),
    ],
)
def test_did_you_mean(name: str, names: list[str], said: str) -> None:
    assert said in did_you_mean(name, names)


@given(st.lists(st.text(), min_size=1, unique=True), st.data())
def test_positions(names: list[str], data: st.DataObject) -> None:
    assert positions(names) == list(range(len(names)))
    columns = data.draw(st.lists(st.sampled_from(names), unique=True))
    assert [names[place] for place in positions(names, columns)] == columns


def test_a_column_asked_for_twice_comes_once() -> None:
    assert positions(["a", "b"], ["b", "a", "b"]) == [1, 0]


def test_refusals() -> None:
    with pytest.raises(DataError, match="the data must hold at least one column, however: there is none"):
        positions([])
    with pytest.raises(LabelError, match="column 'dset' is missing from x; did you mean 'dest'?"):
        positions(["dest"], ["dset"], "x")
    with pytest.raises(DataError, match="column names must differ, however: x holds 'b' 2 times; rename them"):
        positions(["a", "b", "b"], None, "x")
    assert positions(["a", "b", "b"], ["a"]) == [0]


def test_other_columns_are_refused() -> None:
    with pytest.raises(LabelError, match="column 'b' of x is missing from y; the columns are 'a', 'c'"):
        same_columns(["a", "c"], "y", ["a", "b"], "x")
    with pytest.raises(DataError, match="column 'c' of y is missing from x; files read together must hold the same"):
        same_columns(["a", "b", "c"], "y", ["a", "b"], "x")
