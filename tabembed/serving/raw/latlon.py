"""A geographic column enters as it is: two numbers."""

from __future__ import annotations

__all__ = ["latlon"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.kinds import LatLon
from .base import RawInput


def latlon(kind: LatLon, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return two float32, NaN missing; the model takes what is no place on earth for missing."""
    names = [safe[kind.lat], safe[kind.lon]]

    def encode(*degrees: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return both as columns."""
        return {name: values[:, None] for name, values in zip(names, degrees, strict=True)}

    return RawInput(tuple(tf.TensorSpec((None,), tf.float32, name=name) for name in names), encode)
