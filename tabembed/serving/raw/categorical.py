"""The lookup of a categorical column."""

from __future__ import annotations

__all__ = ["categorical", "ids_of"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .base import RawInput, lookup, single


def categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of text, "" missing."""
    encode, resources = ids_of(kind)
    return single(tf.string, safe[name], encode, *resources)


def ids_of(kind: Categorical) -> tuple[Callable[[tf.Tensor], tf.Tensor], tuple[Any, ...]]:
    """Return the graph's function from (n,) labels to ids, and the lookup tables that it needs."""
    if kind.hash_buckets:
        return _hashed(kind.hash_buckets), ()
    ids = np.arange(FIRST_ID, FIRST_ID + kind.kept, dtype=np.int64)
    table = lookup(["", *kind.labels], np.concatenate([[MISSING_ID], ids]), UNKNOWN_ID)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        return tf.cast(table.lookup(labels), tf.int32)

    return encode, (table,)


def _hashed(buckets: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the graph's function from labels to ids, the same as ``schema.hashing``."""

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        ids = FIRST_ID + tf.strings.to_hash_bucket_fast(labels, buckets)
        return tf.cast(tf.where(labels == "", tf.cast(MISSING_ID, tf.int64), ids), tf.int32)

    return encode
