"""The losses that Keras doesn't have: scikit-learn's values, weights, float16 networks, XLA, gradients that hold."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from tabembed.nn.losses import Pinball, SquaredLogError, TweedieDeviance
from tabembed.schema.objectives import best_constant, constant_loss

RNG = np.random.default_rng(0)
TRUTH, GUESS = RNG.gamma(2.0, 3.0, 200), RNG.gamma(2.0, 3.0, 200) + 0.1
WEIGHTS = RNG.random(200)
COUNTS = RNG.poisson(2.0, 200).astype(float)


def of(loss: keras.losses.Loss, truth: np.ndarray, guess: np.ndarray, weights: np.ndarray | None = None) -> float:
    return float(loss(truth[:, None], np.float32(guess.reshape(len(truth), -1)), sample_weight=weights))


@pytest.mark.parametrize("power", [1.0, 1.2, 1.5, 1.9, 2.0])
def test_deviances_are_scikit_learns(power: float) -> None:
    truth = TRUTH if power == 2 else COUNTS
    found = of(TweedieDeviance(power), truth, GUESS)
    assert found == pytest.approx(metrics.mean_tweedie_deviance(truth, GUESS, power=power), rel=1e-5)
    weighted = of(TweedieDeviance(power), truth, GUESS, WEIGHTS) * len(truth) / WEIGHTS.sum()
    expected = metrics.mean_tweedie_deviance(truth, GUESS, power=power, sample_weight=WEIGHTS)
    assert weighted == pytest.approx(expected, rel=1e-5)


def test_large_counts_keep_their_digits() -> None:
    truth = np.full(4, 3e6)
    guess = truth + np.array([0.0, 100.0, 1000.0, -1000.0])
    found = TweedieDeviance(1.0).call(truth[:, None], tf.constant(guess[:, None], tf.float32)).numpy()
    expected = [metrics.mean_poisson_deviance([t], [g]) for t, g in zip(truth, guess, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("guess", [1e-9, 1e12])
def test_far_off_predictions_have_a_finite_loss_and_slope(power: float, guess: float) -> None:
    predicted = tf.constant([[guess]])
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = TweedieDeviance(power).call(tf.constant([[3.0]]), predicted)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, predicted)).all()


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_squared_log_error(shift: float) -> None:
    expected = np.mean((np.log(TRUTH + shift) - np.log(GUESS + shift)) ** 2)
    assert of(SquaredLogError(shift), TRUTH, GUESS) == pytest.approx(expected, rel=1e-5)
    if shift:
        assert expected == pytest.approx(metrics.mean_squared_log_error(TRUTH, GUESS))


def test_pinball_is_scikit_learns() -> None:
    quantiles, guess = (0.1, 0.5, 0.9), np.sort(RNG.random((200, 3)) * 9, axis=1)
    losses = [metrics.mean_pinball_loss(TRUTH, guess[:, at], alpha=q) for at, q in enumerate(quantiles)]
    assert of(Pinball(quantiles), TRUTH, guess) == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("loss", [TweedieDeviance(1.3), SquaredLogError(1.0), Pinball((0.2, 0.8))])
def test_they_are_saved_by_keras(loss: keras.losses.Loss) -> None:
    again = keras.losses.get(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize("loss", [TweedieDeviance(1.0), TweedieDeviance(1.5), SquaredLogError(1.0), Pinball([0.5])])
def test_they_take_the_members_of_an_ensemble(loss: keras.losses.Loss) -> None:
    """Of (batch, members, 1) the loss of each member is the loss of that member alone."""
    members = np.float32(RNG.gamma(2.0, 3.0, (200, 4, 1)) + 0.1)
    together = loss.call(COUNTS[:, None], members).numpy()
    alone = [loss.call(COUNTS[:, None], members[:, at]).numpy() for at in range(4)]
    np.testing.assert_allclose(together, np.stack(alone, axis=1), rtol=1e-5)


def test_a_target_without_second_axis_is_the_same() -> None:
    for loss, width in ((TweedieDeviance(1.5), 1), (SquaredLogError(1.0), 1), (Pinball([0.2, 0.8]), 2)):
        guess = np.tile(np.float32(GUESS)[:, None], width)
        np.testing.assert_array_equal(loss.call(COUNTS, guess), loss.call(COUNTS[:, None], guess))


@pytest.mark.parametrize(
    "objective", ["mse", "mae", "huber", "log", "log1p", "gamma", "poisson", "tweedie", "quantile"]
)
def test_the_unit_is_the_loss_of_the_best_constant(objective: str) -> None:
    from tabembed.schema.target import Target

    target = Target("y", "regression", objective=objective, scale=float(TRUTH.std()))
    start = best_constant(objective, TRUTH, target.quantiles)
    options: dict[str, Any] = {"quantiles": target.quantiles, "power": target.power, "delta": 1.35 * target.scale}
    unit = constant_loss(objective, TRUTH, start, **options)
    loss = keras.losses.get(target.loss)
    guess = np.tile(start, (200, 1))
    found = loss(TRUTH[:, None].astype(np.float32), guess.astype(np.float32))
    assert float(np.mean(found)) == pytest.approx(unit, rel=1e-4)
    if objective != "huber":  # starts from the median, which is only near its best
        for factor in (0.98, 1.02):
            assert constant_loss(objective, TRUTH, tuple(level * factor for level in start), **options) >= unit
