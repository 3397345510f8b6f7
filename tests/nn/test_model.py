"""``build_model``: what is in it, what comes out of it, and that it is the user's to train."""

from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.traced_once import TabularModel


def of_type(model: keras.Model, kind: type) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def predict(model: keras.Model, schema: te.Schema, frame: pd.DataFrame) -> np.ndarray:
    return np.asarray(model(schema.inputs(frame), training=False))


def same_weights(one: keras.Model, other: keras.Model) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_the_layers(schema: te.Schema) -> None:
    model = te.build_model(schema)
    assert type(model) is TabularModel
    assert isinstance(model, type(keras.Model(model.inputs, model.outputs)))  # functional
    inputs = of_type(model, keras.layers.InputLayer)
    assert {layer.name for layer in inputs} == set(schema.input_names.values())
    assert all(layer.batch_shape == (None, 1) for layer in inputs)
    categorical = [name for name, kind in schema.features.items() if isinstance(kind, te.Categorical)]
    assert categorical == ["city", "my state"]
    embeddings = of_type(model, keras.layers.Embedding)
    assert [layer.name for layer in embeddings] == [f"{schema.input_names[name]}.embedding" for name in categorical]
    assert all(isinstance(layer, te.RowwiseEmbedding) for layer in embeddings)
    sizes = [(layer.input_dim, layer.output_dim) for layer in embeddings]
    assert sizes == [(schema[name].size, schema[name].dim) for name in categorical]
    assert len(of_type(model, keras.layers.Flatten)) == len(categorical)
    (joined,) = of_type(model, keras.layers.Concatenate)
    widths = sum(schema[name].dim for name in categorical) + 1 + 2 + 1
    assert joined.output.shape == (None, widths), "km, gaps with its indicator, flag"


@pytest.mark.parametrize("column", ["city", "km", "gaps", "flag"])
def test_a_single_column_has_the_same_layers(frame: pd.DataFrame, column: str) -> None:
    schema = te.infer_schema(frame[[column, "y"]], "y")
    model = te.build_model(schema, hidden=(4,))
    assert len(of_type(model, keras.layers.Concatenate)) == 1
    assert (
        len(of_type(model, keras.layers.Embedding)) == len(of_type(model, keras.layers.Flatten)) == (column == "city")
    )
    assert predict(model, schema, frame[:3]).shape == (3, 1)


@pytest.mark.parametrize(("target", "width"), [("y", 1), ("two", 1), ("three", 3)])
def test_the_output_fits_the_task(frame: pd.DataFrame, features: list[str], target: str, width: int) -> None:
    schema = te.infer_schema(frame[[*features, target]], target)
    model = te.build_model(schema, random_state=0)
    output = predict(model, schema, frame)
    assert output.shape == (300, width)
    assert output.dtype == np.float32
    wanted = schema.need_target()
    if target == "y":
        assert abs(output.mean() - frame["y"].mean()) < wanted.scale, "an untrained model is near the mean"
        assert output.std() < 2 * wanted.scale
    else:
        assert (output >= 0).all()
        assert (output <= 1).all()
        shares = frame[target].value_counts(normalize=True).sort_index().to_numpy()
        np.testing.assert_allclose(output.mean(axis=0), shares[-width:], atol=0.15)
    if width == 3:
        np.testing.assert_allclose(output.sum(axis=1), 1, atol=1e-6)
    model.compile(te.RowwiseAdam(1e-3), wanted.loss, metrics=wanted.metrics)
    model.evaluate(schema.dataset(frame), verbose=0)


def test_a_multiclass_target_never_becomes_one_sigmoid(frame: pd.DataFrame) -> None:
    for values in (frame["three"], frame["three"].map({"x": 0, "y": 1, "z": 2})):
        schema = te.infer_schema(frame[["city"]].assign(label=values), "label")
        assert te.build_model(schema).output.shape == (None, 3)


