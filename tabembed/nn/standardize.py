"""The dense branch's layer: standardised values, missing told apart."""

from __future__ import annotations

__all__ = ["Standardize"]

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tabembed")
class Standardize(keras.layers.Layer):
    """Standardise a column of numbers; NaN becomes 0, and 1 in a second value where ``indicator`` is set.

    Keras' ``Normalization`` lets one NaN through to every weight, hence a layer of its own.

    **Shape**

    - Input: (batch, 1) float, NaN where missing
    - Output: (batch, 1), or (batch, 2) with the indicator

    Args:
        mean: subtracted.
        scale: divided by.
        indicator: whether to tell missing apart.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> import numpy as np
        >>> Standardize(mean=10.0, scale=2.0, indicator=True)(np.array([[14.0], [np.nan]], "float32")).numpy().tolist()
        [[2.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, mean: float, scale: float, indicator: bool = False, **kwargs: Any) -> None:
        # Half a precision would overflow on the raw values; only the standardised ones are cast.
        super().__init__(**{"autocast": False, **kwargs})
        self.mean, self.scale, self.indicator = mean, scale, indicator

    def call(self, inputs: Any) -> Any:
        """Return the standardised values, (batch, 1) or (batch, 2)."""
        absent = keras.ops.isnan(inputs)
        values = keras.ops.where(absent, 0.0, (inputs - self.mean) / self.scale)
        values = keras.ops.cast(values, self.compute_dtype)
        if not self.indicator:
            return values
        return keras.ops.concatenate([values, keras.ops.cast(absent, self.compute_dtype)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (*input_shape[:-1], 2 if self.indicator else 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "mean": self.mean, "scale": self.scale, "indicator": self.indicator}
