"""The lookup of a categorical column."""

from __future__ import annotations

__all__ = ["categorical", "ids_of"]

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.vocabulary import FIRST_ID, MISSING_ID
from .base import RawInput, single
from .places import places


def categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of text, "" missing."""
    encode, resources = ids_of(kind, safe[name])
    return replace(single(tf.string, safe[name], encode, *resources), ids={name: encode})


def ids_of(kind: Categorical, safe: str) -> tuple[Callable[[tf.Tensor], tf.Tensor], tuple[Any, ...]]:
    """Return the graph's function from (n,) labels to ids, and the lookup tables that it needs.

    Args:
        kind: learned.
        safe: the column's safe name.
    """
    if kind.hash_buckets:
        return _hashed(kind.hash_buckets), ()
    table = places(kind.labels, safe)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        known = table.lookup(labels) + FIRST_ID  # the place of an unknown one is -1
        return tf.cast(tf.where(labels == "", tf.constant(MISSING_ID, tf.int64), known), tf.int32)

    return encode, (table,)


def _hashed(buckets: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the graph's function from labels to ids, the same as ``schema.hashing``."""

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        ids = FIRST_ID + tf.strings.to_hash_bucket_fast(labels, buckets)
        return tf.cast(tf.where(labels == "", tf.cast(MISSING_ID, tf.int64), ids), tf.int32)

    return encode
