"""A sequence from raw lists in the graph: as in Python, exported and reloaded."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import to_arrow
from tabembed.schema.sequence import CELLS
from tabembed.serving.raw import raw_input

NASTY = ["\0", "a\0b", "\r\n", " ", "日本", "e\u0301", "%", "'", '"', "None", "nan", "[UNK]", "x" * 3_000]
labels = (
    st.none() | st.sampled_from(["a", "b", "", *NASTY]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
bools = st.sampled_from(["True", "0", "", None])
steps = st.lists(st.tuples(labels, st.none() | st.floats(-1e9, 1e9, width=32), bools), max_size=4)
rows_of = st.lists(steps, min_size=1, max_size=6)
TYPES = {"my past": pa.string(), "past_km": pa.float32(), "past_late": pa.string()}


def table_of(rows: list[list[tuple[Any, ...]]]) -> pa.Table:
    cells = {name: [[step[at] for step in row] for row in rows] for at, name in enumerate(TYPES)}
    return pa.table({name: pa.array(lists, pa.list_(TYPES[name])) for name, lists in cells.items()})


def raw(table: pa.Table, safe: Any, wider: int = 0) -> dict[str, tf.Tensor]:
    """Return the lists as the signature takes them, right-padded."""
    tensors = {}
    for name, kind in TYPES.items():
        rows: list[list[Any]] = [list(row or []) for row in table.column(name).to_pylist()]
        fill: Any = "" if kind == pa.string() else np.nan
        wide = max(map(len, rows)) + wider
        cells = [[fill if v is None else v for v in row] + [fill] * (wide - len(row)) for row in rows]
        dtype = tf.string if kind == pa.string() else tf.float32
        tensors[safe[name]] = tf.reshape(tf.constant(cells, dtype), (len(rows), wide))
    return tensors


def kind_of() -> te.Sequence:
    return te.Sequence({"my past": te.Categorical(dim=3), "past_km": te.Numeric(), "past_late": te.Boolean()})


SEEN = table_of([[("a", 0.5, "True"), ("b", 1.5, "0"), *((text, None, "True") for text in NASTY)], []])


@settings(max_examples=40, deadline=None)
@given(rows_of, st.integers(0, 2))
def test_the_graph_encodes_as_python_does(rows: list[Any], wider: int) -> None:
    schema = te.infer_schema(SEEN, kinds={"history": kind_of()})
    column = raw_input(schema["history"], "history", schema.input_names)
    assert [(spec.name, spec.dtype, spec.shape.rank) for spec in column.specs] == [
        (schema.input_names[name], tf.string if kind == pa.string() else tf.float32, 2) for name, kind in TYPES.items()
    ]
    table = table_of(rows)
    found = column.encode(*raw(table, schema.input_names, wider).values())
    for name, want in schema.inputs(table).items():
        assert found[name].dtype.as_numpy_dtype == want.dtype
        np.testing.assert_array_equal(found[name].numpy()[:, : want.shape[1]], want)


ONCE = {("lstm", "regression"), ("gru", "regression"), ("attention", "binary")}
"""Each cell with one task; the others wait for `make test-all`."""


@pytest.mark.parametrize(
    ("cell", "task"),
    [
        pytest.param(*pair, marks=() if pair in ONCE else pytest.mark.slow)
        for pair in itertools.product(CELLS, ["regression", "binary"])
    ],
)
@pytest.mark.usefixtures("eagerly")
def test_trained_exported_and_reloaded(cell: str, task: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pool = ["a", "b", "", *NASTY]
    rows = [
        [(str(rng.choice(pool)), float(v), "True" if v > 0 else None) for v in rng.normal(size=rng.integers(0, 4))]
        for _ in range(60)
    ]
    y = rng.normal(size=60) * 30 if task == "regression" else np.where(rng.random(60) < 0.5, "yes", "no")
    table = table_of(rows).append_column("y", pa.array(y)).append_column("city", pa.array(["x", "y", "z"] * 20))
    kind = te.Sequence(kind_of().steps, cell=cell, units=4)
    make = te.TabularRegressor if task == "regression" else te.TabularClassifier
    model = make(kinds={"history": kind}, epochs=2, random_state=0, verbose=0).fit(table.drop_columns(["y"]), y)
    path = model.export(tmp_path / "model")
    served = te.load(tmp_path / "model")
    answer = model.predict if task == "regression" else model.predict_proba
    mine = served.predict if task == "regression" else served.predict_proba
    want = answer(table.drop_columns(["y"]))
    np.testing.assert_allclose(mine(table), want, atol=1e-5 * 30 if task == "regression" else 1e-6)
    np.testing.assert_allclose(mine(table[:1]), want[:1], atol=1e-5 * 30)
    assert list(served.tables) == ["city", "my past"]
    assert list(served.tables["my past"].labels) == list(model.tables_["my past"].labels)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    for wider in (0, 3):
        given = {"city": tf.constant(["x", "y", "z"] * 20), **raw(table, served.schema.input_names, wider)}
        output = serve(**given)["prediction" if task == "regression" else "probabilities"]
        np.testing.assert_allclose(output, want, atol=1e-5 * 30 if task == "regression" else 1e-6)


def test_no_row_has_a_history(tmp_path: Path) -> None:
    table = to_arrow({"my past": [["a"], ["b", "a"]], "past_km": [[1.0], [2.0, 3.0]], "past_late": [["1"], ["0", "1"]]})
    schema = te.infer_schema(table.append_column("y", pa.array([0.5, 1.5])), "y", kinds={"history": kind_of()})
    model = te.build_model(schema, random_state=0)
    te.export(model, schema, tmp_path / "model")
    empty = {name: [[], None] for name in TYPES}
    want = np.asarray(model(schema.inputs(empty), training=False))[:, 0]
    np.testing.assert_allclose(te.load(tmp_path / "model").predict(empty), want, atol=1e-6)
