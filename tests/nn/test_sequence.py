"""The branch of a sequence: steps, masks, states, tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError, to_arrow
from tabembed.nn.branches import prior_weights
from tabembed.nn.grow import grow_model
from tabembed.nn.row_prior import RowPrior
from tabembed.nn.steps import FoldSteps, StartState, StepAttention, StepInputs, UnfoldSteps
from tabembed.schema.sequence import CELLS
from tabembed.schema.shared import whole_column

STEPS = {"past city": te.Categorical(table="city", dim=3), "past_km": te.Numeric(), "past_late": te.Boolean()}


def make_frame(rows: int = 200) -> pd.DataFrame:
    """Return rows whose target is the sum of the last two steps' numbers and cities."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 6, rows)
    cities = [rng.choice(["a", "b", "c"], n).tolist() for n in lengths]
    numbers = [[None if rng.random() < 0.2 else float(v) for v in rng.normal(size=n).round(2)] for n in lengths]
    late = [(rng.random(n) < 0.5).tolist() for n in lengths]
    effect = {"a": -1.0, "b": 0.0, "c": 2.0}
    last = [zip(km[-2:], city[-2:], strict=True) for km, city in zip(numbers, cities, strict=True)]
    y = [sum((number or 0) + effect[label] for number, label in steps) for steps in last]
    return pd.DataFrame(
        {"city": rng.choice(["a", "b", "d"], rows), "past city": cities, "past_km": numbers, "past_late": late, "y": y}
    )


FRAME = make_frame()


def make_schema(cell: str = "lstm", **options: Any) -> te.Schema:
    history = te.Sequence(STEPS, cell=cell, units=5, **options)
    return te.infer_schema(FRAME, "y", kinds={"city": te.Categorical(table="city", dim=3), "history": history})


def make_model(schema: te.Schema, seed: int = 0) -> keras.Model:
    return te.build_model(schema, random_state=seed, hidden=(6,))


def fitted(schema: te.Schema, epochs: int = 1, **options: Any) -> keras.Model:
    model = te.build_model(schema, random_state=0, hidden=(16,), **options)
    model.compile(te.RowwiseAdam(0.02), "mse")
    model.fit(schema.dataset(FRAME, 32, shuffle=True, seed=0), epochs=epochs, verbose=0, shuffle=False)
    return model


@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_nothing(cell: str) -> None:
    schema = make_schema(cell)
    model = make_model(schema)
    inputs = schema.inputs(FRAME)
    want = model(inputs, training=False).numpy()
    assert np.ptp(want) > 0.01
    for more in (1, 7):
        padded = {
            name: np.pad(v, [(0, 0), (0, more)], constant_values=0 if v.dtype.kind == "i" else np.nan)
            if name != "city"
            else v
            for name, v in inputs.items()
        }
        np.testing.assert_allclose(model(padded, training=False), want, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_row_is_answered_alike_alone_and_among_others(cell: str) -> None:
    schema = make_schema(cell)
    model = make_model(schema)
    want = model(schema.inputs(FRAME), training=False).numpy()
    empty = FRAME["past_km"].map(len) == 0
    for rows in (FRAME[:1], FRAME[empty], FRAME[~empty][:3]):
        found = model(schema.inputs(rows), training=False)
        np.testing.assert_allclose(found, want[rows.index], atol=1e-6)


def test_no_history_has_a_state_of_its_own() -> None:
    schema = make_schema()
    model = make_model(schema)
    branch = keras.Model(model.input, model.get_layer("history.start").output)
    inputs = schema.inputs(FRAME)
    empty = (FRAME["past_km"].map(len) == 0).to_numpy()
    assert (np.asarray(branch(inputs))[empty] == 0).all()
    model.get_layer("history.start").set_weights([np.arange(5.0)])
    states = np.asarray(branch(inputs))
    assert (states[empty] == np.arange(5)).all()
    assert not (states[~empty] == np.arange(5)).any()
    trained = fitted(schema)
    assert np.abs(trained.get_layer("history.start").get_weights()[0]).max() > 0


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_without_cells_keeps_its_place_but_not_at_the_end(cell: str) -> None:
    schema = make_schema(cell)
    branch = keras.Model((model := make_model(schema)).input, model.get_layer("history.start").output)

    def state(cities: list[Any], km: list[Any], late: list[Any]) -> np.ndarray:
        rows = {"city": ["a"], "past city": [cities], "past_km": [km], "past_late": [late]}
        return np.asarray(branch(schema.inputs(rows)))

    short = state(["a", "b"], [1.0, 2.0], [True, True])
    np.testing.assert_allclose(state(["a", "b", None], [1.0, 2.0, None], [True, True, None]), short, atol=1e-6)
    for cities, km, late in [
        (["a", None, "b"], [1.0, None, 2.0], [True, None, True]),
        ([None, "a", "b"], [None, 1.0, 2.0], [None, True, True]),
        (["a", "b", "unseen"], [1.0, 2.0, None], [True, True, None]),
        (["b", "a"], [2.0, 1.0], [True, True]),
    ]:
        assert np.abs(state(cities, km, late) - short).max() > 1e-5


@pytest.mark.parametrize("cell", ["lstm", "attention", pytest.param("gru", marks=pytest.mark.slow)])
def test_it_learns_and_repeats_by_seed_and_comes_back_from_a_file(cell: str, tmp_path: Path) -> None:
    schema = make_schema(cell, dropout=0.05)
    keras.utils.set_random_seed(3)
    model = fitted(schema, epochs=25)
    inputs = schema.inputs(FRAME)
    answer = np.asarray(model(inputs, training=False))
    keras.utils.set_random_seed(4)
    np.testing.assert_array_equal(np.asarray(fitted(schema, epochs=25)(inputs, training=False)), answer)
    assert np.mean((answer[:, 0] - FRAME["y"]) ** 2) < 0.35 * FRAME["y"].var()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(inputs, training=False), answer, atol=1e-6)


