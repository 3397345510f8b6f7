"""Masks from a hash: even, independent, repeatable, and the same with and without XLA."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabembed.nn.draws import Dropout, _under_xla, kept, uniform

SHAPE = (1024, 128)


def draws(calls: int, seed: int = 7, compiled: bool = False) -> list[np.ndarray]:
    generator = keras.random.SeedGenerator(seed)
    draw = tf.function(uniform, jit_compile=compiled)
    return [draw(SHAPE, generator).numpy() for _ in range(calls)]


def test_numbers_are_spread_evenly() -> None:
    for drawn in draws(3):
        assert (drawn >= 0).all()
        assert (drawn < 1).all()
        counts = np.histogram(drawn, 256, (0, 1))[0]
        assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 350, "chi-square of 255 degrees, p = 1e-4"
        kept = (drawn < 0.1).sum(1)
        assert kept.var() == pytest.approx(SHAPE[1] * 0.1 * 0.9, rel=0.2)


def test_neighbours_calls_and_seeds_are_independent() -> None:
    first, second = draws(2)
    (other,) = draws(1, seed=8)
    pairs = {
        "call": (first, second),
        "seed": (first, other),
        "column": (first[:, 1:], first[:, :-1]),
        "row": (first[1:], first[:-1]),
    }
    for name, (one, another) in pairs.items():
        assert abs(np.corrcoef(one.ravel(), another.ravel())[0, 1]) < 0.015, name


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_what_stays_is_its_share_and_independent(share: float) -> None:
    generator = keras.random.SeedGenerator(7)
    first, second = (kept(SHAPE, share, generator).numpy() for _ in range(2))
    assert first.mean() == pytest.approx(share, abs=0.005)
    assert first.sum(1).var() == pytest.approx(SHAPE[1] * share * (1 - share), rel=0.2)
    halves = first[:, ::2], first[:, 1::2]  # both of one hash
    for one, another in ((first, second), halves, (first[1:], first[:-1]), (first[:, 2:], first[:, :-2])):
        assert abs(np.corrcoef(one.ravel(), another.ravel())[0, 1]) < 0.015
    again = keras.random.SeedGenerator(7)
    compiled = tf.function(kept, jit_compile=True)
    np.testing.assert_array_equal(compiled(SHAPE, share, again), first)


def test_an_odd_number_of_values_may_be_drawn_and_the_rarest_shares_are_kept() -> None:
    generator, again = (keras.random.SeedGenerator(7) for _ in range(2))
    odd = kept((3, 5), 0.5, generator)
    assert odd.shape == (3, 5)
    np.testing.assert_array_equal(tf.function(kept, jit_compile=True)((3, 5), 0.5, again), odd)
    many = (1024, 1024)
    assert 0 < kept(many, 1e-9, generator).numpy().sum() < 60, "16 expected"
    assert 0 < (~kept(many, 1 - 1e-9, generator).numpy()).sum() < 60


def test_a_seed_repeats_the_numbers_with_and_without_xla() -> None:
    want = draws(2)
    for compiled in (False, True):
        for one, another in zip(draws(2, compiled=compiled), want, strict=True):
            np.testing.assert_array_equal(one, another)


@pytest.mark.parametrize("compiled", [False, True])
def test_it_is_known_whether_xla_compiles(compiled: bool) -> None:
    def told() -> tf.Tensor:
        return tf.constant(_under_xla())

    assert bool(tf.function(told, jit_compile=compiled)()) is compiled
    assert not _under_xla()


def test_the_global_random_states_stay_as_they_were() -> None:
    after = []
    for draw in (False, True):
        keras.utils.set_random_seed(3)
        if draw:
            draws(1)
            Dropout(0.5, seed=1)(tf.ones((4, 4)), training=True)
        after.append([float(keras.random.uniform(())), float(tf.random.uniform(()))])
    assert after[0] == after[1]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
def test_dropout_drops_its_share_and_scales_up_the_rest(dtype: str) -> None:
    dropped = Dropout(0.25, seed=0, dtype=dtype)(tf.ones(SHAPE, dtype), training=True)
    assert dropped.dtype == dtype
    values = dropped.numpy().astype(float)
    assert set(np.unique(values)) == {0.0, float(tf.cast(1, dtype) / tf.cast(0.75, dtype))}
    assert (values == 0).mean() == pytest.approx(0.25, abs=0.01)


def test_dropout_does_nothing_in_inference_or_at_rate_0() -> None:
    values = tf.ones((4, 3))
    np.testing.assert_array_equal(Dropout(0.5, seed=0)(values, training=False), values)
    np.testing.assert_array_equal(Dropout(0.0)(values, training=True), values)
    np.testing.assert_array_equal(Dropout(1.0)(values, training=True), np.zeros((4, 3)))


def test_an_axis_may_share_its_mask() -> None:
    dropped = Dropout(0.5, (None, 1), seed=0)(tf.ones((64, 3)), training=True).numpy()
    assert (dropped == dropped[:, :1]).all()
    assert 0 < (dropped == 0).mean() < 1


def test_gradients_go_where_values_went() -> None:
    values = tf.Variable(tf.ones((8, 8)))
    with tf.GradientTape() as tape:
        dropped = Dropout(0.5, seed=0)(values, training=True)
    np.testing.assert_array_equal(tape.gradient(dropped, values), dropped)


def test_a_saved_model_has_the_layer(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((16,)), Dropout(0.5, seed=5)])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is Dropout
    assert again.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(again(tf.ones((2, 16)), training=True), model(tf.ones((2, 16)), training=True))
