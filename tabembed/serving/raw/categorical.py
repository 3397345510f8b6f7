"""The lookup of a categorical column."""

from __future__ import annotations

__all__ = ["categorical", "id_table"]

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .base import RawInput, lookup, single


def categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of text, "" missing."""
    table = id_table(kind)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        return tf.cast(table.lookup(labels), tf.int32)

    return single(tf.string, safe[name], encode, table)


def id_table(kind: Categorical) -> tf.lookup.StaticHashTable:
    """Return the table of the graph from text to ids (int64)."""
    ids = np.arange(FIRST_ID, FIRST_ID + kind.kept, dtype=np.int64)
    return lookup(["", *kind.labels], np.concatenate([[MISSING_ID], ids]), UNKNOWN_ID)
