"""From raw values to the model's inputs, inside the graph: the third face of the column kinds."""

from __future__ import annotations

__all__ = ["RAW_KINDS", "RawInput", "raw_input"]

from collections.abc import Callable, Mapping
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
        specs: of the raw values: rank 1, of lists rank 2; one for each column of the data that it is read from.
        encode: the graph's function from as many raw tensors to {model input name: (n, 1), of lists (n, longest)}.
        resources: lookup tables that must be saved along.
    """

    specs: tuple[tf.TensorSpec, ...]
    encode: Callable[..., dict[str, tf.Tensor]]
    resources: tuple[Any, ...] = ()


def _single(dtype: tf.DType, safe: str, encode: Callable[[tf.Tensor], tf.Tensor], *resources: Any) -> RawInput:
    """Return a column that is read from one raw value (n,) a row and has one model input."""
    spec = tf.TensorSpec((None,), dtype, name=safe)
    return RawInput((spec,), lambda values: {safe: encode(values)[:, None]}, resources)


def _lookup(labels: list[str], values: np.ndarray, default: Any) -> tf.lookup.StaticHashTable:
    keys = tf.constant(
        [label.encode("utf-8", "surrogatepass") for label in labels], dtype=tf.string, shape=(len(labels),)
    )
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant(values)), default)


def _categorical(kind: Categorical, name: str, safe: Mapping[str, str]) -> RawInput:
    ids = np.arange(FIRST_ID, FIRST_ID + kind.kept, dtype=np.int64)
    table = _lookup(["", *kind.labels], np.concatenate([[MISSING_ID], ids]), UNKNOWN_ID)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        return tf.cast(table.lookup(labels), tf.int32)

    return _single(tf.string, safe[name], encode, table)


def _numeric(kind: Numeric, name: str, safe: Mapping[str, str]) -> RawInput:
    return _single(tf.float32, safe[name], tf.identity)


def _boolean(kind: Boolean, name: str, safe: Mapping[str, str]) -> RawInput:
    table = _lookup(list(SPELLINGS), np.array(list(SPELLINGS.values()), np.float32), np.float32("nan"))
    return _single(tf.string, safe[name], table.lookup, table)


RAW_KINDS: dict[type[ColumnKind], Callable[..., RawInput]] = {
    Categorical: _categorical,
    Numeric: _numeric,
    Boolean: _boolean,
}


def raw_input(kind: ColumnKind, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return how a column enters the served graph.

    Args:
        kind: learned.
        name: the column's.
        safe: {column: safe name}.
    """
    return RAW_KINDS[type(kind)](kind, name, safe)
