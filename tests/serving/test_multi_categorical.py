"""Lists of labels in the exported graph: as Python encodes them, and whole models from raw lists."""

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
from tabembed.serving.raw import raw_input

NASTY = ["a", "b", "\0", "a\0b", "a\nb", " ", "日本", "e\u0301", "🛫", "None", "nan", "%", "x" * 500]
ITEMS = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
LISTS = st.lists(st.lists(ITEMS, max_size=5), min_size=1, max_size=8)


def padded(rows: list[list[Any]], fill: Any, more: int = 0) -> list[list[Any]]:
    width = max(map(len, rows)) + more
    return [[*row, *[fill] * (width - len(row))] for row in rows]


def in_order(ids: np.ndarray) -> list[list[int]]:
    """Return each row's ids without the padding."""
    return [row[row > 0].tolist() for row in ids]


@settings(max_examples=40, deadline=None)
@given(LISTS.filter(lambda rows: any(any(row) for row in rows)), LISTS, st.integers(0, 3))
def test_the_graph_looks_up_what_python_encodes(seen: list[Any], asked: list[Any], more: int) -> None:
    schema = te.infer_schema({"c": seen}, kinds={"c": te.MultiCategorical()})
    raw = raw_input(schema["c"], "c", {"c": "c"})
    assert raw.specs == (tf.TensorSpec((None, None), tf.string, name="c"),)
    for rows in (seen, asked):
        cells = tf.constant(padded(rows, "", more), tf.string, shape=(len(rows), max(map(len, rows)) + more))
        ids = raw.encode(cells)["c"]
        assert ids.dtype == tf.int32
        assert in_order(ids.numpy()) == in_order(schema.inputs({"c": rows})["c"])


@settings(max_examples=40, deadline=None)
@given(LISTS.filter(lambda rows: any(any(row) for row in rows)), LISTS, st.sampled_from(["|", ", ", "🛫", "aa"]))
def test_the_graph_splits_as_python_does(seen: list[Any], asked: list[Any], separator: str) -> None:
    texts = [[separator.join(row) for row in rows] for rows in (seen, [*asked, []])]
    if not any(piece for text in texts[0] for piece in text.split(separator)):
        return
    schema = te.infer_schema({"c": texts[0]}, kinds={"c": te.MultiCategorical(separator=separator)})
    raw = raw_input(schema["c"], "c", {"c": "c"})
    assert raw.specs == (tf.TensorSpec((None,), tf.string, name="c"),)
    for cells in texts:
        ids = raw.encode(tf.constant(cells, tf.string))["c"].numpy()
        assert in_order(ids) == in_order(schema.inputs({"c": cells})["c"])


@pytest.mark.parametrize("separator", [None, "|"])
@pytest.mark.parametrize("weights", [None, "my weight"])
def test_a_model_answers_raw_lists(separator: str | None, weights: str | None, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = [*NASTY, "last"]  # NumPy's own strings would lose "\\0"
    tags = [[labels[at] for at in rng.permutation(len(labels))[: rng.integers(0, 5)]] for _ in range(120)]
    weight = [rng.random(len(row)).astype("float32").round(1).tolist() for row in tags]
    cells = tags if separator is None else [separator.join(row) for row in tags]
    frame = pd.DataFrame({"my tags": cells, "my weight": weight, "km": rng.normal(size=120)})
    frame["y"] = [100.0 * len(row) for row in tags] + frame["km"]
    kinds = {"my weight": te.Ignored(), "my tags": te.MultiCategorical(dim=3, separator=separator, weights=weights)}
    schema = te.infer_schema(frame, "y", kinds=kinds)
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile(te.RowwiseAdam(1e-2), "mse", run_eagerly=True)
    model.fit(schema.dataset(frame, 40), epochs=1, shuffle=False, verbose=0)
    path = te.export(model, schema, tmp_path / "m")
    asked = frame.iloc[:40].reset_index(drop=True)
    asked.at[7, "my tags"] = ["unseen"] if separator is None else "unseen"
    asked.at[7, "my weight"] = [0.5]
    want = np.asarray(model(schema.inputs(asked), training=False))[:, 0]
    near = {"rtol": 0, "atol": 1e-5 * frame["y"].std()}
    np.testing.assert_allclose(te.load(path).predict(asked), want, **near)
    raw: dict[str, Any] = {"km": tf.constant(asked["km"], tf.float32)}
    lists = [list(row) for row in asked["my tags"]] if separator is None else None
    name = schema.input_names["my tags"]
    raw[name] = tf.constant(padded(lists, "", 2), tf.string) if lists else tf.constant(asked["my tags"])
    if weights is not None:
        rows = [list(row) for row in asked["my weight"]]
        raw[schema.input_names["my weight"]] = tf.constant(padded(rows, np.nan, 2), tf.float32)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    assert set(serve.structured_input_signature[1]) == set(raw)
    np.testing.assert_allclose(serve(**raw)["prediction"], want, **near)
    table = te.load(path).tables["my tags"]
    assert list(table.labels) == schema["my tags"].labels
    assert len(table.labels) == len({tag for row in tags for tag in row})
