"""Several quantiles, each the one below it and something more, so that they never cross."""

from __future__ import annotations

__all__ = ["Quantiles", "quantile"]

import math
from typing import Any

import keras
import numpy as np

from ...schema.target import Target
from .base import Head

_STEP = 1e-3


def quantile(target: Target) -> Head:
    """Return the head of a target's quantiles.

    **Shape**: (..., quantiles) -> (..., quantiles), rising

    Args:
        target: learned; its own quantiles are where training starts.
    """
    steps = np.maximum(np.diff(target.start) / target.scale, _STEP)

    def link(scores: Any, name: str) -> Any:
        """Return the scores in the target's unit."""
        return Quantiles(target.start[0], target.scale, dtype="float32", name=f"{name}.prediction")(scores)

    return Head([0.0, *(math.log(math.expm1(step)) for step in steps.tolist())], link)


@keras.saving.register_keras_serializable(package="tabembed")
class Quantiles(keras.layers.Layer):
    """Give the lowest quantile, and above it steps that are never below 0 (softplus).

    **Shape**: (..., quantiles) -> the same, rising

    Args:
        start: the lowest quantile for a score of 0.
        scale: of the scores.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> found = Quantiles(0.0, 1.0)(keras.ops.convert_to_tensor([[-1.0, -50.0, 50.0]]))
        >>> found.numpy().tolist()
        [[-1.0, -1.0, 49.0]]

    Source: Cannon 2018, "Non-crossing nonlinear regression quantiles by monotone composite quantile regression neural
    network", Stochastic Environmental Research and Risk Assessment 32, section 2 (there by monotone layers).
    """

    def __init__(self, start: float, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start, self.scale = start, scale

    def call(self, scores: Any) -> Any:
        """Return the quantiles."""
        scores = keras.ops.cast(scores, "float32")
        levels = [scores[..., :1]]
        # One after the other: a parallel sum adds in other orders, and its last digits may cross.
        for at in range(1, scores.shape[-1]):
            levels.append(levels[-1] + keras.ops.softplus(scores[..., at : at + 1]))
        return self.scale * keras.ops.concatenate(levels, axis=-1) + self.start

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "start": self.start, "scale": self.scale}
