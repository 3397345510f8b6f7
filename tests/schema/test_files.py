"""The schema as JSON: readable, complete, and refused where it isn't."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "schema.json"


@pytest.mark.parametrize("target", [None, "y", "flag", "text"])
def test_it_comes_back_equal(frame: pd.DataFrame, target: str | None, path: Path) -> None:
    data = frame if target != "text" else frame.dropna(subset="text")
    schema = te.infer_schema(data, target, kinds={"few": te.Categorical(dim=np.int64(3))})
    schema.to_json(path)
    again = te.Schema.from_json(str(path))
    assert again == schema
    assert repr(again) == repr(schema)
    assert again.input_names == schema.input_names
    for name, array in again.encode(data).items():
        np.testing.assert_array_equal(array, schema.encode(data)[name])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_it_reads_well(frame: pd.DataFrame, path: Path) -> None:
    te.infer_schema(frame.rename(columns={"text": "größe"}), "y").to_json(path)
    data = json.loads(path.read_text("utf-8"))
    assert (data["format"], data["version"]) == ("tabembed.schema", 1)
    assert data["columns"][0]["name"] == "größe"
    assert data["columns"][0]["input"] == te.safe_name("größe")
    assert data["columns"][0]["vocabulary"] == {"labels": ["a", "b"], "counts": [20, 20]}
    assert "größe" in path.read_text("utf-8")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts, min_size=1).filter(any), texts)
def test_any_label_and_name_comes_back(path: Path, values: list[str], name: str) -> None:
    schema = te.infer_schema({name: values}, kinds={name: te.Categorical()})
    schema.to_json(path)
    assert te.Schema.from_json(path) == schema


def test_many_labels_stand_beside_it(path: Path) -> None:
    many = [f"label {n}" for n in range(100_001)]
    schema = te.infer_schema({"a/b": many, "few": ["x"] * 100_001}, kinds={"a/b": te.Categorical(max_size=5)})
    schema.to_json(path)
    beside = path.with_name(f"schema.{te.safe_name('a/b')}.parquet")
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([beside.name, path.name])
    assert pq.read_table(beside).column_names == ["label", "count"]
    assert path.stat().st_size < 2_000
    assert te.Schema.from_json(path) == schema
    beside.unlink()
    with pytest.raises(DataError, match=f"the labels of column 'a/b' must stand in .*{beside.name}, however"):
        te.Schema.from_json(path)


def test_what_isnt_a_schema_is_refused(frame: pd.DataFrame, path: Path) -> None:
    with pytest.raises(DataError, match="no schema at .*schema.json; write one with schema.to_json"):
        te.Schema.from_json(path)
    for text, message in (
        ("{", "can't be read as JSON"),
        ("[]", "is JSON but not a schema"),
        (
            '{"format": "tabembed.schema", "version": 2}',
            "is a schema of version 2, however: this tabembed reads version 1",
        ),
        ('{"format": "tabembed.schema", "version": 1}', "is not a whole schema: KeyError 'columns'"),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(DataError, match=message):
            te.Schema.from_json(path)
    with pytest.raises(DataError, match="can't be read as JSON"):
        te.Schema.from_json(path.parent)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "strange"},
        {"vocabulary": {"labels": ["a"], "counts": []}},
        {"vocabulary": {"labels": ["a"], "counts": ["x"]}},
        {"vocabulary": {"file": "../../elsewhere.parquet"}},
        {"more": 1},
    ],
)
def test_a_schema_that_was_edited_badly_is_refused(change: dict[str, object], path: Path) -> None:
    te.infer_schema({"c": ["a", "b", "a"]}).to_json(path)
    data = json.loads(path.read_text("utf-8"))
    data["columns"][0].update(change)
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(DataError, match="is not a whole schema: "):
        te.Schema.from_json(path)


def test_an_edit_out_of_range_is_said_as_such(path: Path) -> None:
    te.infer_schema({"c": ["a", "b", "a"]}).to_json(path)
    path.write_text(path.read_text("utf-8").replace('"min_count": 1', '"min_count": 0'), "utf-8")
    with pytest.raises(DataError, match="`min_count` must be a whole number of 1 or more, however: min_count=0"):
        te.Schema.from_json(path)


def test_an_output_that_cant_be_written_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="can't be written: .*/file' is not a folder"):
        te.infer_schema(frame).to_json(tmp_path / "file" / "schema.json")
