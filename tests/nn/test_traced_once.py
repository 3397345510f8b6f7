"""A model whose steps are traced once trains, and judges, as Keras' own does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.nn.traced_once import TabularModel

ROWS = 22
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]]).astype("float32")
both = pytest.mark.parametrize("kind", [keras.Model, TabularModel], ids=["by Keras", "traced once"])


def make_model(kind: type[keras.Model], **compiling: Any) -> keras.Model:
    """Return a network with dropout and two metrics, compiled."""
    rows = keras.Input((3,))
    hidden = keras.layers.Dropout(0.3, seed=1)(keras.layers.Dense(4, "tanh", kernel_initializer=seeded(2))(rows))
    model = kind(rows, keras.layers.Dense(1, kernel_initializer=seeded(3))(hidden))
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"], **compiling)
    return model


def seeded(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed)


def batches(rows: int = ROWS, size: int = 4) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((X[:rows], Y[:rows])).batch(size)


@pytest.mark.parametrize(
    ("together", "compiled"), [(1, False), (2, False), (4, False), (16, False), (4, True)], ids=str
)
def test_it_trains_and_judges_as_keras_does(together: int, compiled: bool) -> None:
    theirs, ours = (
        make_model(kind, steps_per_execution=together, jit_compile=compiled) for kind in (keras.Model, TabularModel)
    )
    # Six batches, the last of two rows: calls of 4 and of 16 steps end early.
    history, expected = (
        model.fit(batches(), epochs=3, shuffle=False, verbose=0, validation_data=batches(10))
        for model in (ours, theirs)
    )
    assert history.history.keys() == {"loss", "mae", "val_loss", "val_mae"}
    for name, values in expected.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-5)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)
    assert int(ours.optimizer.iterations) == 18


class Costs(keras.layers.Layer):
    """Adds losses of every kind: a number, one of each row, and a whole number, which Keras casts."""

    def call(self, values: Any) -> Any:
        """Return the values."""
        self.add_loss(0.1 * keras.ops.mean(keras.ops.square(values)))
        self.add_loss(0.01 * keras.ops.abs(values))
        self.add_loss(tf.constant(2))
        return values


def test_what_layers_add_to_the_loss_is_added() -> None:
    histories = []
    for kind in (keras.Model, TabularModel):
        rows = keras.Input((3,))
        dense = keras.layers.Dense(1, kernel_initializer=seeded(3), kernel_regularizer=keras.regularizers.L2(0.1))
        model = kind(rows, Costs()(dense(rows)))
        model.compile(keras.optimizers.Adam(0.1), "mse")
        histories.append(model.fit(batches(), epochs=3, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*histories, rtol=1e-6)
    assert min(histories[0]) > 2


def test_no_batch_is_lost_between_calls() -> None:
    # Epochs of six steps, four a call, from one iterator without an end.
    theirs, ours = (make_model(kind, steps_per_execution=4) for kind in (keras.Model, TabularModel))
    for model in (theirs, ours):
        model.fit(batches().repeat(), epochs=2, steps_per_epoch=6, shuffle=False, verbose=0)
    assert int(ours.optimizer.iterations) == int(theirs.optimizer.iterations)
    np.testing.assert_allclose(ours.get_weights()[0], theirs.get_weights()[0], rtol=1e-4)


class Deep(TabularModel):
    """Keeps how many graphs its train step stands in."""

    depth = 0

    def train_step(self, data: Any) -> Any:
        graph, self.depth = tf.compat.v1.get_default_graph(), 0
        while isinstance(graph, tf.__internal__.FuncGraph):
            graph, self.depth = graph.outer_graph, self.depth + 1
        return super().train_step(data)


def test_its_step_stands_in_the_loop_of_one_function() -> None:
    model = make_model(Deep, steps_per_execution=4)
    model.fit(batches(), shuffle=False, verbose=0)
    assert model.depth == 2


def test_many_models_give_no_warning_of_retracing(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(6):
        make_model(TabularModel).fit(batches(), shuffle=False, verbose=0)
    assert "retracing" not in caplog.text


@both
def test_rows_with_weights_and_without(kind: type[keras.Model]) -> None:
    model, weighed = make_model(kind), make_model(kind)
    model.fit(X, Y, batch_size=8, verbose=0, shuffle=False)
    weighed.fit(X, Y, batch_size=8, verbose=0, shuffle=False, sample_weight=np.full(ROWS, 2.0))
    assert not np.allclose(model.get_weights()[0], weighed.get_weights()[0], rtol=1e-5)


@both
def test_single_batches_and_eager_steps(kind: type[keras.Model]) -> None:
    model = make_model(kind)
    first = model.train_on_batch(X, Y)[0]
    assert model.train_on_batch(X, Y)[0] < first
    assert model.test_on_batch(X, Y, return_dict=True).keys() == {"loss", "mae"}
    eager = make_model(kind, run_eagerly=True)
    eager.fit(X, Y, batch_size=8, verbose=0)
    assert np.isfinite(eager.evaluate(X, Y, verbose=0)).all()


@both
def test_unrolled_steps_are_left_to_keras(kind: type[keras.Model]) -> None:
    model = make_model(kind, steps_per_execution=4)
    model.unrolled_steps_per_execution = 2
    model.fit(batches(), shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 6


@both
def test_data_that_end_before_their_first_batch_leave_the_model_as_it_is(kind: type[keras.Model]) -> None:
    model = make_model(kind)
    before = model.get_weights()[0]
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(batches().filter(lambda *_: False), steps_per_epoch=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_compiling_anew_traces_anew() -> None:
    model = make_model(TabularModel)
    model.fit(batches(), shuffle=False, verbose=0)
    before = model.get_weights()[0]
    model.compile(keras.optimizers.SGD(0.0), "mae")
    model.fit(batches(), shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_a_model_of_a_schema_is_one_and_comes_back_as_one(tmp_path: Path) -> None:
    df = pd.DataFrame({"color": ["red", "blue"] * 20, "y": [1.0, 0.0] * 20})
    schema = te.infer_schema(df, "y")
    model = te.build_model(schema, random_state=0)
    model.compile(te.RowwiseAdam(0.01), "mse")
    model.fit(schema.dataset(df, 8), shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(model) is type(again) is TabularModel
    copy = keras.models.clone_model(model)
    assert isinstance(copy, keras.Model)
    loss = model.evaluate(schema.dataset(df, 8), verbose=0)
    assert again.evaluate(schema.dataset(df, 8), verbose=0) == pytest.approx(loss)
    again.fit(schema.dataset(df, 8), shuffle=False, verbose=0)
    assert int(again.optimizer.iterations) == 10
