"""Several tensors as one, entry by entry, and back."""

from __future__ import annotations

__all__ = ["Flat"]

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf


class Flat:
    """Where the entries of some tensors stand, end to end.

    What tells it is made once for all that are joined and parted: a constant takes as long to trace as any operation.

    Args:
        shapes: of the tensors.

    Example:
        >>> both = Flat([(2,), (1, 2)])
        >>> both.join([tf.constant([1, 2]), tf.constant([[3, 4]])]).numpy().tolist()
        [1, 2, 3, 4]
        >>> [part.numpy().tolist() for part in both.part(tf.constant([5, 6, 7, 8]))]
        [[5, 6], [[7, 8]]]
    """

    def __init__(self, shapes: Sequence[Any]) -> None:
        sizes = [math.prod(shape) for shape in shapes]
        self._flat = tf.constant([-1])
        self._shapes = [tf.constant(tuple(shape), tf.int32) for shape in shapes]
        self._parts = tf.constant(sizes)

    def join(self, tensors: Sequence[Any]) -> Any:
        """Return (entries,) of all tensors."""
        return tf.concat([tf.reshape(tensor, self._flat) for tensor in tensors], 0)

    def part(self, values: Any) -> list[Any]:
        """Return the tensors of (entries,)."""
        parts = tf.split(values, self._parts, num=len(self._shapes))
        return [tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)]
