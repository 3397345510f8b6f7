"""More rows of the same table add to what a schema has counted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.schema.grow import declared_target

LABELS = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=12).filter(any)


@given(LABELS, LABELS)
def test_counting_on_is_counting_all(first: list[str | None], more: list[str | None]) -> None:
    kinds = {"x": te.Categorical(min_count=2, dim=2)}
    grown = te.infer_schema(pd.DataFrame({"x": first}), kinds=kinds).grown(pd.DataFrame({"x": more}))
    whole = te.infer_schema(pd.DataFrame({"x": first + more}), kinds=kinds)
    assert grown == whole
    assert (grown.column("x").rows, grown.column("x").missing) == (whole.column("x").rows, whole.column("x").missing)


def test_everything_but_counts_stays(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame, "y")
    before = json.dumps(schema.to_dict())
    more = frame.assign(real=frame["real"] * 100 + 7, text="new", y=frame["y"] + 1_000, flag=None, other=1)
    grown = schema.grown(more.drop(columns="constant"))
    assert json.dumps(schema.to_dict()) == before
    for name in ("real", "gaps", "flag", "constant", "key"):
        assert grown[name] == schema[name]
        assert grown.column(name).rows == 120
    assert grown.target == schema.target
    assert list(grown) == list(schema)
    assert grown["text"].labels == ["new", "a", "b"]
    assert grown["text"].counts.tolist() == [60, 20, 20]
    assert [grown.column(name).missing for name in ("text", "gaps", "flag")] == [20, 30, 60]


def test_dims_stay_and_still_name_their_rule() -> None:
    schema = te.infer_schema({"x": ["a", "b"] * 50})
    grown = schema.grown({"x": [f"{n}" for n in range(1_000)]})
    assert (schema["x"].dim, grown["x"].dim, grown["x"].size) == (2, 2, 1_004)
    assert (grown["x"].pinned, grown["x"].dim_rule) == (False, "fourth_root")
    assert te.Schema.from_dict(json.loads(json.dumps(grown.to_dict()))) == grown


def test_a_label_may_lose_its_row_to_a_more_frequent_one() -> None:
    schema = te.infer_schema({"x": ["a", "a", "b"]}, kinds={"x": te.Categorical(max_size=1)})
    grown = schema.grown({"x": ["b", "b"]})
    assert (schema["x"].labels, grown["x"].labels) == (["a"], ["b"])


def test_columns_of_one_table_grow_together() -> None:
    place = te.Categorical(table="airport")
    schema = te.infer_schema({"from": ["A", "B"], "to": ["B", "C"]}, kinds={"from": place, "to": place})
    grown = schema.grown({"from": ["D", "C"], "to": ["D", None]})
    counts = {"A": 1, "B": 2, "C": 2, "D": 2}
    for name in ("from", "to"):
        assert dict(zip(grown[name].labels, grown[name].counts.tolist(), strict=True)) == counts
        assert grown[name].dim == schema[name].dim
    assert (grown.column("from").missing, grown.column("to").missing) == (0, 1)


def test_classes_are_counted_on() -> None:
    schema = te.infer_schema({"x": [0.5, 1.5], "y": ["no", "yes"]}, "y")
    assert schema.grown({"x": [1.0, 2.0], "y": ["yes", "yes"]}).target.counts == (1, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"x": [], "y": []}, "the data must hold at least one row, however: it has none"),
        ({"z": ["a"], "y": ["no"]}, "'x'"),
        ({"x": ["a"], "y": ["maybe"]}, "target 'y' must be one of the 2 classes of the schema, however: 'maybe'"),
        ({"x": ["a"], "y": [None]}, "target 'y' must be there in every row"),
        ({"x": ["far"], "y": ["no"]}, "column 'x' must hold numbers"),
    ],
)
def test_what_cannot_be_counted_is_refused(data: Any, message: str) -> None:
    schema = te.infer_schema({"x": [0.5, 1.5], "y": ["no", "yes"]}, "y")
    with pytest.raises(te.DataError, match=message):
        schema.grown(data)


def test_declared_classes() -> None:
    rows = te.infer_schema({"y": [1, 2]}, "y", task="binary").target
    target = declared_target(pa.array([2, 2]), "y", np.array([1, 2, 3]))
    assert (target.task, target.classes, target.counts, target.reason) == (
        "multiclass",
        (1, 2, 3),
        (0, 2, 0),
        "declared",
    )
    np.testing.assert_allclose(target.shares, [0.25, 0.5, 0.25])
    np.testing.assert_allclose(rows.shares, [0.5, 0.5])


@pytest.mark.parametrize("classes", [["a"], ["a", "a"], [["a", "b"]], "ab", 3])
def test_classes_are_a_list_of_two_or_more(classes: Any) -> None:
    with pytest.raises(te.DataError, match="`classes` must list two classes or more, each once, however: classes="):
        declared_target(pa.array(["a"]), "y", classes)
