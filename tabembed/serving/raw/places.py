"""The lookup of labels' places, in the graph or in a file beside it."""

from __future__ import annotations

__all__ = ["places"]

import shutil
import tempfile
import weakref
from pathlib import Path

import numpy as np
import tensorflow as tf

from .base import lookup

_MANY = 100_000


def places(labels: list[str], safe: str) -> tf.lookup.StaticHashTable:
    """Return the lookup of labels' places, -1 for another: in the graph, or where they are many, in a file beside it.

    TensorFlow takes seconds to make a constant of a million labels and none for a file; and a graph ends at 2 GiB.

    Args:
        labels: distinct ones.
        safe: what to call the file.
    """
    text = "\n".join([*labels, ""])
    if len(labels) <= _MANY or text.count("\n") > len(labels) or "\r" in text:  # a file has a label a line
        # The empty text stands here for TensorFlow alone: it makes no table without a key.
        return lookup(["", *labels], np.arange(-1, len(labels), dtype=np.int64), -1)
    folder = Path(tempfile.mkdtemp(prefix="tabembed-"))
    path = folder / f"{safe}.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    whole, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
    lines = tf.lookup.TextFileInitializer(str(path), tf.string, whole, tf.int64, number, vocab_size=len(labels))
    table = tf.lookup.StaticHashTable(lines, -1)
    weakref.finalize(table, shutil.rmtree, folder, ignore_errors=True)  # the export holds a copy
    return table
