"""How one column enters the served graph."""

from __future__ import annotations

__all__ = ["RawInput", "lookup", "single"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class RawInput:
    """How one column enters the served graph.

    Args:
        specs: of the raw values: rank 1, of lists rank 2; one for each column of the data that it is read from.
        encode: the graph's function from as many raw tensors to {model input name: (n, 1), of lists (n, longest)}.
        resources: lookup tables that must be saved along.
        ids: {key of ``schema.tables``: the graph's function from (n,) labels to ids}, where it is read from labels.
    """

    specs: tuple[tf.TensorSpec, ...]
    encode: Callable[..., dict[str, tf.Tensor]]
    resources: tuple[Any, ...] = ()
    ids: Mapping[str, Callable[[tf.Tensor], tf.Tensor]] = field(default_factory=dict)


def single(dtype: tf.DType, safe: str, encode: Callable[[tf.Tensor], tf.Tensor], *resources: Any) -> RawInput:
    """Return a column that is read from one raw value (n,) a row and has one model input."""
    spec = tf.TensorSpec((None,), dtype, name=safe)
    return RawInput((spec,), lambda values: {safe: encode(values)[:, None]}, resources)


def lookup(labels: list[str], values: np.ndarray, default: Any) -> tf.lookup.StaticHashTable:
    """Return a table of the graph: the value of each label, ``default`` for any other."""
    keys = tf.constant(
        [label.encode("utf-8", "surrogatepass") for label in labels], dtype=tf.string, shape=(len(labels),)
    )
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant(values)), default)
