"""Crossed columns: joined labels, learned from frames and files, encoded, read from CSV and grown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.schema.cross import joined, split

ROUTE = {"route": te.Cross("origin", "dest", dim=3)}
TRIPS = {"origin": ["JFK", "JFK", "BOS", None, "JFK", ""], "dest": ["LAX", "LAX", "LAX", "LAX", None, "BOS"]}
cells = st.none() | st.text(st.sampled_from("ab|\\\n"), max_size=3)


def test_a_cross_is_declared_and_its_sources_stay() -> None:
    schema = te.infer_schema(TRIPS, kinds=ROUTE)
    assert list(schema) == ["origin", "dest", "route"]
    assert [kind.key for kind in schema.features.values()] == ["categorical", "categorical", "cross"]
    kind = schema["route"]
    assert isinstance(kind, te.Cross)
    assert (kind.labels, kind.counts.tolist()) == (["JFK|LAX", "BOS|LAX"], [2, 1])
    assert (schema.column("route").missing, schema.column("route").reason) == (3, "declared")
    assert schema.sources == ["origin", "dest"]
    assert "route   cross" in repr(schema)
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    assert schema.encode({"origin": ["JFK", "BOS", None, "X"], "dest": ["LAX", "JFK", "LAX", "LAX"]})[
        "route"
    ].tolist() == [2, 1, 0, 1]


@given(st.lists(st.text(st.sampled_from("a|\\")), min_size=1, max_size=4))
def test_joined_labels_come_apart_again(labels: list[str]) -> None:
    assert split(joined(labels)) == labels


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=20))
def test_rows_have_one_label_where_all_columns_have_one(rows: list[tuple[str | None, ...]]) -> None:
    frame = {name: [row[at] for row in rows] for at, name in enumerate("abc")}
    if not any(all(row) for row in rows):
        return
    used = {name: te.Ignored() for name in "abc"}
    schema = te.infer_schema(frame, kinds={"x": te.Cross("a", "b", "c"), **used})
    ids = schema.encode(frame)["x"]
    labels = [None, None, *schema["x"].labels]  # type: ignore[attr-defined]
    for row, at in zip(rows, ids.tolist(), strict=True):
        assert (at > 1) == all(row)
        assert labels[at] == (joined([label or "" for label in row]) if all(row) else None)


def test_settings_are_a_categorys() -> None:
    schema = te.infer_schema(TRIPS, kinds={"route": te.Cross("origin", "dest", min_count=2)})
    assert schema["route"].labels == ["JFK|LAX"]  # type: ignore[attr-defined]
    looser = schema.replace(route=te.Cross("origin", "dest", hash_buckets=9))
    assert looser["route"].labels == ["JFK|LAX", "BOS|LAX"]  # type: ignore[attr-defined]
    for other in (te.Categorical(), te.Cross("dest", "origin")):
        with pytest.raises(DataError, match="column 'route' is Cross and holds no statistics for"):
            schema.replace(route=other)


def test_files_teach_what_a_frame_does(tmp_path: Path) -> None:
    rows = pa.table({name: pa.array(values * 30) for name, values in TRIPS.items()})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=7)
    of_files, of_frame = (te.infer_schema(data, kinds=ROUTE) for data in (tmp_path / "a.parquet", rows))
    assert of_files == of_frame
    np.testing.assert_array_equal(of_files.encode(tmp_path / "a.parquet")["route"], of_frame.encode(rows)["route"])


def test_all_missing_is_said_alike(tmp_path: Path) -> None:
    rows = pa.table({"a": ["x", None, "x"], "b": [None, "y", ""]})
    pq.write_table(rows, tmp_path / "a.parquet")
    for data in (rows, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match="column 'x' must hold some values, however: all 3 rows are missing"):
            te.infer_schema(data, kinds={"x": te.Cross("a", "b")})


def test_a_csv_is_read_by_the_labels_it_was_learned_under(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [7.0, 8.0, None] * 3, "b": ["1.0", "x", "1.0"] * 3})
    frame.to_csv(tmp_path / "a.csv", index=False)
    for own in ({}, {"a": te.Ignored(), "b": te.Ignored()}):
        schema = te.infer_schema(tmp_path / "a.csv", kinds={"x": te.Cross("a", "b"), "a": te.Categorical(), **own})
        assert schema["x"].labels == ["7|1.0", "8|x"]  # type: ignore[attr-defined]
        (tmp_path / "b.csv").write_text("a,b\n7,1.0\n7.0,1.0\n7,1\n")
        assert schema.encode(tmp_path / "b.csv")["x"].tolist() == [2, 2, 1]


def test_growth_counts_new_pairs() -> None:
    schema = te.infer_schema(TRIPS, kinds=ROUTE)
    grown = schema.grown({"origin": ["BOS", "BOS", "BOS", None], "dest": ["LAX", "LAX", "SFO", "SFO"]})
    assert grown["route"].labels == ["BOS|LAX", "JFK|LAX", "BOS|SFO"]  # type: ignore[attr-defined]
    assert grown.column("route").missing == 4


def test_numbers_are_not_crossed() -> None:
    frame: dict[str, Any] = {"km": [0.5, 1.25, 2.75], "dest": ["a", "b", "a"]}
    with pytest.raises(
        DataError,
        match=r"column 'km' must be read as numbers or as labels, not both, however: 'km' reads it as numbers and "
        r"'x' as labels; declare it te.Categorical\(\) or te.Ignored\(\), or leave one out",
    ):
        te.infer_schema(frame, kinds={"x": te.Cross("km", "dest")})
    assert te.infer_schema(frame, kinds={"x": te.Cross("km", "dest"), "km": te.Ignored()})["x"].learned


@pytest.mark.parametrize("columns", [(), ("a",), ("a", "a"), ("a", 3)])
def test_what_cant_be_crossed(columns: tuple[Any, ...]) -> None:
    with pytest.raises(DataError, match="te.Cross takes the names of two columns or more, each once, however: "):
        te.Cross(*columns)


def test_other_settings_are_refused() -> None:
    with pytest.raises(DataError, match="te.Cross takes columns and the settings of te.Categorical, however: n_bins=3"):
        te.Cross("a", "b", n_bins=3)
    with pytest.raises(DataError, match="`hash_buckets` must be a whole number of 1 or more, however: hash_buckets=0"):
        te.Cross("a", "b", hash_buckets=0)
    with pytest.raises(DataError, match="column 'x' reads column 'c', which the data does not have"):
        te.infer_schema({"a": ["u"], "b": ["v"]}, kinds={"x": te.Cross("a", "c")})
