"""The head: from the network's last values to the prediction, in the target's own terms."""

from __future__ import annotations

__all__ = ["build_head"]

from typing import Any

import keras
import numpy as np

from ..schema.target import Target
from .seeds import Seeds


def build_head(inputs: Any, target: Target, seeds: Seeds) -> Any:
    """Return the model's output.

    **Shape**: (batch, width) -> (batch, 1) value in the target's unit (regression) or probability of the second class
    (binary); (batch, classes) probabilities (multiclass).

    Args:
        inputs: the network's output.
        target: learned; its scale, or its classes and their shares, set where training starts.
        seeds: of the initializer.
    """
    kernel = keras.initializers.GlorotUniform(seed=seeds.next())
    # float32 also under mixed precision: a half-precision prediction would be rounded to three digits.
    if target.task == "regression":
        x = keras.layers.Dense(1, kernel_initializer=kernel, dtype="float32", name="head.dense")(inputs)
        return keras.layers.Rescaling(target.scale, target.mean, dtype="float32", name="head.prediction")(x)
    shares = np.asarray(target.counts, dtype=np.float64) / sum(target.counts)
    if target.task == "binary":
        bias, units, activation = [float(np.log(shares[1] / shares[0]))], 1, "sigmoid"
    else:
        bias, units, activation = np.log(shares).tolist(), len(shares), "softmax"
    return keras.layers.Dense(
        units,
        activation,
        kernel_initializer=kernel,
        bias_initializer=_Start(bias),
        dtype="float32",
        name="head.probabilities",
    )(inputs)


@keras.saving.register_keras_serializable(package="tabembed")
class _Start(keras.initializers.Initializer):
    """Start a bias at given values: the classes' log-odds, so the first step needn't learn the shares."""

    def __init__(self, values: list[float]) -> None:
        self.values = list(values)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.reshape(keras.ops.convert_to_tensor(self.values, dtype=dtype), shape)

    def get_config(self) -> dict[str, Any]:
        """Return the values."""
        return {"values": self.values}
