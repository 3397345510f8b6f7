"""A number above 0: the score is a logarithm."""

from __future__ import annotations

__all__ = ["LogLink", "log_link"]

import math
from typing import Any

import keras

from ...schema.objectives import SHIFTS
from ...schema.target import Target
from .base import Head

_LIMIT = 20.0


def log_link(target: Target) -> Head:
    """Return the head of a number whose logarithm is what the network gives.

    **Shape**: (..., 1) -> (..., 1)

    Args:
        target: learned; its best constant is where training starts. Of log targets a score of 1 is a standard deviation
            of the logarithm, of others at most a relative one of the values.
    """
    shift = SHIFTS.get(target.objective, 0.0)
    start = target.baseline[0]
    scale = math.sqrt(target.unit) if target.objective in SHIFTS else min(1.0, target.scale / start)

    def link(scores: Any, name: str) -> Any:
        """Return the scores in the target's unit."""
        return LogLink(start, scale, shift, dtype="float32", name=f"{name}.prediction")(scores)

    return Head([0.0], link, gain=0.1)


@keras.saving.register_keras_serializable(package="tabembed")
class LogLink(keras.layers.Layer):
    """Give ``(start + shift) * exp(scale * score) - shift``, which no finite score makes overflow.

    Beyond e**20 times the start the exponential goes on as a straight line, and below e**-20 as a hyperbola: both have
    a slope, so that training comes back from there, and none of n rows is more than n times their mean.

    **Shape**: (..., any) -> the same

    Args:
        start: the prediction for a score of 0.
        scale: of the scores.
        shift: what is added before the logarithm is taken.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> found = LogLink(2.0, 1.0, 0.0)(keras.ops.array([[0.0], [1e9]]))
        >>> [f"{float(value):.2g}" for value in found[:, 0]]
        ['2', '9.7e+17']
    """

    def __init__(self, start: float, scale: float, shift: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start, self.scale, self.shift = start, scale, shift

    def call(self, scores: Any) -> Any:
        """Return the predictions."""
        ops = keras.ops
        ratio = self.scale * ops.cast(scores, "float32")
        within = ops.clip(ratio, -_LIMIT, _LIMIT)
        beyond = 1 + ops.abs(ratio - within)
        grown = ops.exp(within) * ops.where(ratio > 0, beyond, 1 / beyond)
        return (self.start + self.shift) * grown - self.shift

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "start": self.start, "scale": self.scale, "shift": self.shift}
