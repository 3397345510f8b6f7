"""Places in degrees become standardised points of the unit sphere."""

from __future__ import annotations

__all__ = ["Sphere"]

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="tabembed")
class Sphere(keras.layers.Layer):
    """Turn latitudes and longitudes into standardised points of the unit sphere; -180 and 180 degrees are one place.

    A place that lacks one of the two, or lies out of their range, is 0 and told apart where ``indicator`` is set.

    **Shape**

    - Input: two of (batch, 1) float32, NaN where missing
    - Output: (batch, 3), or (batch, 4) with the indicator

    Args:
        mean: (3,) subtracted.
        scale: (3,) divided by.
        indicator: whether to tell missing apart.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> layer = Sphere([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], indicator=True)
        >>> layer([np.array([[90.0], [np.nan]], "float32"), np.zeros((2, 1), "float32")]).numpy().round(6) + 0
        array([[0., 0., 1., 0.],
               [0., 0., 0., 1.]], dtype=float32)
    """

    def __init__(self, mean: Sequence[float], scale: Sequence[float], indicator: bool = False, **kwargs: Any) -> None:
        # Half a precision can't tell the places of a town apart; only the standardised ones are cast.
        super().__init__(**{"autocast": False, **kwargs})
        self.mean, self.scale, self.indicator = list(mean), list(scale), indicator

    def call(self, inputs: Any) -> Any:
        """Return the standardised points, (batch, 3) or (batch, 4)."""
        lat, lon = inputs
        # NaN is within no range.
        there = keras.ops.logical_and(keras.ops.abs(lat) <= 90, keras.ops.abs(lon) <= 180)
        lat, lon = (keras.ops.where(there, degrees, 0.0) * (math.pi / 180) for degrees in (lat, lon))
        flat = keras.ops.cos(lat)
        points = keras.ops.concatenate(
            [flat * keras.ops.cos(lon), flat * keras.ops.sin(lon), keras.ops.sin(lat)], axis=-1
        )
        values = (points - np.asarray(self.mean, np.float32)) / np.asarray(self.scale, np.float32)
        values = keras.ops.cast(keras.ops.where(there, values, 0.0), self.compute_dtype)
        if not self.indicator:
            return values
        gone = keras.ops.cast(keras.ops.logical_not(there), self.compute_dtype)
        return keras.ops.concatenate([values, gone], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (input_shape[0][0], 4 if self.indicator else 3)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "mean": self.mean, "scale": self.scale, "indicator": self.indicator}