@pytest.mark.parametrize(("shift", "factor"), [(0, 1e-3), (-5e4, 1), (1e6, 1e5)])
def test_the_scale_of_the_target_stands_in_the_output(frame: pd.DataFrame, shift: float, factor: float) -> None:
    moved = frame[["city", "km"]].assign(y=(frame["y"] - 1_000) * factor + shift)
    schema = te.infer_schema(moved, "y")
    target = schema.need_target()
    output = predict(te.build_model(schema, random_state=0), schema, moved)
    base = te.infer_schema(frame[["city", "km", "y"]], "y")
    want = predict(te.build_model(base, random_state=0), base, frame)
    want = (want - base.need_target().mean) / base.need_target().scale
    np.testing.assert_allclose((output - target.mean) / target.scale, want, atol=1e-3)


def test_missing_and_unknown_cells_give_finite_values(schema: te.Schema) -> None:
    model = te.build_model(schema)
    rows = pd.DataFrame(
        {"city": [None, "new"], "my state": [None, 99], "km": [None, 1e30], "gaps": [None, -1e30], "flag": None}
    )
    assert np.isfinite(predict(model, schema, rows)).all()


# seeds


def test_a_seed_repeats_the_weights(schema: te.Schema) -> None:
    one, same, other, fresh = (te.build_model(schema, random_state=seed) for seed in (3, 3, 4, None))
    assert same_weights(one, same)
    assert not same_weights(one, other)
    assert not same_weights(fresh, te.build_model(schema))
    assert same_weights(one, te.build_model(schema, random_state=np.int64(3)))


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_a_random_state_object_is_drawn_from(schema: te.Schema, make: Any) -> None:
    generator = make(5)
    first, second = (te.build_model(schema, random_state=generator) for _ in range(2))
    assert same_weights(first, te.build_model(schema, random_state=make(5)))
    assert not same_weights(first, second)


@pytest.mark.usefixtures("eagerly")
def test_the_global_random_state_is_neither_read_nor_changed(schema: te.Schema, frame: pd.DataFrame) -> None:
    def train() -> keras.Model:
        model = te.build_model(schema, random_state=0, hidden=(8,))
        model.compile(te.RowwiseAdam(1e-2), "mse")
        model.fit(schema.dataset(frame, 100, shuffle=True, seed=1), epochs=2, shuffle=False, verbose=0)
        return model

    keras.utils.set_random_seed(1)
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global state is what this is about
    first = train()
    assert random.getstate() == python
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), numpy, strict=True))  # noqa: NPY002
    drawn = keras.random.normal((3,)).numpy()
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(keras.random.normal((3,)).numpy(), drawn)
    keras.utils.set_random_seed(2)
    assert same_weights(train(), first)


