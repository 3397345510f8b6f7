"""The head: from the network's last values to the prediction, in the target's own terms."""

from __future__ import annotations

__all__ = ["build_head"]

from collections.abc import Sequence
from typing import Any

import keras

from ..schema.target import Target
from ..schema.targets import AnyTarget
from .heads import Head, head_of
from .members import MemberDense
from .seeds import Seeds


def build_head(inputs: Sequence[Any], target: AnyTarget, seeds: Seeds, name: str = "head") -> Any:
    """Return the model's output: the inputs' scores summed, in the target's own terms.

    **Shape**: (batch, width) each -> (batch, 1) value in the target's unit (regression) or probability of the second
    class (binary); (batch, quantiles) values; (batch, classes) probabilities; of several targets by output. Members,
    (batch, k, width), stay apart.

    Args:
        inputs: the network's outputs.
        target: learned; its scale, or its classes and their shares, set where training starts.
        seeds: of the initializers.
        name: the prefix of the layers' names.
    """
    if isinstance(target, Target):
        return _head(inputs, target, seeds, name)
    names = target.output_names
    return {names[part.name]: _head(inputs, part, seeds, f"{name}.{names[part.name]}") for part in target.parts}


def _head(inputs: Sequence[Any], target: Target, seeds: Seeds, name: str) -> Any:
    head = head_of(target)
    return head.link(_scores(inputs, head, seeds, name), name)


def _scores(inputs: Sequence[Any], head: Head, seeds: Seeds, name: str) -> Any:
    """Return (batch, scores): one dense layer for each input, summed; of an input of members one for each."""
    scores = [
        _dense(
            values,
            len(head.start),
            seeds.next(),
            head.gain,
            use_bias=at == 0,
            bias_initializer=_Start(head.start),
            # float32 also under mixed precision: a half-precision prediction would be rounded to three digits.
            dtype="float32",
            name=f"{name}.dense" if at == 0 else f"{name}.linear",
        )
        for at, values in enumerate(inputs)
    ]
    return scores[0] if len(scores) == 1 else keras.layers.Add(dtype="float32", name=f"{name}.sum")(scores)


def _dense(values: Any, units: int, seed: int, gain: float, **how: Any) -> Any:
    """Return the scores of (batch, width) values, or of members' (batch, k, width)."""
    if len(values.shape) == 3:
        return MemberDense(units, seed=seed, **how)(values)
    # Glorot's, where the gain is 1.
    first = keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform", seed=seed)
    return keras.layers.Dense(units, kernel_initializer=first, **how)(values)


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
