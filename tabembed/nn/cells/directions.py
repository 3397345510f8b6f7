"""Cells read one after the other, in both directions: LSTM language models, and a bidirectional LSTM."""

from __future__ import annotations

__all__ = ["DirectedCells", "ScalarMix", "both_ways"]

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from ...schema.schema import Schema
from ..attention import PrependToken
from ..seeds import Seeds
from .base import CellModel


class ScalarMix(keras.layers.Layer):
    """Mix layers by scalars that sum to 1, and scale the result.

    **Shape**

    - Input: (batch, columns, layers, dim)
    - Output: (batch, columns, dim)

    Source: Peters et al. 2018, arXiv 1802.05365, equation 1.
    """

    def build(self, input_shape: Any) -> None:
        """Make the scalars; all layers count alike at first."""
        self.scalars = self.add_weight(shape=(input_shape[-2],), initializer="zeros", name="scalars")
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Any) -> Any:
        """Return the mixture."""
        return self.scale * keras.ops.einsum("bcld,l->bcd", inputs, self.shares)

    @property
    def shares(self) -> Any:
        """(layers,) how much each layer counts; they sum to 1."""
        return keras.ops.softmax(self.scalars)


class DirectedCells(CellModel):
    """Two LSTM language models over a row's cells: one tells each from those before it, one from those after it.

    Both read and tell by the same tokens. From the second LSTM layer on a layer's input is added to its output.

    Args:
        schema: of the columns, all of which are labelled.
        labelled: these columns.
        dim: of the tokens, and of each direction's states.
        seeds: of initializers and draws.
        layers: of each LSTM.
        dropout: share of an LSTM's inputs dropped while training.

    Source: Peters et al. 2018, arXiv 1802.05365, sections 3.1 and 3.2.
    """

    def __init__(
        self, schema: Schema, labelled: Sequence[str], dim: int, seeds: Seeds, layers: int, dropout: float
    ) -> None:
        super().__init__(schema, labelled, dim, seeds, "directed", missing=True)
        columns = len(labelled)
        self.forward, self.backward = (
            _language_model(columns, dim, layers, dropout, seeds, f"directed.{way}") for way in ("forward", "backward")
        )
        self.mix = ScalarMix(name="directed.mix")
        self.mix.build((None, columns, 1 + layers, 2 * dim))
        self.mix.trainable = False  # the language models are told nothing by it

    def told(self, tokens: Any, training: bool) -> Iterator[tuple[Any, Any]]:
        """Yield the states of what stands before each cell, then of what stands after; all cells count."""
        for way, turn in ((self.forward, _as_it_is), (self.backward, _turned)):
            ends = way(turn(tokens), training=training)[:, :, -1]
            yield turn(ends[:, :-1]), tf.ones(tf.shape(tokens)[:2])

    def layers_of(self, inputs: Any) -> Any:
        """Return (batch, columns, 1 + layers, 2 dim): the token twice, then each layer's states of both directions."""
        tokens = self.tokenize(inputs, training=False)
        before = self.forward(tokens, training=False)
        after = self.backward(_turned(tokens), training=False)
        states = tf.concat([before[:, 1:], _turned(after[:, 1:])], axis=-1)
        return tf.concat([tf.concat([tokens, tokens], axis=-1)[:, :, None], states], axis=2)

    def cells(self, inputs: Any) -> Any:
        """Return the mixed layers, (batch, columns, 2 dim)."""
        return self.mix(self.layers_of(inputs))

    def telling(self, inputs: Any, at: int) -> Any:
        """Return the states (batch, dim) of what stands before a column."""
        return self.forward(self.tokenize(inputs, training=False), training=False)[:, at, -1]


def both_ways(cells: Any, units: int, layers: int, dropout: float, seeds: Seeds, name: str) -> Any:
    """Return the states of a bidirectional LSTM, those of both directions side by side.

    **Shape**: (batch, cells, dim) -> (batch, cells, 2 units)

    Args:
        cells: what is read.
        units: of each direction.
        layers: one over the other.
        dropout: share of a layer's inputs dropped while training.
        seeds: of initializers and masks.
        name: of the layers begins so.

    Source: Graves & Schmidhuber 2005, "Framewise phoneme classification with bidirectional LSTM".
    """
    for at in range(1, layers + 1):
        there = _lstm(units, dropout, seeds, f"{name}.forward_{at}")(cells)
        back = _lstm(units, dropout, seeds, f"{name}.backward_{at}")(_turned(cells))
        cells = keras.layers.Concatenate(name=f"{name}.layer_{at}")([there, _turned(back)])
    return cells


def _language_model(columns: int, dim: int, layers: int, dropout: float, seeds: Seeds, name: str) -> keras.Model:
    """Return the model from (batch, columns, dim) to the layers' states, (batch, 1 + columns, layers, dim)."""
    tokens = keras.Input((columns, dim))
    x = PrependToken(seed=seeds.next(), name=f"{name}.begin")(tokens)
    states: list[Any] = []
    for at in range(1, layers + 1):
        y = _lstm(dim, dropout, seeds, f"{name}.layer_{at}")(x)
        x = keras.layers.Add(name=f"{name}.add_{at}")([x, y]) if at > 1 else y
        states.append(x)
    return keras.Model(tokens, keras.ops.stack(states, axis=2), name=name)


def _lstm(units: int, dropout: float, seeds: Seeds, name: str) -> keras.layers.LSTM:
    return keras.layers.LSTM(
        units,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seeds.next()),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seeds.next()),
        dropout=dropout,
        seed=seeds.next(),
        name=name,
    )


def _as_it_is(values: Any) -> Any:
    return values


def _turned(values: Any) -> Any:
    return keras.ops.flip(values, axis=1)
