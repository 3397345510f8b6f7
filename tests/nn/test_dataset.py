"""Batches: each row once an epoch, another order each time, repeatable, with weights."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.dataset import check_weights, make_dataset


def numbered(rows: int) -> tuple[te.Schema, pd.DataFrame]:
    frame = pd.DataFrame({"row": np.arange(rows) / 2, "c": [f"{n}" for n in range(rows)], "y": np.arange(rows) * 1.5})
    kinds = {"row": te.Numeric(), "c": te.Categorical()}
    return te.infer_schema(frame, "y", kinds=kinds, task="regression"), frame


def orders(dataset: tf.data.Dataset, epochs: int = 1) -> list[list[int]]:
    """Return the rows of each epoch, in order, and check that a row's cells stay together."""
    found = []
    for _ in range(epochs):
        epoch: list[int] = []
        for inputs, y, *_ in dataset:
            rows = (inputs["row"].numpy()[:, 0] * 2).astype(int).tolist()
            assert (y.numpy()[:, 0] / 1.5).tolist() == rows
            epoch += rows
        found.append(epoch)
    return found


def test_a_batch(schema: te.Schema, frame: pd.DataFrame) -> None:
    dataset = schema.dataset(frame, 128)
    assert dataset.cardinality() == len(dataset) == 3
    inputs, target = next(iter(dataset))
    want = schema.inputs(frame)
    assert set(inputs) == set(want)
    for name, array in want.items():
        assert inputs[name].dtype == array.dtype
        np.testing.assert_array_equal(inputs[name], array[:128])
    np.testing.assert_array_equal(target[:, 0], frame["y"].to_numpy(np.float32)[:128])
    assert [len(y) for _, y in dataset] == [128, 128, 44]
    (*_, weight) = next(iter(schema.dataset(frame, 128, sample_weight=np.arange(300))))
    np.testing.assert_array_equal(weight, np.arange(128))