def test_batches_of_files_are_those_of_a_frame(tmp_path: Path) -> None:
    schema = make_schema()
    pq.write_table(to_arrow(FRAME), tmp_path / "a.parquet", row_group_size=64)
    pairs = zip(schema.dataset(FRAME, 48), schema.dataset(str(tmp_path / "a.parquet"), 48), strict=True)
    for (inputs, target), (streamed, other) in pairs:
        np.testing.assert_array_equal(other, target)
        assert set(streamed) == set(inputs)
        for name, batch in inputs.items():
            assert streamed[name].dtype == batch.dtype
            np.testing.assert_array_equal(streamed[name], batch)
    kinds = {"history": te.Sequence(STEPS, units=2), "city": te.Categorical(table="city", dim=3)}
    model = te.TabularRegressor(preset="fast", kinds=kinds, epochs=1, random_state=0, verbose=0)
    model.fit(str(tmp_path / "a.parquet"), "y")
    assert set(model.tables_["past city"].labels) == {"a", "b", "c", "d"}


def test_xla_compiles_it() -> None:
    schema = make_schema()
    model = make_model(schema)
    inputs = {name: tf.constant(array) for name, array in schema.inputs(FRAME).items()}
    compiled = tf.function(lambda inputs: model(inputs, training=False), jit_compile=True)
    np.testing.assert_allclose(compiled(inputs), model(inputs, training=False), atol=1e-5)


def test_tables_of_the_steps(tmp_path: Path) -> None:
    schema = make_schema()
    model = fitted(schema)
    tables = te.extract_tables(model, schema)
    assert list(tables) == ["city", "past city"]
    assert tables["city"] is tables["past city"]
    assert set(tables["city"].labels) == {"a", "b", "c", "d"}
    warm = te.extract_tables(te.build_model(schema, init={"past city": tables["city"]}), schema)
    np.testing.assert_array_equal(warm["city"]["c"], tables["city"]["c"])
    frozen = te.build_model(schema, freeze="past city", random_state=0)
    assert not frozen.get_layer("city.embedding").trainable
    with pytest.raises(
        DataError, match="column 'past city' is pinned to dim=3, however: its table in `init` has dim 2"
    ):
        te.build_model(schema, init={"past city": tables["city"].reduce(2)})


def test_a_table_of_the_step_alone_starts_warm_by_label() -> None:
    def schema(labels: list[str]) -> te.Schema:
        data = {"past": [labels, []], "y": [0.5, 1.5]}
        return te.infer_schema(data, "y", kinds={"history": te.Sequence({"past": te.Categorical(l2=0.0)})})

    old, new = schema(["a", "b"]), schema(["b", "c", "c"])
    tables = te.extract_tables(te.build_model(old, random_state=0), old)
    warm = te.extract_tables(te.build_model(new, init=tables), new)["past"]
    np.testing.assert_array_equal(warm["b"], tables["past"]["b"])
    np.testing.assert_array_equal(warm["c"], tables["past"].unknown)


