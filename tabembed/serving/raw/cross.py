"""The lookup of a crossed column: the labels of its columns, joined."""

from __future__ import annotations

__all__ = ["cross"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.cross import SEPARATOR
from ...schema.kinds import Cross
from .base import RawInput
from .categorical import ids_of


def cross(kind: Cross, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of the joined texts; missing where one of them is ""."""
    ids, resources = ids_of(kind, safe[name])

    def encode(*columns: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the ids of as many (n,) labels as there are columns."""
        escaped = [tf.strings.regex_replace(labels, r"([\\|])", r"\\\1") for labels in columns]
        gone = tf.reduce_any(tf.stack([labels == "" for labels in columns]), axis=0)
        joined = tf.strings.join(escaped, SEPARATOR)
        return {safe[name]: ids(tf.where(gone, "", joined))[:, None]}

    specs = tuple(tf.TensorSpec((None,), tf.string, name=safe[column]) for column in kind.columns)
    return RawInput(specs, encode, resources, {name: ids})
