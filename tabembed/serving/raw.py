"""From raw values to the model's inputs, inside the graph: the third face of the column kinds."""

from __future__ import annotations

__all__ = ["RAW_KINDS", "RawInput", "raw_input"]

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ..schema.boolean import SPELLINGS
from ..schema.kinds import Boolean, Categorical, ColumnKind, Numeric
from ..schema.vocabulary import FIRST_ID, MISSING_ID

_MANY = 100_000


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


def _places(labels: list[str], safe: str) -> tf.lookup.StaticHashTable:
    """Return the lookup of labels' places, -1 for another: in the graph, or where they are many, in a file beside it.

    TensorFlow takes seconds to make a constant of a million labels and none for a file; and a graph ends at 2 GiB.
    """
    text = "\n".join([*labels, ""])
    if len(labels) <= _MANY or text.count("\n") > len(labels) or "\r" in text:  # a file has a label a line
        # The empty text stands here for TensorFlow alone: it makes no table without a key.
        return _lookup(["", *labels], np.arange(-1, len(labels), dtype=np.int64), -1)
    folder = Path(tempfile.mkdtemp(prefix="tabembed-"))
    path = folder / f"{safe}.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    whole, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
    lines = tf.lookup.TextFileInitializer(str(path), tf.string, whole, tf.int64, number, vocab_size=len(labels))
    table = tf.lookup.StaticHashTable(lines, -1)
    weakref.finalize(table, shutil.rmtree, folder, ignore_errors=True)  # the export holds a copy
    return table


def _categorical(kind: Categorical, safe: str) -> RawInput:
    table = _places(kind.labels, safe)

    def encode(labels: tf.Tensor) -> tf.Tensor:
        """Return the ids of (n,) labels."""
        known = table.lookup(labels) + FIRST_ID  # the place of an unknown one is -1
        return tf.cast(tf.where(labels == "", tf.constant(MISSING_ID, tf.int64), known), tf.int32)

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
