"""Values held within bounds without a corner."""

from __future__ import annotations

__all__ = ["SoftClip", "soft_clip"]

from typing import Any

import keras


def soft_clip(values: Any, limit: float = 3.0) -> Any:
    """Return ``x / sqrt(1 + (x / limit)**2)`` of each value.

    Args:
        values: a tensor of any shape.
        limit: what no value exceeds.

    Example:
        >>> soft_clip(keras.ops.convert_to_tensor([0.0, 4.0, 3e38])).numpy().round(3)
        array([0. , 2.4, 3. ], dtype=float32)

    Source: Holzmüller et al. 2024, arXiv 2407.04491, section 3.
    """
    # Beyond a million the answer is the limit to the last digit, and the square is still a float32.
    values = keras.ops.clip(values, -1e6, 1e6)
    return values / keras.ops.sqrt(1 + keras.ops.square(values / limit))


@keras.saving.register_keras_serializable(package="tabembed")
class SoftClip(keras.layers.Layer):
    """Bend values so that none is beyond a limit: small ones stay as they are (``soft_clip``).

    For layers that multiply columns with each other: the product of a few extreme numbers would have no bound.

    **Shape**: any -> the same

    Args:
        limit: what no value exceeds, in standard deviations where numbers are standardised.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> import numpy as np
        >>> SoftClip()(np.array([0.1, -4.0, 3e38], "float32")).numpy().round(3)
        array([ 0.1, -2.4,  3. ], dtype=float32)

    Source: Holzmüller et al. 2024, arXiv 2407.04491, section 3.
    """

    def __init__(self, limit: float = 3.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def call(self, inputs: Any) -> Any:
        """Return the values within the limits."""
        return soft_clip(inputs, self.limit)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "limit": self.limit}
