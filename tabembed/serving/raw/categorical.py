"""The lookup of a categorical column."""

from __future__ import annotations

__all__ = ["categorical"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.vocabulary import FIRST_ID, MISSING_ID
from .base import RawInput, single
from .places import places


def categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of text, "" missing."""
    table = places(kind.labels, safe[name])

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        known = table.lookup(labels) + FIRST_ID  # the place of an unknown one is -1
        return tf.cast(tf.where(labels == "", tf.constant(MISSING_ID, tf.int64), known), tf.int32)

    return single(tf.string, safe[name], encode, table)
