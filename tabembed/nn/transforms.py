"""Layers that bring a column of numbers into shape before it is standardised; missing stays missing."""

from __future__ import annotations

__all__ = ["QuantileNormal", "RobustClip", "SignedLog"]

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .soft_clip import soft_clip

_RARE = 1e-5
"""The smallest rank; a value beyond all that were seen lies 4.26 standard deviations out."""


class _Transform(keras.layers.Layer):
    """A function of the present values, each by itself."""

    def __init__(self, **kwargs: Any) -> None:
        # As in Standardize: raw values would overflow half a precision.
        super().__init__(**{"autocast": False, **kwargs})

    def call(self, inputs: Any) -> Any:
        """Return the transformed values, NaN where the input is."""
        absent = keras.ops.isnan(inputs)
        return keras.ops.where(absent, np.float32("nan"), self.moved(keras.ops.where(absent, 0.0, inputs)))

    def moved(self, values: Any) -> Any:
        """Return the transformed values; none is missing."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output, the input's."""
        return input_shape


@keras.saving.register_keras_serializable(package="tabembed")
class SignedLog(_Transform):
    """Return sign(x) log(1 + abs(x)).

    **Shape**

    - Input: (batch, 1) float32, NaN where missing
    - Output: the same

    Example:
        >>> SignedLog()(np.array([[math.e - 1], [1 - math.e]], "float32")).numpy().round(6).tolist()
        [[1.0], [-1.0]]
    """

    def moved(self, values: Any) -> Any:
        """Return the logarithms."""
        return keras.ops.sign(values) * keras.ops.log1p(keras.ops.abs(values))


@keras.saving.register_keras_serializable(package="tabembed")
class RobustClip(_Transform):
    """Scale by the quartiles, then bend smoothly into -3..3: with z = (x - median) / range, z / sqrt(1 + (z / 3)**2).

    **Shape**

    - Input: (batch, 1) float32, NaN where missing
    - Output: the same

    Args:
        center: the median.
        scale: the range between the quartiles.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> RobustClip(10.0, 2.0)(np.array([[10.0], [16.0], [3e38]], "float32")).numpy()[:, 0].round(3)
        array([0.   , 2.121, 3.   ], dtype=float32)

    Source: Holzmüller et al. 2024, arXiv 2407.04491, section 3.
    """

    def __init__(self, center: float, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.center, self.scale = center, scale

    def moved(self, values: Any) -> Any:
        """Return the bent values."""
        return soft_clip((values - self.center) / self.scale)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "center": self.center, "scale": self.scale}


@keras.saving.register_keras_serializable(package="tabembed")
class QuantileNormal(_Transform):
    """Map each value to the normal distribution's quantile at the value's rank.

    Between two knots the rank is a straight line, and beyond the outermost ones it stays.

    **Shape**

    - Input: (batch, 1) float32, NaN where missing
    - Output: the same

    Args:
        knots: (k,) rising values.
        levels: (k,) their ranks, from 0 to 1.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> layer = QuantileNormal([0.0, 1.0, 4.0], [0.0, 0.5, 1.0])
        >>> layer(np.array([[1.0], [2.5], [99.0]], "float32")).numpy()[:, 0].round(3)
        array([0.   , 0.674, 4.265], dtype=float32)

    Source: scikit-learn's ``QuantileTransformer``; a value that many rows share has the middle of its ranks.
    """

    def __init__(self, knots: Sequence[float], levels: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.knots, self.levels = list(knots), list(levels)

    def moved(self, values: Any) -> Any:
        """Return the quantiles."""
        knots, levels = np.asarray(self.knots, np.float64), np.asarray(self.levels, np.float64) - 0.5
        left, width, rise = (part.astype(np.float32) for part in (knots[:-1], np.diff(knots), np.diff(levels)))
        # A sum over all steps instead of a search: XLA runs it, and a batch of a column is small.
        passed = keras.ops.clip((values - left) / width, 0.0, 1.0) * rise
        above = keras.ops.sum(passed, axis=-1, keepdims=True) + np.float32(levels[0])
        middle = np.float32(0.5 - _RARE)
        return keras.ops.erfinv(2 * keras.ops.clip(above, -middle, middle)) * math.sqrt(2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "knots": self.knots, "levels": self.levels}
