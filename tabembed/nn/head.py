"""The head: from the network's last values to the prediction, in the target's own terms."""

from __future__ import annotations

__all__ = ["build_head"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ..schema.target import Target
from .seeds import Seeds


def build_head(inputs: Sequence[Any], target: Target, seeds: Seeds) -> Any:
    """Return the model's output: the inputs' scores summed, in the target's own terms.

    **Shape**: (batch, width) each -> (batch, 1) value in the target's unit (regression) or probability of the second
    class (binary); (batch, classes) probabilities (multiclass).

    Args:
        inputs: the network's outputs.
        target: learned; its scale, or its classes and their shares, set where training starts.
        seeds: of the initializers.
    """
    if target.task == "regression":
        scores = _scores(inputs, [0.0], seeds)
        return keras.layers.Rescaling(target.scale, target.mean, dtype="float32", name="head.prediction")(scores)
    shares = target.shares
    if target.task == "binary":
        bias, activation = [float(np.log(shares[1] / shares[0]))], "sigmoid"
    else:
        bias, activation = np.log(shares).tolist(), "softmax"
    scores = _scores(inputs, bias, seeds)
    return keras.layers.Activation(activation, dtype="float32", name="head.probabilities")(scores)


def _scores(inputs: Sequence[Any], bias: list[float], seeds: Seeds) -> Any:
    """Return (batch, len(bias)): one dense layer for each input, summed."""
    scores = [
        # float32 also under mixed precision: a half-precision prediction would be rounded to three digits.
        keras.layers.Dense(
            len(bias),
            kernel_initializer=keras.initializers.GlorotUniform(seed=seeds.next()),
            use_bias=at == 0,
            bias_initializer=_Start(bias),
            dtype="float32",
            name="head.dense" if at == 0 else "head.linear",
        )(values)
        for at, values in enumerate(inputs)
    ]
    return scores[0] if len(scores) == 1 else keras.layers.Add(dtype="float32", name="head.sum")(scores)


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
