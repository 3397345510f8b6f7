"""The losses that Keras doesn't have: deviances, squared errors of the logarithm, several quantiles."""

from __future__ import annotations

__all__ = ["Pinball", "SquaredLogError", "TweedieDeviance", "loss_of"]

from collections.abc import Sequence
from typing import Any

import keras

from ..schema.objectives import POWERS, SHIFTS


def loss_of(objective: str, *, quantiles: Sequence[float], power: float, delta: float) -> keras.losses.Loss:
    """Return the Keras loss of an objective; see ``te.Target``.

    Args:
        objective: one of ``OBJECTIVES``, other than ``mse`` and ``mae``.
        quantiles: of ``quantile``.
        power: of ``tweedie``.
        delta: of ``huber``, in the target's unit.
    """
    if objective == "huber":
        return keras.losses.Huber(delta)
    if objective == "quantile":
        return Pinball(quantiles)
    if objective in SHIFTS:
        return SquaredLogError(SHIFTS[objective])
    return TweedieDeviance(POWERS.get(objective, power))


def _beside(y_true: Any, y_pred: Any) -> Any:
    """Return the truth as (..., 1): (batch,) beside (batch, 1) would be compared each with each."""
    truth = keras.ops.cast(y_true, y_pred.dtype)
    return keras.ops.expand_dims(truth, -1) if len(truth.shape) < len(y_pred.shape) else truth


def _log_ratio(above: Any, below: Any, off: Any) -> Any:
    """Return log(above / below), where ``off`` is above / below - 1: exact near 0, finite where it rounds to -1."""
    ops = keras.ops
    near = ops.clip(off, -0.5, 0.5)
    return ops.where(ops.abs(off) < 0.5, ops.log1p(near), ops.log(above) - ops.log(below))


@keras.saving.register_keras_serializable(package="tabembed")
class TweedieDeviance(keras.losses.Loss):
    """The unit deviance of a Tweedie distribution, as ``sklearn.metrics.mean_tweedie_deviance``.

    **Shape**: values (..., 1) of 0 or more (above 0 for power 2) and predictions (..., 1) above 0 -> (...)

    Args:
        power: of the mean that the variance goes by: 1 Poisson, 2 gamma, between them a compound of both.
        **kwargs: ``keras.losses.Loss``'s own.

    Example:
        >>> truth, guess = keras.ops.ones((2, 1)), keras.ops.array([[1.0], [2.0]])
        >>> round(float(TweedieDeviance(1.0)(truth, guess)), 4)
        0.3069

    Source: Jorgensen 1997, "The Theory of Dispersion Models", section 4.1.
    """

    def __init__(self, power: float, name: str = "tweedie_deviance", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.power = power

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the deviance of each row."""
        ops, power = keras.ops, self.power
        truth = _beside(y_true, y_pred)
        if power == 2:
            off = (truth - y_pred) / y_pred
            return 2 * ops.mean(off - _log_ratio(truth, y_pred, off), axis=-1)
        if power == 1:
            # In the form below, large counts near their prediction would cancel to nothing in float32.
            some = ops.where(truth > 0, truth, 1.0)
            off = (y_pred - some) / some
            return 2 * ops.mean(ops.where(truth > 0, some * (off - _log_ratio(y_pred, some, off)), y_pred), axis=-1)
        one, two = 1 - power, 2 - power
        parts = truth**two / (one * two) - truth * y_pred**one / one + y_pred**two / two
        return 2 * ops.mean(parts, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "power": self.power}


@keras.saving.register_keras_serializable(package="tabembed")
class SquaredLogError(keras.losses.Loss):
    """The squared error of ``log(y + shift)``; with shift 1 ``sklearn.metrics.mean_squared_log_error``.

    **Shape**: values and predictions (..., 1), above ``-shift`` -> (...)

    Args:
        shift: added before the logarithm is taken.
        **kwargs: ``keras.losses.Loss``'s own.

    Example:
        >>> float(SquaredLogError(0.0)(keras.ops.ones((2, 1)), keras.ops.ones((2, 1))))
        0.0
    """

    def __init__(self, shift: float, name: str = "squared_log_error", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.shift = shift

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the squared error of each row."""
        logs = [keras.ops.log(side + self.shift) for side in (_beside(y_true, y_pred), y_pred)]
        return keras.ops.mean(keras.ops.square(logs[0] - logs[1]), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "shift": self.shift}


@keras.saving.register_keras_serializable(package="tabembed")
class Pinball(keras.losses.Loss):
    """The mean pinball loss of several quantiles, as the mean of ``sklearn.metrics.mean_pinball_loss``.

    **Shape**: values (..., 1) and predictions (..., quantiles) -> (...)

    Args:
        quantiles: in (0, 1).
        **kwargs: ``keras.losses.Loss``'s own.

    Example:
        >>> float(Pinball([0.25, 0.75])(keras.ops.ones((1, 1)), keras.ops.array([[0.0, 2.0]])))
        0.25

    Source: Koenker & Bassett 1978, "Regression Quantiles", Econometrica 46, section 1.
    """

    def __init__(self, quantiles: Sequence[float], name: str = "pinball", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.quantiles = [float(quantile) for quantile in quantiles]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the mean over the quantiles of each row."""
        levels = keras.ops.convert_to_tensor(self.quantiles, y_pred.dtype)
        error = _beside(y_true, y_pred) - y_pred
        return keras.ops.mean(keras.ops.maximum(levels * error, (levels - 1) * error), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "quantiles": self.quantiles}
