"""A crossed column through a model: alone, trained, exported, extracted and warm-started."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.serving.raw import raw_input

cells = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="c") | st.sampled_from("|\\"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=9), st.booleans())
def test_the_graph_looks_up_what_python_encodes(rows: list[tuple[str | None, str | None]], hashed: bool) -> None:
    frame = {"a": [*[row[0] for row in rows], "x"], "b": [*[row[1] for row in rows], "y"]}
    kind = te.Cross("a", "b", hash_buckets=50) if hashed else te.Cross("a", "b")
    schema = te.infer_schema(frame, kinds={"x": kind, "a": te.Ignored(), "b": te.Ignored()})
    raw = raw_input(schema["x"], "x", schema.input_names)
    assert [spec.name for spec in raw.specs] == ["a", "b"]
    asked = {"a": [*frame["a"], "|", "c", None], "b": [*frame["b"], "\\", "d", "y"]}
    ids = raw.encode(*(tf.constant([cell or "" for cell in asked[name]]) for name in "ab"))["x"]
    assert ids[:, 0].numpy().tolist() == schema.encode(asked)["x"].tolist()


@pytest.mark.parametrize("sources", [{}, {"from|": te.Ignored(), "to": te.Ignored()}], ids=["beside", "alone"])
def test_a_cross_trains_exports_and_agrees(sources: dict[str, te.Ignored], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"from|": rng.choice(["JFK", "B|S", "\\"], 200), "to": rng.integers(1, 4, 200)})
    frame["y"] = (frame["from|"] == "JFK") * 9.5 * (frame["to"] == 2) + rng.normal(size=200)
    frame.loc[::11, "from|"] = None
    schema = te.infer_schema(frame, "y", kinds={"my route": te.Cross("from|", "to"), **sources})
    model = te.build_model(schema, random_state=0, hidden=(4,))
    model.compile(te.RowwiseAdam(1e-2), "mse", jit_compile=True)
    model.fit(schema.dataset(frame, 100), epochs=1, shuffle=False, verbose=0)
    want = model(schema.inputs(frame), training=False).numpy()[:, 0]
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(schema.inputs(frame), training=False)[:, 0], want)
    path = te.export(model, schema, tmp_path / "m")
    served, near = te.load(path), 1e-5 * max(1, frame["y"].std())
    np.testing.assert_allclose(served.predict(frame), want, rtol=0, atol=near)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    raw = {
        schema.input_names["from|"]: tf.constant(frame["from|"].fillna("").tolist()),
        "to": tf.constant(frame["to"].astype(str).tolist()),
    }
    np.testing.assert_allclose(serve(**raw)["prediction"], want, rtol=0, atol=near)
    table = served.tables["my route"]
    assert list(table.labels) == schema["my route"].labels  # type: ignore[attr-defined]
    assert "B\\|S|2" in table
    warm = te.build_model(schema, init={"my route": table})
    np.testing.assert_array_equal(te.extract_tables(warm, schema)["my route"].vectors, table.vectors)