# by hand


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rowwise"])
def test_it_trains_with_any_optimizer(schema: te.Schema, frame: pd.DataFrame, optimizer: str) -> None:
    model = te.build_model(schema, random_state=0, hidden=(16,))
    step = (
        te.RowwiseAdam(1e-2)
        if optimizer == "rowwise"
        else keras.optimizers.get({"adam": "adam", "sgd": "sgd"}[optimizer])
    )
    model.compile(step, "mse", loss_weights=1 / schema.need_target().scale ** 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(schema.dataset(frame, 32, shuffle=True, seed=0), epochs=4, shuffle=False, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < losses[0]


def test_it_trains_on_plain_arrays(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema, hidden=(4,))
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(schema.inputs(frame), schema.encode_target(frame), batch_size=100, verbose=0)


@pytest.mark.usefixtures("eagerly")
def test_it_takes_every_callback(schema: te.Schema, frame: pd.DataFrame, tmp_path: Path) -> None:
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile("adam", "mse", metrics=["mae", "R2Score"])
    best = tmp_path / "best.keras"
    history = model.fit(
        schema.dataset(frame[:200], 50, shuffle=True),
        validation_data=schema.dataset(frame[200:], 50),
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(best, "val_loss", save_best_only=True),
            keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
            keras.callbacks.TensorBoard(tmp_path / "logs", histogram_freq=0),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            keras.callbacks.ReduceLROnPlateau("val_loss"),
        ],
    )
    assert "val_R2Score" in history.history
    assert list((tmp_path / "logs").glob("train/*tfevents*"))
    again = keras.saving.load_model(best)
    assert predict(again, schema, frame).shape == (300, 1)


def test_it_is_saved_and_loaded_by_keras(frame: pd.DataFrame, features: list[str], tmp_path: Path) -> None:
    for target in ("y", "two", "three"):
        schema = te.infer_schema(frame[[*features, target]], target)
        model = te.build_model(schema, hidden=(8,))
        if target == "y":
            model.compile(te.RowwiseAdam(1e-3), "mse", run_eagerly=True)
            model.fit(schema.dataset(frame), shuffle=False, verbose=0)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(predict(again, schema, frame), predict(model, schema, frame))
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
        if target == "y":
            again.fit(schema.dataset(frame), shuffle=False, verbose=0)


def test_two_branches_can_be_read_back_separately(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema)
    inputs = schema.inputs(frame)
    for name in ("city", "my state"):
        safe = schema.input_names[name]
        branch = keras.Model(model.get_layer(safe).output, model.get_layer(f"{safe}.flatten").output)
        rows = branch.predict(inputs[safe], verbose=0)
        np.testing.assert_array_equal(rows, model.get_layer(f"{safe}.embedding").get_weights()[0][inputs[safe][:, 0]])


def test_the_summary_reads_like_the_schema(schema: te.Schema) -> None:
    lines: list[str] = []
    te.build_model(schema).summary(line_length=140, print_fn=lambda line, **_: lines.append(line))
    text = "\n".join(lines)
    for name in [
        *schema.input_names.values(),
        "city.embedding",
        "km.standardize",
        "network.concatenate",
        "mlp.dense_1",
        "head",
    ]:
        assert name in text


def test_mixed_precision_keeps_the_values(schema: te.Schema, frame: pd.DataFrame) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = te.build_model(schema, random_state=0)
    finally:
        keras.config.set_dtype_policy("float32")
    full = te.build_model(schema, random_state=0)
    scale = schema.need_target().scale
    for rows in (frame, frame.assign(km=frame["km"] * 1e4)):
        output = predict(model, schema, rows)
        assert output.dtype == np.float32
        assert np.isfinite(output).all()
    np.testing.assert_allclose(predict(model, schema, frame), predict(full, schema, frame), atol=0.05 * scale)


# refusals


def test_what_cant_be_built_is_refused(schema: te.Schema, frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="the schema has no target; make it with te.infer_schema"):
        te.build_model(te.infer_schema(frame[["city"]]))
    with pytest.raises(DataError, match="the schema has no column to learn from: every one is set aside"):
        te.build_model(te.infer_schema(frame[["city", "y"]], "y", kinds={"city": te.Ignored()}))
    with pytest.raises(DataError, match="`network` must be one of .*mlp.*, however: network='nothing'"):
        te.build_model(schema, "nothing")
    with pytest.raises(DataError, match="network 'mlp' takes .*dropout.*hidden.*, however: layers=3"):
        te.build_model(schema, layers=3)
    for hidden in ((0,), (8, -1), (8.0,), (True,)):
        with pytest.raises(DataError, match="`hidden` must be whole numbers of 1 or more, however: hidden="):
            te.build_model(schema, hidden=hidden)
    for dropout in (1.0, -0.1):
        with pytest.raises(DataError, match=r"`dropout` must be in \[0, 1\), however: dropout="):
            te.build_model(schema, dropout=dropout)
    for seed in (-1, 0.5, "0", True):
        with pytest.raises(DataError, match="`random_state` must be None or a whole number of 0 or more, however: "):
            te.build_model(schema, random_state=seed)


def test_no_hidden_layer_and_no_dropout(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema, hidden=(), dropout=0.0)
    assert not of_type(model, keras.layers.Dropout)
    assert len(of_type(model, keras.layers.Dense)) == 1
    assert predict(model, schema, frame).shape == (300, 1)
