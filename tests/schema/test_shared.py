"""Columns that share one table: one vocabulary for all of them."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.schema.shared import whole_column

FRAME = pd.DataFrame(
    {
        "origin": ["JFK", "JFK", "JFK", "EWR", None],
        "dest": ["LAX", "LAX", "BOS", "JFK", "LAX"],
        "day": ["mo", "tu", "mo", "tu", "mo"],
    }
)


def shared(**settings: Any) -> te.Schema:
    kind = te.Categorical(table="airport", **settings)
    return te.infer_schema(FRAME, kinds={"origin": kind, "dest": kind})


def test_the_labels_are_united_and_the_counts_summed() -> None:
    schema = shared()
    for name in ("origin", "dest"):
        assert schema[name].labels == ["JFK", "LAX", "BOS", "EWR"]
        assert schema[name].counts.tolist() == [4, 3, 1, 1]
    assert schema["origin"].dim == schema["dest"].dim
    assert schema["day"].labels == ["mo", "tu"]
    assert "table 'airport'" in repr(schema)
    whole = whole_column(schema.columns, "dest")
    assert (whole.rows, whole.missing) == (10, 1)


def test_a_label_of_one_column_is_known_in_the_other() -> None:
    ids = shared().encode({"origin": ["BOS", None, "?"], "dest": ["EWR", "JFK", "BOS"], "day": ["mo", "mo", "mo"]})
    assert ids["origin"].tolist() == [4, 0, 1]
    assert ids["dest"].tolist() == [5, 2, 4]


@given(st.lists(st.tuples(st.text(max_size=2), st.text(max_size=2)), min_size=3, max_size=20))
def test_equal_labels_have_equal_ids(pairs: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame([("x", "y"), *pairs], columns=["a", "b"])
    schema = te.infer_schema(frame, kinds=dict.fromkeys("ab", te.Categorical(table="t")))
    turned = frame.rename(columns={"a": "b", "b": "a"})
    straight, crossed = schema.encode(frame), schema.encode(turned)
    assert straight["a"].tolist() == crossed["b"].tolist()
    assert straight["b"].tolist() == crossed["a"].tolist()
    assert 1 not in straight["a"]


def test_rare_is_what_is_rare_in_all_columns_together() -> None:
    schema = shared(min_count=2)
    assert schema["origin"].labels == schema["dest"].labels == ["JFK", "LAX"]


def test_it_comes_back_from_json_and_older_json_still_loads() -> None:
    schema = shared(dim=3)
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    plain = te.infer_schema(FRAME)
    assert all("table" not in column for column in plain.to_dict()["columns"])


def test_learned_columns_can_share_afterwards() -> None:
    place = te.Categorical(table="airport")
    later = te.infer_schema(FRAME).replace(origin=place, dest=place)
    assert later["origin"] == shared()["origin"]
    assert later["dest"] == shared()["dest"]


def test_replacing_both_counts_nothing_twice() -> None:
    place = te.Categorical(table="airport", dim=7)
    again = shared().replace(origin=place, dest=place).replace(day=te.Categorical(dim=2))
    assert again["dest"].counts.tolist() == [4, 3, 1, 1]
    assert again["origin"].dim == again["dest"].dim == 7
    joined = again.replace(day=place)
    assert joined["origin"].labels == ["JFK", "LAX", "mo", "tu", "BOS", "EWR"]
    assert joined["origin"].counts.tolist() == [4, 3, 3, 2, 1, 1]


@pytest.mark.parametrize(
    ("kind", "came"), [(te.Categorical(), "table=None"), (te.Ignored(), "Ignored"), (te.Categorical(table="x"), "'x'")]
)
def test_a_column_cannot_leave_the_others(kind: Any, came: str) -> None:
    with pytest.raises(te.DataError, match=f"'origin' must stay in table 'airport'.* however: .*{came}"):
        shared().replace(origin=kind)


@pytest.mark.parametrize(
    ("setting", "a", "b"),
    [
        ("dim", 3, 4),
        ("dim_rule", "half", "fastai"),
        ("min_count", 1, 2),
        ("max_size", None, 2),
        ("unknown_rate", 0.0, 0.1),
        ("l2", 0, 1),
    ],
)
def test_settings_must_agree(setting: str, a: Any, b: Any) -> None:
    kinds = {name: te.Categorical(table="airport", **{setting: value}) for name, value in (("origin", a), ("dest", b))}
    expected = f"'origin' and 'dest' share table 'airport' and must agree on `{setting}`, however: {a!r} and {b!r}"
    with pytest.raises(te.DataError, match=expected):
        te.infer_schema(FRAME, kinds=kinds)


def test_dropout_may_differ() -> None:
    kinds = {"origin": te.Categorical(table="t", dropout=0.1), "dest": te.Categorical(table="t")}
    schema = te.infer_schema(FRAME, kinds=kinds)
    assert schema["origin"].dropout_rate == 0.1
    assert schema["dest"].dropout_rate == 1 / (1 + 9 / 4 / 100)


@pytest.mark.parametrize("table", ["", 7, b"t"])
def test_a_table_needs_a_name(table: Any) -> None:
    with pytest.raises(te.DataError, match="`table` must be a non-empty string or None, however: table="):
        te.Categorical(table=table)


def test_a_dim_set_over_a_rule_holds() -> None:
    schema = te.infer_schema(FRAME)
    pinned = dataclasses.replace(schema["dest"], dim=8)
    assert pinned.pinned
    assert schema.replace(dest=pinned)["dest"].dim == 8
    loaded = te.Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert loaded.replace(dest=dataclasses.replace(loaded["dest"], dim=8))["dest"].dim == 8
    rarer = schema.replace(dest=dataclasses.replace(schema["dest"], min_count=2))["dest"]
    assert (rarer.pinned, rarer.labels, rarer.dim) == (False, ["LAX"], 1)
