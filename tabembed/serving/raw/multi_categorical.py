"""The lookup of a column of lists of labels."""

from __future__ import annotations

__all__ = ["multi_categorical"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.kinds import MultiCategorical
from .base import RawInput
from .categorical import ids_of


def multi_categorical(kind: MultiCategorical, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of lists of text, and their weights.

    Lists are (n, longest), right-padded with "" and NaN; with a separator the labels are texts (n,), split here.
    """
    ids_in, resources = ids_of(kind, safe[name])
    shape = (None, None) if kind.separator is None else (None,)
    specs = [tf.TensorSpec(shape, tf.string, name=safe[name])]
    if kind.weights is not None:
        specs.append(tf.TensorSpec((None, None), tf.float32, name=safe[kind.weights]))

    def encode(labels: tf.Tensor, weights: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Return the ids (n, longest), 0 for "", and the weights."""
        if kind.separator is not None:
            labels = tf.strings.split(labels, kind.separator).to_tensor("")
            if weights is not None:  # an empty text splits into one label, and has no weight
                labels = labels[:, : tf.shape(weights)[1]]
                gap = tf.shape(weights)[1] - tf.shape(labels)[1]
                labels = tf.pad(labels, [[0, 0], [0, gap]], constant_values="")
        ids = {safe[name]: ids_in(labels)}
        return ids if weights is None else {**ids, safe[kind.weights_part(name)]: weights}

    return RawInput(tuple(specs), encode, resources, {name: ids_in})
