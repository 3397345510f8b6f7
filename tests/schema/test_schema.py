"""The schema: immutable, ordered, replaceable, and what it makes of a frame."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError, LabelError
from tabembed.schema.column import Column


@pytest.fixture(scope="module")
def schema(frame: pd.DataFrame) -> te.Schema:
    return te.infer_schema(frame, "y")


def test_it_reads_like_a_mapping(schema: te.Schema, frame: pd.DataFrame) -> None:
    assert len(schema) == len(frame.columns) - 1
    assert "text" in schema
    assert "y" not in schema
    assert 7 not in schema
    assert schema["text"].labels == ["a", "b"]
    assert schema.column("text").missing == 20
    with pytest.raises(LabelError, match="the schema has no column 'txt'; did you mean 'text'?"):
        schema["txt"]
    with pytest.raises(KeyError):
        schema[7]  # type: ignore[index]


def test_it_never_changes(schema: te.Schema) -> None:
    for name in ("columns", "target", "input_names", "anything"):
        with pytest.raises(
            AttributeError, match=f"a schema can't be changed, however: '{name}' was set; schema.replace"
        ):
            setattr(schema, name, None)
    with pytest.raises(TypeError, match="does not support item assignment"):
        schema.input_names["text"] = "other"  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        schema.columns[0].name = "other"  # type: ignore[misc]
    schema.features.clear()
    schema["text"].labels.clear()
    assert schema["text"].labels == ["a", "b"]
    assert schema.features


def test_equal_by_what_it_says(schema: te.Schema, frame: pd.DataFrame) -> None:
    again = te.infer_schema(frame, "y")
    assert (schema == again, hash(schema) == hash(again), schema != "a schema") == (True, True, True)
    assert schema != te.infer_schema(frame)
    assert schema != te.infer_schema(frame[:59], "y")
    for other in (copy.copy(schema), copy.deepcopy(schema), pickle.loads(pickle.dumps(schema))):
        assert other == schema
        assert other.input_names == schema.input_names


def test_a_column_must_be_learned_and_once() -> None:
    column = Column("a", te.Ignored(), 1, 0, "declared")
    with pytest.raises(DataError, match="a schema must not name a column twice, however: a, a"):
        te.Schema([column, column])
    with pytest.raises(DataError, match="column 'b' has no statistics yet; te.infer_schema"):
        te.Schema([column, Column("b", te.Categorical(), 1, 0, "declared")])
    assert repr(te.Schema([])).startswith("Schema of 0 columns, no columns")


# replace


def test_replace_keeps_the_counts(schema: te.Schema) -> None:
    narrow = schema.replace(text=te.Categorical(dim=7, min_count=21), real=te.Ignored())
    assert (narrow["text"].labels, narrow["text"].dim) == ([], 7)
    assert narrow.column("text").reason == "declared"
    assert narrow.column("text").missing == schema.column("text").missing
    assert "real" not in narrow.features
    assert list(narrow) == list(schema)
    assert schema["text"].labels == ["a", "b"]
    wide = narrow.replace(text=te.Categorical())
    assert wide["text"] == schema["text"], "counts of all labels are kept, so a cut can be loosened"


def test_replace_takes_any_name() -> None:
    schema = te.infer_schema({"my state": ["a", "b", "a"], "x": ["c", "d", "c"]})
    one = schema.replace({"my state": te.Categorical(max_size=1)}, x=te.Categorical(dim=5))
    assert (one["my state"].labels, one["x"].dim) == (["a"], 5)
    assert schema.replace() == schema


@given(st.lists(st.sampled_from("abcdef"), min_size=1), st.integers(1, 5), st.none() | st.integers(1, 5))
def test_a_cut_is_the_same_declared_or_replaced(values: list[str], min_count: int, max_size: int | None) -> None:
    kind = te.Categorical(min_count=min_count, max_size=max_size)
    declared = te.infer_schema({"c": values}, kinds={"c": kind})
    replaced = te.infer_schema({"c": values}, kinds={"c": te.Categorical()}).replace(c=kind)
    assert declared == replaced
    again = replaced.replace(c=te.Categorical())
    assert again["c"].labels == te.infer_schema({"c": values}, kinds={"c": te.Categorical()})["c"].labels


def test_a_change_that_needs_other_statistics_is_refused(schema: te.Schema) -> None:
    message = "column 'real' is Numeric and holds no statistics for Categorical; use te.infer_schema.data, kinds="
    with pytest.raises(DataError, match=message):
        schema.replace(real=te.Categorical())
    with pytest.raises(DataError, match="column 'text' is Categorical and holds no statistics for Numeric"):
        schema.replace(text=te.Numeric())
    with pytest.raises(DataError, match="column 'key' is Ignored and holds no statistics for Boolean"):
        schema.replace(key=te.Boolean())
    with pytest.raises(DataError, match="column 'text' must become a kind such as .*, however: <class"):
        schema.replace(text=te.Categorical)  # type: ignore[arg-type]
    with pytest.raises(LabelError, match="the schema has no column 'y'"):
        schema.replace(y=te.Categorical())


def test_statistics_may_be_given(schema: te.Schema) -> None:
    changed = schema.replace(real=te.Numeric(mean=1.0, scale=2.0), gaps=te.Numeric(), flag=te.Boolean())
    assert changed["real"] == te.Numeric(mean=1.0, scale=2.0)
    assert (changed["gaps"], changed["flag"]) == (schema["gaps"], schema["flag"])


# encode


def test_encode(schema: te.Schema, frame: pd.DataFrame) -> None:
    encoded = schema.encode(frame)
    assert list(encoded) == list(schema.features)
    dtypes = {name: array.dtype.name for name, array in encoded.items()}
    assert dtypes == {
        "text": "uint8",
        "few": "uint8",
        "real": "float32",
        "gaps": "float32",
        "flag": "float32",
        "order_id": "uint8",
        "when": "datetime64[s]",
    }
    assert all(array.shape == (60,) for array in encoded.values())
    assert encoded["text"][:3].tolist() == [3, 2, 0]
    assert encoded["order_id"][:3].tolist() == [2, 0, 3]
    np.testing.assert_array_equal(encoded["real"], frame["real"].to_numpy(np.float32))
    np.testing.assert_array_equal(np.isnan(encoded["gaps"]), frame["gaps"].isna())


def test_inputs_are_named_for_the_model() -> None:
    schema = te.infer_schema({"my state": ["a", "b", "a"], "x": [0.5, 1.0, 2.0], "k": [f"{n}" for n in range(3)]})
    inputs = schema.inputs({"x": [2.0], "my state": ["b"], "k": ["0"], "more": [1]})
    assert {name: (array.shape, array.dtype.name) for name, array in inputs.items()} == {
        te.safe_name("my state"): ((1, 1), "int32"),
        "x": ((1, 1), "float32"),
        "k": ((1, 1), "int32"),
    }


def test_encode_needs_the_features_only(schema: te.Schema, frame: pd.DataFrame) -> None:
    part = frame[list(schema.features)[::-1]]
    for data in (part, part.assign(more=1), pl.from_pandas(part), part.to_dict("list"), part.to_dict("records")):
        for name, array in schema.encode(data).items():
            np.testing.assert_array_equal(array, schema.encode(frame)[name], err_msg=name)
    with pytest.raises(LabelError, match="column 'few' is missing from the frame"):
        schema.encode(frame.drop(columns="few"))


def test_a_column_that_comes_as_another_type_means_the_same(schema: te.Schema, frame: pd.DataFrame) -> None:
    want = schema.encode(frame)
    for change in (
        {"few": "float64"},
        {"few": "object"},
        {"few": "category"},
        {"few": "str"},
        {"text": "object"},
        {"text": "category"},
        {"text": "string[pyarrow]"},
        {"real": "Float64"},
        {"flag": "int8"},
        {"flag": "str"},
        {"flag": "boolean"},
        {"order_id": "float64"},
        {"order_id": "int64[pyarrow]"},
    ):
        for name, array in schema.encode(frame.astype(change)).items():
            np.testing.assert_array_equal(array, want[name], err_msg=f"{change} {name}")


def test_an_int_column_with_one_gap_is_not_all_unknown() -> None:
    schema = te.infer_schema({"store_id": [1, 2, 3] * 9})
    assert schema.encode({"store_id": [1, 2, None]})["store_id"].tolist() == [2, 3, 0]
    assert schema.encode(pd.DataFrame({"store_id": [1.0, np.nan]}))["store_id"].tolist() == [2, 0]


def test_a_text_is_never_rewritten() -> None:
    schema = te.infer_schema({"c": ["5", "007", "True"] * 9})
    assert schema.encode({"c": ["5.0", "7", "true", "5", "007", "True"]})["c"].tolist() == [1, 1, 1, 3, 2, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"real": ["a", "b"]}, "column 'real' must hold numbers, however: its type is .*string, first 'a' in row 0"),
        ({"real": [1.0, np.inf]}, "column 'real' must hold finite numbers, however: 1 of 2 are infinite"),
        ({"flag": ["yes", "no"]}, "column 'flag' must hold true and false .* however: 'yes' in row 0"),
        ({"text": [["a"], ["b"]]}, "column 'text' must hold strings, numbers, bools or dates"),
        ({"few": [1, "x"]}, "column 'few' must hold values of one type"),
        ({"when": [None, "soon"]}, "column 'when' must hold dates or times .* however: 'soon' in row 1 isn't one"),
    ],
)
def test_a_column_of_another_kind_is_refused(schema: te.Schema, change: dict[str, Any], message: str) -> None:
    row = {"text": "a", "few": 1, "real": 0.5, "gaps": 0.5, "flag": True, "order_id": 10, "when": "2024-01-01"}
    with pytest.raises(DataError, match=message):
        schema.encode({name: change.get(name, [value, value]) for name, value in row.items()})


def test_one_row_without_anything(schema: te.Schema) -> None:
    encoded = schema.encode(pd.DataFrame({name: [None] for name in schema.features}))
    assert [encoded[name].tolist() for name in ("text", "few", "order_id")] == [[0], [0], [0]]
    assert all(np.isnan(encoded[name]).all() for name in ("real", "gaps", "flag"))
    assert np.isnat(encoded["when"]).all()


def test_no_rows_encode_to_no_rows(schema: te.Schema, frame: pd.DataFrame) -> None:
    assert {array.shape for array in schema.encode(frame[:0]).values()} == {(0,)}


labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@settings(deadline=None)
@given(st.lists(st.none() | labels, min_size=1).filter(any), st.lists(st.none() | labels))
def test_encode_is_the_place_in_the_vocabulary(seen: list[str | None], asked: list[str | None]) -> None:
    kind = te.infer_schema({"c": seen}, kinds={"c": te.Categorical()})["c"]
    ids = te.infer_schema({"c": seen}, kinds={"c": te.Categorical()}).encode({"c": asked})["c"].tolist()
    place = {label: at for at, label in enumerate(kind.labels, 2)}
    assert ids == [place.get(value, 1) if value else 0 for value in asked]


# the target


def test_the_target_encodes_by_itself(schema: te.Schema, frame: pd.DataFrame) -> None:
    np.testing.assert_array_equal(schema.encode_target(frame), frame["y"].to_numpy(np.float32))
    with pytest.raises(LabelError, match="column 'y' is missing from the frame"):
        schema.encode_target(frame.drop(columns="y"))


def test_a_schema_without_target_says_so(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame)
    assert schema.target is None
    for ask in (schema.need_target, lambda: schema.encode_target(frame), lambda: schema.dataset(frame)):
        with pytest.raises(DataError, match="the schema has no target; make it with te.infer_schema"):
            ask()