@settings(max_examples=12, deadline=None)
@given(st.integers(2, 40), st.integers(1, 50), st.booleans())
def test_every_row_comes_once(rows: int, batch: int, shuffle: bool) -> None:
    schema, frame = numbered(rows)
    dataset = schema.dataset(frame, batch, shuffle=shuffle)
    (order,) = orders(dataset)
    assert sorted(order) == list(range(rows))
    assert shuffle or order == list(range(rows))
    assert dataset.cardinality() == -(-rows // batch)


@settings(max_examples=12, deadline=None)
@given(st.integers(2, 40), st.integers(1, 50), st.booleans(), st.integers(0, 3))
def test_epochs_of_so_many_steps_hold_every_row_in_batches_of_one_shape(
    rows: int, batch: int, shuffle: bool, more: int
) -> None:
    schema, frame = numbered(rows)
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    size = min(rows, batch)
    steps = -(-rows // size) + more
    dataset = make_dataset(schema, encoded, target, batch, shuffle=shuffle, seed=0, steps=steps)
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    assert tuple(dataset.element_spec[1].shape) == (size, 1)
    three = [(x["row"].numpy()[:, 0] * 2).astype(int).tolist() for x, _ in dataset.take(3 * steps)]
    epochs = [[row for batch in three[at : at + steps] for row in batch] for at in range(0, 3 * steps, steps)]
    for order in epochs:
        assert sorted(order[:rows]) == list(range(rows))
        assert order[rows:] == (order[:rows] * (more + 1))[: size * steps - rows]
    assert not shuffle or rows < 10 or epochs[0][:rows] != epochs[1][:rows] != epochs[2][:rows]


def test_each_epoch_has_an_order_of_its_own_and_a_seed_repeats_them() -> None:
    schema, frame = numbered(50)
    first, second, third = orders(schema.dataset(frame, 7, shuffle=True, seed=3), 3)
    assert first != second != third != first
    assert orders(schema.dataset(frame, 7, shuffle=True, seed=3), 3) == [first, second, third]
    assert orders(schema.dataset(frame, 7, shuffle=True, seed=4))[0] != first
    assert orders(schema.dataset(frame, 7, shuffle=True))[0] != orders(schema.dataset(frame, 7, shuffle=True))[0]


def test_fit_sees_other_orders_too() -> None:
    schema, frame = numbered(40)
    seen: list[list[int]] = []

    class Watch(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append((data[0]["row"].numpy()[:, 0] * 2).astype(int).tolist())
            return super().train_step(data)

    base = te.build_model(schema, hidden=(2,))
    model = Watch(base.inputs, base.outputs)
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(schema.dataset(frame, 40, shuffle=True, seed=0), epochs=3, shuffle=False, verbose=0)
    assert len({tuple(order) for order in seen}) == 3
    assert {tuple(sorted(order)) for order in seen} == {tuple(range(40))}


def test_fit_says_nothing(schema: te.Schema, frame: pd.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    model = te.build_model(schema, hidden=(2,))
    model.compile("sgd", "mse", steps_per_execution=4)
    data = schema.dataset(frame, 32, shuffle=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(data, validation_data=schema.dataset(frame, 64), epochs=3, shuffle=False, verbose=0)
    said = "".join(capfd.readouterr())
    assert "ran out of data" not in said
    assert "ignored" not in said


def test_a_bar_knows_its_length(schema: te.Schema, frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    model = te.build_model(schema, hidden=(2,))
    model.compile("sgd", "mse")
    model.fit(schema.dataset(frame, 32), shuffle=False, verbose=2)
    assert "10/10" in capsys.readouterr().out


def test_weights_decide_what_is_learned(schema: te.Schema, frame: pd.DataFrame) -> None:
    halves = np.repeat([1.0, 0.0], 150)
    moved = frame.assign(y=np.where(halves == 1, frame["y"], 1e6))
    losses = []
    for data in (moved, frame):
        model = te.build_model(schema, random_state=0, hidden=(4,))
        model.compile("sgd", "mse")
        losses.append(model.evaluate(schema.dataset(data, sample_weight=halves), verbose=0))
    assert losses[0] == pytest.approx(losses[1])


@pytest.mark.parametrize(
    "weights", [[1, 2], (1.0, 2.0), np.array([1, 2], np.int8), pd.Series([1, 2]), pl.Series([1, 2])]
)
def test_weights_of_every_type(weights: Any) -> None:
    checked = check_weights(weights, 2)
    assert (checked.dtype, checked.tolist()) == (np.float32, [1.0, 2.0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"must have one weight a row \(3\), however: its shape is \(2,\)"),
        ([[1], [2], [3]], r"must have one weight a row \(3\), however: its shape is \(3, 1\)"),
        ([1, -1, 1], "must be numbers of 0 or more, however: -1.0 in row 1"),
        ([1, 1, np.nan], "must be numbers of 0 or more, however: nan in row 2"),
        ([np.inf, 1, 1], "must be numbers of 0 or more, however: inf in row 0"),
        ([0, 0, 0], "must not be zero in every row"),
        (["a", "b", "c"], "must be numbers of 0 or more, however: could not convert"),
        ([1, None, 1], "must be numbers of 0 or more, however: nan in row 1"),
        ([1, [2], 3], "must be numbers of 0 or more, however: "),
    ],
)
def test_bad_weights_are_refused(weights: Any, message: str) -> None:
    schema, frame = numbered(3)
    with pytest.raises(DataError, match=f"`sample_weight` {message}"):
        schema.dataset(frame, sample_weight=weights)


@pytest.mark.parametrize("size", [0, -1, 1.5, "auto", True, None])
def test_a_bad_batch_size_is_refused(size: Any) -> None:
    schema, frame = numbered(3)
    with pytest.raises(DataError, match="`batch_size` must be a whole number of 1 or more, however: batch_size="):
        schema.dataset(frame, size)


def test_bad_data_is_refused(schema: te.Schema, frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="the data must hold at least one row, however: it has none"):
        schema.dataset(frame[:0])
    with pytest.raises(DataError, match="column 'y' is missing from the frame"):
        schema.dataset(frame.drop(columns="y"))
    with pytest.raises(DataError, match="target 'y' must be there in every row, however: 300 of 300 rows miss it"):
        schema.dataset(frame.assign(y=np.nan))


def test_every_form_of_data(schema: te.Schema, frame: pd.DataFrame, tmp_path: Any) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    want = [y.numpy() for _, y in schema.dataset(frame)]
    for data in (pl.from_pandas(frame), tmp_path / "a.parquet", {name: frame[name] for name in frame}):
        got = [y.numpy() for _, y in schema.dataset(data)]
        np.testing.assert_array_equal(np.concatenate(got), np.concatenate(want))
