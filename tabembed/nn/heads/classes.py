"""Classes that exclude each other, and labels that don't."""

from __future__ import annotations

__all__ = ["binary", "multiclass", "multilabel"]

from typing import Any

import keras
import numpy as np

from ...schema.target import Target
from .base import Head


def binary(target: Target) -> Head:
    """Return the head of two classes: the probability of the second.

    **Shape**: (..., 1) -> (..., 1)

    Args:
        target: learned; its shares are where training starts.
    """
    shares = target.shares
    return Head([float(np.log(shares[1] / shares[0]))], _activation("sigmoid"))


def multiclass(target: Target) -> Head:
    """Return the head of several classes: their probabilities.

    **Shape**: (..., classes) -> (..., classes)

    Args:
        target: learned; its shares are where training starts.
    """
    return Head(np.log(target.shares).tolist(), _activation("softmax"))


def multilabel(target: Target) -> Head:
    """Return the head of labels of which a row may have any number: the probability of each.

    **Shape**: (..., labels) -> (..., labels)

    Args:
        target: learned; its shares are where training starts.
    """
    shares = np.clip(target.shares, 1e-6, 1 - 1e-6)
    return Head(np.log(shares / (1 - shares)).tolist(), _activation("sigmoid"))


def _activation(kind: str) -> Any:
    def link(scores: Any, name: str) -> Any:
        """Return the scores as probabilities."""
        return keras.layers.Activation(kind, dtype="float32", name=f"{name}.probabilities")(scores)

    return link
