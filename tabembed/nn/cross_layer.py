"""The cross layer of DCN v2."""

from __future__ import annotations

__all__ = ["CrossLayer"]

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tabembed")
class CrossLayer(keras.layers.Layer):
    """Multiply the first values by a linear layer of the last ones, and add these: ``x0 * (W x + b) + x``.

    **Shape**

    - Input: first values (batch, width), last values (batch, width)
    - Output: (batch, width)

    Args:
        seed: of the weights; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> import numpy as np
        >>> layer, x = CrossLayer(seed=0), np.array([[1.0, 2.0]], "float32")
        >>> layer.build(x.shape, x.shape)
        >>> layer.set_weights([np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 1.0])])
        >>> layer(x, x).numpy().tolist()
        [[2.0, 8.0]]

    Source: Wang et al. 2021, arXiv 2008.13535, section 3, equation 1.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, first_shape: Any, last_shape: Any) -> None:
        """Make the weights."""
        width = last_shape[-1]
        glorot = keras.initializers.GlorotUniform(seed=self.seed)
        self.kernel = self.add_weight(shape=(width, width), initializer=glorot, name="kernel")
        self.bias = self.add_weight(shape=(width,), initializer="zeros", name="bias")

    def call(self, first: Any, last: Any) -> Any:
        """Return the crossed values."""
        return first * (keras.ops.matmul(last, self.kernel) + self.bias) + last

    def compute_output_shape(self, first_shape: Any, last_shape: Any) -> Any:
        """Return (batch, width)."""
        return last_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "seed": self.seed}
