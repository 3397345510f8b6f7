"""The recipe's arguments, the split, and one training by it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.held_out import split_rows
from tabembed.nn.recipe import Recipe, epoch_steps, together, train, worth_xla
from tabembed.nn.time_limit import TimeLimit


@pytest.mark.parametrize(("argument", "wanted"), [("epochs", "'auto' or a whole"), ("patience", "a whole")])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3"])
def test_a_count_out_of_range(argument: str, wanted: str, value: Any) -> None:
    with pytest.raises(DataError, match=f"`{argument}` must be {wanted} number of 1 or more, however: {argument}="):
        Recipe(**{argument: value})


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        (
            "batch_size",
            "large",
            "`batch_size` must be 'auto', 'small' or a whole number of 1 or more, however: batch_size='large'",
        ),
        ("batch_size", 0, "`batch_size` must be 'auto', 'small' or a whole number of 1 or more, however: batch_size=0"),
        (
            "batch_size",
            1.5,
            "`batch_size` must be 'auto', 'small' or a whole number of 1 or more, however: batch_size=1.5",
        ),
        ("validation_fraction", 1.0, r"`validation_fraction` must be in \[0, 1\), however: "),
        ("validation_fraction", -0.1, r"`validation_fraction` must be in \[0, 1\), however: "),
        ("learning_rate", 0.0, "`learning_rate` must be above 0"),
        ("weight_decay", -1.0, "`weight_decay` 0 or more"),
    ],
)
def test_an_argument_out_of_range(argument: str, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Recipe(**{argument: value})


@given(st.integers(1, 10**7))
def test_an_automatic_batch_gives_small_tables_steps_enough(rows: int) -> None:
    batch = Recipe().batch_rows(rows)
    assert 1 <= batch <= 1_024
    assert rows / batch >= (0 if rows < 200 else 12)
    assert batch <= (16 if rows < 1_000 else 128) or rows / batch >= 50


@given(st.integers(1, 10**6), st.integers(1, 1_024))
def test_calls_of_the_train_function_end_with_the_epoch(rows: int, batch: int) -> None:
    least, steps = -(-rows // batch), epoch_steps(rows, batch)
    assert steps % together(steps) == 0
    assert least <= steps <= least + 8, "eight more at the worst"
    assert min(steps, 9) <= together(steps) <= 16


@given(st.integers(2, 200), st.floats(0, 0.5), st.integers(0, 100))
def test_a_split_is_a_split(rows: int, fraction: float, seed: int) -> None:
    training, held = split_rows(None, rows, fraction, seed)
    assert sorted([*training, *held]) == list(range(rows))
    assert len(held) == int(rows * fraction)
    again = split_rows(None, rows, fraction, seed)
    assert np.array_equal(training, again[0])


@given(st.lists(st.integers(0, 3), min_size=2, max_size=200), st.floats(0.05, 0.45))
def test_a_split_keeps_the_shares_of_the_classes(classes: list[int], fraction: float) -> None:
    training, held = split_rows(np.array(classes), len(classes), fraction, 0)
    assert sorted([*training, *held]) == list(range(len(classes)))
    assert {classes[row] for row in training} == set(classes), "no class is held out whole"
    for one in set(classes):
        share = sum(classes[row] == one for row in held)
        assert abs(share - classes.count(one) * fraction) <= 0.5


def test_one_training(schema: te.Schema, frame: pd.DataFrame) -> None:
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    results = []
    for _ in range(2):
        model = te.build_model(schema, random_state=0, hidden=(8,))
        seen: list[int] = []
        watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs, seen=seen: seen.append(epoch))
        recipe = Recipe(epochs=3, validation_fraction=0.2, verbose=0)
        history, held = train(model, schema, encoded, target, recipe, random_state=1, callbacks=[watch])
        results.append((history.history, held.tolist(), model.get_weights()))
        assert seen == [0, 1, 2]
        assert type(model.optimizer) is te.RowwiseAdam
        assert len(held) == 60
        assert set(history.history) >= {"loss", "val_loss"}
    (one, held, weights), (other, again, same) = results
    assert (one, held) == (other, again)
    assert all(np.array_equal(a, b) for a, b in zip(weights, same, strict=True))


@pytest.mark.parametrize("argument", ["learning_rate", "weight_decay", "validation_fraction"])
@pytest.mark.parametrize("value", ["0.1", None, True, [0.1], 1j])
def test_a_setting_that_is_no_number(argument: str, value: Any) -> None:
    with pytest.raises(DataError, match=f"`{argument}` must be a number, however: {argument}="):
        Recipe(**{argument: value})


def test_held_out_rows_without_weight_judge_nothing(schema: te.Schema, frame: pd.DataFrame) -> None:
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    recipe = Recipe(epochs=3, patience=1, validation_fraction=0.2, verbose=0)

    def trained(weight: np.ndarray) -> tuple[keras.callbacks.History, np.ndarray]:
        model = te.build_model(schema, hidden=(4,), random_state=0)
        return train(model, schema, encoded, target, recipe, random_state=0, sample_weight=weight)

    _, held = trained(np.ones(len(frame), np.float32))
    assert len(held)
    weight = np.ones(len(frame), np.float32)
    weight[held] = 0
    history, none = trained(weight)
    assert len(none) == 0
    assert len(history.history["loss"]) == 3
    assert "val_loss" not in history.history


def test_long_training_is_compiled_by_xla_and_learns_the_same(
    schema: te.Schema, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    recipe = Recipe(epochs=3, validation_fraction=0.2, verbose=0)
    losses = []
    for worth in (10**9, 1):
        monkeypatch.setattr("tabembed.nn.recipe._WORTH_XLA", worth)
        model = te.build_model(schema, random_state=0, hidden=(8,))
        history, _ = train(model, schema, encoded, target, recipe, random_state=1)
        assert model.jit_compile is (worth == 1)
        losses.append([*history.history["loss"], *history.history["val_loss"]])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_what_cannot_be_stopped_is_not_begun_where_time_is_short(
    schema: te.Schema, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    monkeypatch.setattr("tabembed.nn.recipe._WORTH_XLA", 1)
    for seconds, compiled in ((20, False), (600, True)):
        model = te.build_model(schema, random_state=0, hidden=(8,))
        train(model, schema, encoded, target, Recipe(epochs=1, verbose=0), callbacks=[TimeLimit(seconds)])
        assert model.jit_compile is compiled


def test_xla_is_worth_many_steps_and_fewer_in_which_much_is_drawn(schema: te.Schema) -> None:
    model = te.build_model(schema, "tabm", k=8, hidden=(256,), dropout=0.1)
    assert [worth_xla(model, steps, 1024) for steps in (200, 250)] == [False, True]
    without = te.build_model(schema, "tabm", k=8, hidden=(256,), dropout=0)
    assert [worth_xla(without, steps, 1024) for steps in (1_999, 2_000)] == [False, True]


def test_of_many_columns_xla_must_be_worth_more() -> None:
    frame = pd.DataFrame({f"x {at}": [1.0, 2.0] for at in range(100)} | {"y": [1.5, 2.0]})
    model = te.build_model(te.infer_schema(frame, "y"), hidden=(2_500,), dropout=0.1)
    assert [worth_xla(model, steps, 100) for steps in (3_999, 4_000)] == [False, True]
    assert [worth_xla(model, steps, 1_000) for steps in (399, 400)] == [False, True]


def test_small_batches_stay_small_up_to_where_they_did_harm() -> None:
    for rows, auto, small in ((500, 16, 16), (5_000, 128, 128), (40_000, 512, 128), (51_199, 512, 128)):
        assert (Recipe().batch_rows(rows), Recipe(batch_size="small").batch_rows(rows)) == (auto, small)
    assert Recipe(batch_size="small").batch_rows(51_200) == 1024
