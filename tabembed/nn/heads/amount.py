"""A number: the score in the target's own mean and scale."""

from __future__ import annotations

__all__ = ["amount"]

from typing import Any

import keras

from ...schema.target import Target
from .base import Head


def amount(target: Target) -> Head:
    """Return the head of a number that may be any.

    **Shape**: (..., 1) -> (..., 1)

    Args:
        target: learned.
    """

    def link(scores: Any, name: str) -> Any:
        """Return the scores in the target's unit."""
        start = target.baseline[0]
        return keras.layers.Rescaling(target.scale, start, dtype="float32", name=f"{name}.prediction")(scores)

    return Head([0.0], link)
