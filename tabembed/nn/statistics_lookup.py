"""The layer of the target statistics: labels' ids go in, their frozen vectors come out."""

from __future__ import annotations

__all__ = ["STATISTICS", "StatisticsLookup", "fed_statistics", "set_statistics", "statistics_lookup", "statistics_of"]

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .bags import parts_of
from .statistics import TargetStatistics, starts_of

STATISTICS = "target.statistics"
"""The layer's name in every model; no safe name of a column holds a dot."""


@keras.saving.register_keras_serializable(package="tabembed")
class StatisticsLookup(keras.layers.Layer):
    """Look up the frozen vectors of labels, and of labels together.

    All groups' keys stand in one rising row, which is searched by halves, for all groups at once.

    **Shape**

    - Input: (batch, columns) ids
    - Output: (batch, groups * width)

    Args:
        groups: whose labels are looked up, one column or more each.
        sizes: {column: rows of its table}, in the order of the input.
        keys: how many labels, and labels together, have a vector.
        width: numbers of a vector.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> layer = StatisticsLookup([["a"], ["a", "b"]], {"a": 4, "b": 3}, keys=2, width=1)
        >>> layer.build((None, 2))
        >>> layer.set_weights([np.array(some) for some in ([2, 4 + 7], [[5.0], [6.0]], [9, 9], [[0.0], [-1.0]])])
        >>> layer(np.array([[2, 1], [3, 1]])).numpy().tolist()
        [[5.0, 6.0], [0.0, -1.0]]
    """

    def __init__(
        self, groups: Sequence[Sequence[str]], sizes: Mapping[str, int], keys: int, width: int, **kwargs: Any
    ) -> None:
        super().__init__(**{"trainable": False, **kwargs})
        self.groups, self.sizes = [list(group) for group in groups], dict(sizes)
        self.keys, self.width = keys, width

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights: the keys, their vectors and rows, and the vectors of what has no key."""
        self.index = self.add_weight(name="keys", shape=(self.keys,), dtype="int64", initializer="zeros")
        self.vectors = self.add_weight(name="vectors", shape=(self.keys, self.width), initializer="zeros")
        self.counts = self.add_weight(name="counts", shape=(self.keys,), dtype="int64", initializer="zeros")
        self.default = self.add_weight(name="default", shape=(len(self.groups), self.width), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return the vectors side by side."""
        wanted = self._wanted(tf.cast(inputs, tf.int64))
        at = self._search(wanted)
        found = tf.equal(tf.gather(self.index.value, at), wanted)
        vectors = tf.where(found[..., None], tf.gather(self.vectors.value, at), self.default.value)
        return tf.cast(tf.reshape(vectors, (-1, len(self.groups) * self.width)), self.compute_dtype)

    def _wanted(self, ids: Any) -> Any:
        """Return the keys of (batch, columns) ids, (batch, groups)."""
        columns = list(self.sizes)
        wanted = tf.zeros_like(ids[:, :1])
        for step in range(max(map(len, self.groups))):
            # Groups that have ended are multiplied by 1, and nothing is added.
            names = [group[step] if step < len(group) else None for group in self.groups]
            factors = np.array([1 if name is None else self.sizes[name] for name in names], np.int64)
            own = tf.gather(ids, [0 if name is None else columns.index(name) for name in names], axis=1)
            wanted = wanted * factors + own * np.array([name is not None for name in names], np.int64)
        return wanted + np.array(starts_of([tuple(group) for group in self.groups], self.sizes), np.int64)

    def _search(self, wanted: Any) -> Any:
        """Return the last place whose key is at most the wanted one, or 0; in plain operations, which ONNX has too."""
        at, index = tf.zeros_like(wanted), self.index.value
        for bit in reversed(range(max(1, (self.keys - 1).bit_length()))):
            ahead = tf.minimum(at + (1 << bit), self.keys - 1)
            at = tf.where(tf.gather(index, ahead) <= wanted, ahead, at)
        return at

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, groups * width)."""
        return input_shape[0], len(self.groups) * self.width

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"groups": self.groups, "sizes": self.sizes, "keys": self.keys, "width": self.width}
        return {**super().get_config(), **own}


def statistics_lookup(statistics: TargetStatistics, inputs: Mapping[str, Any]) -> Any:
    """Return the rows' vectors, (batch, groups * width).

    Args:
        statistics: learned ones.
        inputs: {column: Keras input (batch, 1) of ids}.
    """
    sizes = {name: statistics.sizes[name] for name in statistics.columns}
    keys, width = statistics.vectors.shape
    layer = StatisticsLookup(statistics.groups, sizes, keys, width, name=STATISTICS)
    layer.build((None, len(sizes)))
    layer.set_weights([statistics.keys, statistics.vectors, statistics.counts, statistics.default])
    ids = [inputs[name] for name in sizes]
    return layer(ids[0] if len(ids) == 1 else keras.layers.Concatenate(name=f"{STATISTICS}.ids")(ids))


def statistics_of(model: keras.Model) -> TargetStatistics | None:
    """Return the statistics that a model holds, or None; of a bag those of its first model.

    Args:
        model: built by ``build_model`` or ``bag_of``.
    """
    layer = next((layer for layer in parts_of(model)[0].layers if layer.name == STATISTICS), None)
    if layer is None:
        return None
    keys, vectors, counts, default = layer.get_weights()
    return TargetStatistics(tuple(map(tuple, layer.groups)), layer.sizes, keys, vectors, counts, default)


def set_statistics(model: keras.Model, statistics: TargetStatistics | None) -> None:
    """Put statistics into a model that holds some of the same groups and sizes.

    Args:
        model: built with statistics, or without where they are None.
        statistics: no more keys than there were; keys that are gone leave their place empty.
    """
    if statistics is None:
        return
    layer = model.get_layer(STATISTICS)
    gone = layer.keys - len(statistics.keys)
    keys = np.concatenate([np.full(gone, -1), statistics.keys])  # no labels have that key
    vectors = np.concatenate([np.zeros((gone, layer.width), np.float32), statistics.vectors])
    layer.set_weights([keys, vectors, np.concatenate([np.zeros(gone, int), statistics.counts]), statistics.default])


def fed_statistics(model: keras.Model) -> keras.Model:
    """Return the model with the same layers that is given the statistics, as an input, instead of looking them up.

    Args:
        model: built with statistics.
    """
    values = model.get_layer(STATISTICS).output
    values.name = STATISTICS  # Keras warns where a tensor is named otherwise than the key it is given under
    # To start a model at an inner tensor Keras copies the graph, and enters its own inputs as if they were copies too:
    # the model that was there before could not be saved any more.
    histories = [tensor._keras_history for tensor in model.inputs]
    fed = type(model)({**model.input, STATISTICS: values}, model.output, name=model.name)
    for tensor, history in zip(model.inputs, histories, strict=True):
        tensor._keras_history = history
    return fed
