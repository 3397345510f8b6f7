"""The products of all pairs of vectors, as in factorization machines."""

from __future__ import annotations

__all__ = ["PairProducts"]

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="tabembed")
class PairProducts(keras.layers.Layer):
    """Sum the elementwise products of all pairs of vectors, in time that grows with the vectors and not the pairs.

    **Shape**

    - Input: (batch, vectors, dim)
    - Output: (batch, dim); its sum is the second-order term of a factorization machine

    Example:
        >>> import numpy as np
        >>> PairProducts()(np.array([[[1.0, 0.0], [2.0, 3.0], [4.0, 5.0]]], "float32")).numpy().tolist()
        [[14.0, 15.0]]

    Source: Rendle 2010, "Factorization Machines", section III.B, lemma 3.1.
    """

    def call(self, inputs: Any) -> Any:
        """Return the sums."""
        ops = keras.ops
        return 0.5 * (ops.square(ops.sum(inputs, axis=1)) - ops.sum(ops.square(inputs), axis=1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, dim)."""
        return input_shape[0], input_shape[-1]
