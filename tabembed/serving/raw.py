"""From raw values to the model's inputs, inside the graph: the third face of the column kinds."""

from __future__ import annotations

__all__ = ["RAW_KINDS", "RawInput", "raw_input"]

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ..schema.boolean import SPELLINGS
from ..schema.kinds import Boolean, Categorical, ColumnKind, Numeric
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID


@dataclass(frozen=True)
class RawInput:
    """How one column enters the served graph.

    Args:
        spec: of the raw values, rank 1.
        encode: the graph's function from raw values (n,) to the model's input (n,).
        resource: a lookup table that must be saved along, or None.
    """

    spec: tf.TensorSpec
    encode: Callable[[tf.Tensor], tf.Tensor]
    resource: Any = None


def _lookup(labels: list[str], values: np.ndarray, default: Any) -> tf.lookup.StaticHashTable:
    keys = tf.constant(
        [label.encode("utf-8", "surrogatepass") for label in labels], dtype=tf.string, shape=(len(labels),)
    )
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant(values)), default)


def _categorical(kind: Categorical, safe: str) -> RawInput:
    ids = np.arange(FIRST_ID, FIRST_ID + kind.kept, dtype=np.int64)
    table = _lookup(["", *kind.labels], np.concatenate([[MISSING_ID], ids]), UNKNOWN_ID)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        return tf.cast(table.lookup(labels), tf.int32)

    return RawInput(tf.TensorSpec((None,), tf.string, name=safe), encode, table)


def _numeric(kind: Numeric, safe: str) -> RawInput:
    return RawInput(tf.TensorSpec((None,), tf.float32, name=safe), tf.identity)


def _boolean(kind: Boolean, safe: str) -> RawInput:
    table = _lookup(list(SPELLINGS), np.array(list(SPELLINGS.values()), np.float32), np.float32("nan"))
    return RawInput(tf.TensorSpec((None,), tf.string, name=safe), table.lookup, table)


RAW_KINDS: dict[type[ColumnKind], Callable[..., RawInput]] = {
    Categorical: _categorical,
    Numeric: _numeric,
    Boolean: _boolean,
}


def raw_input(kind: ColumnKind, safe: str) -> RawInput:
    """Return how a column of this kind enters the served graph under its safe name."""
    return RAW_KINDS[type(kind)](kind, safe)
