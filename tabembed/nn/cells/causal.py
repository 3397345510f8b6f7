"""Cells learned from those before them: GPT's next-token prediction, over columns."""

from __future__ import annotations

__all__ = ["CausalCells"]

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from ...schema.schema import Schema
from ..attention import PrependToken
from ..networks.transformer import encoded
from ..seeds import Seeds
from .base import CellModel


class CausalCells(CellModel):
    """A transformer over a row's cells that tells each from those before it, the first from a token that begins rows.

    A missing cell is told like a label.

    Args:
        schema: of the columns, all of which are labelled.
        labelled: these columns.
        dim: of tokens and states.
        seeds: of initializers and draws.
        blocks: the encoder's arguments, see ``networks.transformer.encoded``.

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training", section 3.1; vectors
    as in Springer et al. 2024, "Repetition Improves Language Model Embeddings", arXiv 2402.15449.
    """

    def __init__(
        self, schema: Schema, labelled: Sequence[str], dim: int, seeds: Seeds, blocks: Mapping[str, Any]
    ) -> None:
        super().__init__(schema, labelled, dim, seeds, "causal", missing=True)
        tokens = keras.Input((None, dim))
        begun = PrependToken(seed=seeds.next(), name="causal.begin")(tokens)
        self.encode = keras.Model(tokens, encoded(begun, seeds, causal=True, **blocks), name="causal.encode")

    def told(self, tokens: Any, training: bool) -> Iterator[tuple[Any, Any]]:
        """Yield the states of what stands before each cell; all cells count."""
        yield self.encode(tokens, training=training)[:, :-1], tf.ones(tf.shape(tokens)[:2])

    def cells(self, inputs: Any) -> Any:
        """Return the states (batch, labelled, dim) of the cells as the row is read a second time.

        At the first reading a cell knows nothing of those after it.
        """
        tokens = self.tokenize(inputs, training=False)
        twice = tf.concat([tokens, tokens], axis=1)
        return self.encode(twice, training=False)[:, 1 + tokens.shape[1] :]

    def telling(self, inputs: Any, at: int) -> Any:
        """Return the states (batch, dim) of what stands before a column."""
        return self.encode(self.tokenize(inputs, training=False), training=False)[:, at]
