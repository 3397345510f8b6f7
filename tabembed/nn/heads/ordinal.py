"""Classes in an order: one score, and thresholds between the classes."""

from __future__ import annotations

__all__ = ["CumulativeLink", "ordinal"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ...schema.target import Target
from .base import Head

_STEP = 1e-4


def ordinal(target: Target) -> Head:
    """Return the head of classes in an order: their probabilities.

    **Shape**: (..., 1) -> (..., classes)

    Args:
        target: learned; its shares are where training starts.
    """
    below = np.cumsum(target.shares)[:-1]

    def link(scores: Any, name: str) -> Any:
        """Return the scores as probabilities."""
        logs = CumulativeLink(np.log(below / (1 - below)).tolist(), dtype="float32", name=f"{name}.thresholds")(scores)
        # The softmax of logarithms of probabilities is these; Keras takes its loss from the logarithms.
        return keras.layers.Activation("softmax", dtype="float32", name=f"{name}.probabilities")(logs)

    return Head([0.0], link)


@keras.saving.register_keras_serializable(package="tabembed")
class CumulativeLink(keras.layers.Layer):
    """Give the logarithms of the classes' probabilities, where P(class > k) = sigmoid(score - threshold k).

    The thresholds rise (each is the one below it and a softplus), so the probabilities of "more than k" fall with k for
    every score: no class is skipped, and none gets a negative probability.

    **Shape**: (..., 1) -> (..., classes)

    Args:
        start: (classes - 1,) the thresholds at first.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> logs = CumulativeLink([-1.0, 1.0])(keras.ops.convert_to_tensor([[0.0]]))
        >>> [f"{float(share):.3f}" for share in np.exp(logs.numpy())[0]]
        ['0.269', '0.462', '0.269']

    Source: McCullagh 1980, "Regression Models for Ordinal Data", Journal of the Royal Statistical Society B 42, section
    2; one score for all thresholds as in CORAL, Cao, Mirjalili & Raschka 2019, arXiv 1901.07884, section 3.3, which
    sums the thresholds' own losses where this takes the likelihood of the class.
    """

    def __init__(self, start: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = [float(threshold) for threshold in start]

    def build(self, input_shape: Any) -> None:
        """Add the first threshold and the steps to the next ones."""
        steps = np.log(np.expm1(np.maximum(np.diff(self.start), _STEP)))
        first = keras.initializers.Constant(np.array([self.start[0], *steps], np.float32))
        self.raw = self.add_weight(shape=(len(self.start),), initializer=first, name="thresholds")

    def call(self, scores: Any) -> Any:
        """Return the logarithms of the probabilities."""
        ops = keras.ops
        scores, raw = ops.cast(scores, "float32"), ops.cast(self.raw, "float32")
        steps = ops.softplus(raw[1:]) + _STEP
        above = scores - (raw[0] + ops.concatenate([ops.zeros((1,)), ops.cumsum(steps)]))
        over, under = ops.log_sigmoid(above), ops.log_sigmoid(-above)
        # sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)) loses no digits far out.
        between = over[..., :-1] + under[..., 1:] + ops.log(-ops.expm1(-steps))
        return ops.concatenate([under[..., :1], between, over[..., -1:]], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (..., classes)."""
        return (*input_shape[:-1], len(self.start) + 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "start": self.start}
