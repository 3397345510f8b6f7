"""Columns that share one table: one layer, trained by the rows of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io import examples
from tabembed.nn.embedding import RowwiseEmbedding

PLACE = te.Categorical(table="airport")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    flights = examples.flights().dropna(subset="arr_delay")
    columns = ["origin", "dest", "carrier", "distance", "arr_delay"]
    return flights[columns].sample(3_000, random_state=0, ignore_index=True)


@pytest.fixture(scope="module")
def schema(frame: pd.DataFrame) -> te.Schema:
    return te.infer_schema(frame, "arr_delay", kinds={"origin": PLACE, "dest": PLACE})


def train(schema: te.Schema, frame: pd.DataFrame, **options: bool) -> keras.Model:
    model = te.build_model(schema, hidden=(8,), random_state=0)
    model.compile(te.RowwiseAdam(0.01), loss="mse", **options)
    model.fit(schema.dataset(frame, 500), epochs=1, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("jit", [False, True])
def test_one_layer_learns_from_both_columns(schema: te.Schema, frame: pd.DataFrame, jit: bool) -> None:
    before = te.extract_tables(te.build_model(schema, hidden=(8,), random_state=0), schema)
    model = train(schema, frame, jit_compile=jit)
    after = te.extract_tables(model, schema)
    assert after["origin"] is after["dest"]
    assert (after["dest"].name, after["carrier"].name) == ("airport", "carrier")
    assert sum(isinstance(layer, RowwiseEmbedding) for layer in model.layers) == 2
    assert set(after["dest"].labels) == {*frame["origin"], *frame["dest"]}
    moved = np.abs(after["dest"].vectors - before["dest"].vectors).max(axis=1) > 0
    assert moved.all()


def gradient_of(model: keras.Model, inputs: dict[str, tf.Tensor], target: tf.Tensor) -> Callable[[], Any]:
    table = model.get_layer("origin.embedding").embeddings

    def step() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs, training=False) - target) ** 2)
        return tape.gradient(loss, table.value)

    return step


@pytest.mark.parametrize("jit", [False, True])
def test_steps_are_those_of_the_summed_dense_gradient(frame: pd.DataFrame, jit: bool) -> None:
    """Every label is in the batch: then the rows' Adam is Adam over the whole table, fed with one dense gradient."""
    plain = te.Categorical(table="airport", unknown_rate=0, l2=0, dropout=0, dim=4)
    schema = te.infer_schema(frame, "arr_delay", kinds=dict.fromkeys(["origin", "dest"], plain))
    inputs, target = next(iter(schema.dataset(frame, len(frame))))
    found = []
    for optimizer, dense in ((te.RowwiseAdam(0.01), False), (keras.optimizers.Adam(0.01), True)):
        model = te.build_model(schema, hidden=(8,), dropout=0, random_state=0)
        table = model.get_layer("origin.embedding").embeddings
        optimizer.build([table])
        run = tf.function(gradient_of(model, inputs, target), jit_compile=jit and not dense)
        for _ in range(3):
            gradient = run()
            optimizer.apply([tf.convert_to_tensor(gradient) if dense else gradient], [table])
        found.append(table.numpy())
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_the_prior_weighs_a_label_by_the_cells_of_both_columns(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema)
    weights = [model.get_layer(f"{name}.prior").get_weights()[0] for name in ("origin", "dest")]
    assert np.array_equal(*weights)
    both = pd.concat([frame["origin"], frame["dest"]]).value_counts()
    labels = schema["dest"].labels
    np.testing.assert_allclose(1 / weights[0][2:], both[labels], rtol=1e-6)


@pytest.mark.usefixtures("eagerly")
def test_it_saves_and_exports(schema: te.Schema, frame: pd.DataFrame, tmp_path: Path) -> None:
    model = train(schema, frame)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    inputs = schema.inputs(frame[:50])
    np.testing.assert_allclose(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0), rtol=1e-5)
    assert te.extract_tables(again, schema)["origin"] == te.extract_tables(model, schema)["dest"]


def test_an_estimator_serves_it(frame: pd.DataFrame, tmp_path: Path) -> None:
    X, y = frame.drop(columns="arr_delay"), frame["arr_delay"]
    est = te.TabularRegressor(preset="fast", kinds={"origin": PLACE, "dest": PLACE}, epochs=1, random_state=0).fit(X, y)
    served = te.load(te.export(est.model_, est.schema_, tmp_path / "served"))
    assert served.tables["origin"] is served.tables["dest"]
    swapped = X[:50].assign(origin=X["dest"], dest=X["origin"])
    for rows in (X[:50], swapped):
        np.testing.assert_allclose(served.predict(rows), est.predict(rows), rtol=1e-4, atol=1e-4)


def test_a_frozen_column_freezes_the_table(schema: te.Schema) -> None:
    model = te.build_model(schema, freeze="dest")
    assert not model.get_layer("origin.embedding").trainable


def test_a_warm_start_of_a_grown_vocabulary(frame: pd.DataFrame, schema: te.Schema) -> None:
    old = te.extract_tables(te.build_model(schema, random_state=0), schema)["dest"]
    rows = pd.DataFrame({"origin": ["NEW", "NEW"], "dest": ["ODD", "ODD"], "carrier": "UA", "arr_delay": [1.0, 2.0]})
    more = pd.concat([frame, rows.assign(distance=9)], ignore_index=True)
    wider = te.infer_schema(more, "arr_delay", kinds={"origin": PLACE, "dest": PLACE})
    grown = old.grow({"NEW": ["JFK", "LGA"]})
    for init in ({"origin": grown}, {"dest": grown}, {"origin": grown, "dest": grown}):
        started = te.extract_tables(te.build_model(wider, init=init), wider)["dest"]
        assert np.array_equal(started.lookup(list(old.labels)), old.vectors)
        assert np.array_equal(started["NEW"], old.mean(["JFK", "LGA"]))
        assert np.array_equal(started["ODD"], old.unknown)


def test_two_tables_for_one_are_refused(schema: te.Schema) -> None:
    one = te.extract_tables(te.build_model(schema, random_state=0), schema)["dest"]
    two = one.replace(vectors=one.vectors + 1)
    with pytest.raises(te.DataError, match="'dest' and 'origin' share table 'airport' and must start from one table"):
        te.build_model(schema, init={"origin": one, "dest": two})