def test_the_prior_weighs_real_steps_by_their_labels() -> None:
    schema = make_schema()
    model = make_model(schema)
    column = whole_column(schema.columns, "history").kind.columns[0]  # type: ignore[attr-defined]
    steps = int(FRAME["past_km"].map(len).sum())
    assert (column.rows, column.missing) == (len(FRAME) + steps, 0)
    weights = prior_weights(column, column.kind)
    layer = next(
        layer for layer in model.layers if layer.name.startswith("history.past_city") and "prior" in layer.name
    )
    np.testing.assert_array_equal(layer.get_weights()[0], weights)
    assert 1 / weights[2:].sum() > 0
    np.testing.assert_allclose(1 / weights[2:], column.kind.counts)


def test_a_prior_of_lists_adds_up_over_the_steps_that_are_there() -> None:
    layer = RowPrior(3, 2.0)
    layer.weight.assign([9.0, 9.0, 0.25])
    vectors = np.ones((2, 3, 4), "float32")
    layer(np.full((2, 3), 2), vectors, np.array([[True, True, False], [True, False, False]]), training=True)
    assert float(layer.losses[0]) == 2.0 * 0.25 * 4 * (2 + 1) / 2


def test_a_model_grows_with_the_labels_of_its_steps() -> None:
    schema = make_schema()
    model = fitted(schema)
    more = FRAME.assign(**{"past city": FRAME["past city"].map(lambda row: ["new"] * len(row))})
    wider = schema.grown(more)
    before = te.extract_tables(model, schema)["past city"]
    grown = grow_model(model, schema, wider, hidden=(16,))
    after = te.extract_tables(grown, wider)["past city"]
    assert set(after.labels) - set(before.labels) == {"new"}
    np.testing.assert_array_equal(after["c"], before["c"])
    np.testing.assert_allclose(grown(wider.inputs(FRAME)), model(schema.inputs(FRAME)), atol=1e-6)
    same = schema.grown(FRAME)
    weights = prior_weights(*((c := whole_column(same.columns, "history").kind.columns[0]), c.kind))  # type: ignore[attr-defined]
    again = grow_model(model, schema, same, hidden=(16,))
    layer = next(
        layer for layer in again.layers if layer.name.startswith("history.past_city") and "prior" in layer.name
    )
    np.testing.assert_array_equal(layer.get_weights()[0], weights)


# The layers


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.none() | st.floats(-9, 9, width=32)), max_size=5), min_size=1))
def test_the_steps_that_are_there(rows: list[list[tuple[int, float | None]]]) -> None:
    wide = max(map(len, rows))
    ids = np.zeros((len(rows), wide), np.int32)
    numbers = np.full((len(rows), wide), np.nan, np.float32)
    want = np.zeros((len(rows), max(1, wide)), bool)
    for at, row in enumerate(rows):
        for step, (label, number) in enumerate(row):
            ids[at, step], numbers[at, step] = label, np.nan if number is None else number
            if label or number is not None:
                want[at, : step + 1] = True
    there, one, two = StepInputs()([ids, numbers])
    np.testing.assert_array_equal(there, want)
    assert one.shape == two.shape == want.shape
    np.testing.assert_array_equal(one[:, :wide], ids)
    np.testing.assert_array_equal(two[:, :wide], numbers)


def test_attention_is_as_in_numpy() -> None:
    rng = np.random.default_rng(0)
    steps, there = rng.normal(size=(3, 4, 2)).astype("float32"), np.arange(4) < np.array([[4], [2], [0]])
    layer = StepAttention(5, seed=0)
    found = layer(steps, there).numpy()
    dense, bias, scores = (weight.numpy() for weight in layer.weights)
    for row in range(3):
        n = int(there[row].sum())
        ago = np.log1p(np.arange(n, 0, -1))[:, None]
        values = np.tanh(np.concatenate([steps[row, :n], ago], axis=1) @ dense + bias)
        weights = np.exp(values @ scores)
        want = (values * weights / weights.sum()).sum(axis=0) if n else np.zeros(5)
        np.testing.assert_allclose(found[row], want, atol=1e-6)


def test_layers_come_back_from_their_config() -> None:
    layer = StepAttention.from_config(StepAttention(5, dropout=0.1, seed=7, name="a").get_config())
    assert (layer.units, layer.dropout, layer.seed, layer.name) == (5, 0.1, 7, "a")
    assert layer.compute_output_shape((None, None, 3), (None, None)) == (None, 5)
    assert StartState().compute_output_shape((2, 5), (2, 3)) == (2, 5)
    assert FoldSteps().compute_output_shape((2, 3)) == (None, 1)
    assert UnfoldSteps().compute_output_shape((None, 2), (4, None)) == (4, None, 2)
