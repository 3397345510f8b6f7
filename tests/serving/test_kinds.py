"""Every column kind has its three faces, and the graph looks labels up as Python encodes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.nn.branches import BRANCHES
from tabembed.schema.boolean import SPELLINGS
from tabembed.schema.kinds import KINDS
from tabembed.serving.raw import RAW_KINDS, raw_input

labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NASTY = [
    "\0", "a\0b", "a\nb", "\r\n", " ", "  a", "a ", "x" * 5_000, "日本", "é", "e\u0301", "\ufeff",
    "%", "\\", "'", '"', "🛫", "None", "nan", "0", "[UNK]",
]  # fmt: skip
columns = st.lists(st.none() | labels, min_size=1, max_size=9)


def test_every_kind_has_three_faces() -> None:
    seen = {kind for key, kind in KINDS.items() if key != "ignored"}
    assert set(BRANCHES) == seen
    assert set(RAW_KINDS) == seen
    assert [kind.key for kind in KINDS.values()] == list(KINDS)


def graph_ids(schema: te.Schema, values: list[str | None]) -> list[int]:
    raw = raw_input(schema["c"], "c", {"c": "c"})
    assert raw.specs == (tf.TensorSpec((None,), tf.string, name="c"),)
    ids = raw.encode(tf.constant([value or "" for value in values], tf.string))["c"]
    assert ids.dtype == tf.int32
    return ids.numpy()[:, 0].tolist()


@settings(max_examples=60, deadline=None)
@given(columns.filter(any), columns, st.integers(1, 2))
def test_the_graph_looks_up_what_python_encodes(
    seen: list[str | None], asked: list[str | None], min_count: int
) -> None:
    schema = te.infer_schema({"c": seen}, kinds={"c": te.Categorical(min_count=min_count)})
    values = [*seen, *asked]
    assert graph_ids(schema, values) == schema.encode({"c": values})["c"].tolist()


@pytest.mark.parametrize(
    "values", [[1, 2, 2**60], [0.5, 1.0, 1e-7], [True, False], list(pd.date_range("2024", periods=3))]
)
def test_the_graph_takes_the_labels_of_other_types(values: list[Any]) -> None:
    schema = te.infer_schema({"c": values}, kinds={"c": te.Categorical()})
    assert graph_ids(schema, schema["c"].labels) == [2, 3, 4][: len(values)]
    assert sorted(schema.encode({"c": values})["c"].tolist()) == [2, 3, 4][: len(values)]


def test_bools_are_spelled_alike() -> None:
    schema = te.infer_schema({"c": [True, False, None]})
    words = [*SPELLINGS, ""]
    raw = raw_input(schema["c"], "c", {"c": "c"})
    np.testing.assert_array_equal(raw.encode(tf.constant(words))["c"][:, 0], schema.encode({"c": words})["c"])
    assert np.isnan(raw.encode(tf.constant(["yes"]))["c"]).all()


def test_numbers_pass_as_they_are() -> None:
    schema = te.infer_schema({"c": [0.5, 1.5, None]})
    raw = raw_input(schema["c"], "c", {"c": "km"})
    assert raw.specs == (tf.TensorSpec((None,), tf.float32, name="km"),)
    np.testing.assert_array_equal(raw.encode(tf.constant([0.5, np.nan]))["km"], np.float32([[0.5], [np.nan]]))


def test_nasty_labels_through_a_whole_model(tmp_path: Path) -> None:
    frame = pd.DataFrame({"c": NASTY * 2, "y": np.arange(2 * len(NASTY)) / 2})
    schema = te.infer_schema(frame, "y", kinds={"c": te.Categorical(dim=3)})
    model = te.build_model(schema, random_state=0, hidden=(4,))
    rows = model.get_layer("c.embedding")
    rows.set_weights([np.random.default_rng(0).normal(size=rows.embeddings.shape)])
    path = te.export(model, schema, tmp_path / "m")
    want = np.asarray(model(schema.inputs(frame), training=False))[:, 0]
    assert len(set(want.tolist())) == len(NASTY)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    np.testing.assert_allclose(serve(c=tf.constant(NASTY * 2))["prediction"], want, rtol=1e-6)
    served = te.load(path)
    np.testing.assert_allclose(served.predict(frame), want, rtol=1e-6)
    assert list(served.tables["c"].labels) == schema["c"].labels
