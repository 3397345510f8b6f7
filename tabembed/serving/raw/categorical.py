"""The lookup of a categorical column."""

from __future__ import annotations

__all__ = ["categorical"]

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .base import RawInput, lookup, single


def categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of text, "" missing."""
    ids = np.arange(FIRST_ID, FIRST_ID + kind.kept, dtype=np.int64)
    table = lookup(["", *kind.labels], np.concatenate([[MISSING_ID], ids]), UNKNOWN_ID)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        return tf.cast(table.lookup(labels), tf.int32)

    return single(tf.string, safe[name], encode, table)
