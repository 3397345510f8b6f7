"""Cells learned from all others of their row: BERT's masked training, over columns."""

from __future__ import annotations

__all__ = ["MaskedCells"]

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...schema.schema import Schema
from ..attention import PrependToken
from ..draws import uniform
from ..networks.transformer import encoded
from ..seeds import Seeds
from .base import CellModel

_MASKED, _SWAPPED = 0.8, 0.9
"""Of the chosen cells 80 % are masked, 10 % hold another row's label, 10 % stay (Devlin et al. 2019, section 3.1)."""


class MaskedCells(CellModel):
    """A transformer over a row's cells that tells the ones it doesn't see.

    The layers are those of the network ``transformer``, under the same names, so that it can start from them. The
    bias of a column's tokens is its column embedding; a column has a mask vector of its own, which holds one too.

    Args:
        schema: of the columns; all of them are read.
        labelled: the columns whose cells are masked and told.
        dim: of tokens and states.
        seeds: of initializers and draws.
        mask_rate: share of the cells chosen, besides one of each row.
        blocks: the encoder's arguments, see ``networks.transformer.encoded``.

    Source: Devlin et al. 2019, arXiv 1810.04805, section 3.1; over columns as Huang et al. 2020, "TabTransformer",
    arXiv 2012.06678, section 2. That one cell of each row is chosen always is ours: rows are short.
    """

    def __init__(
        self,
        schema: Schema,
        labelled: Sequence[str],
        dim: int,
        seeds: Seeds,
        mask_rate: float,
        blocks: Mapping[str, Any],
    ) -> None:
        super().__init__(schema, labelled, dim, seeds, "transformer")
        columns = len(schema.features)
        self.mask_rate = mask_rate
        normal = keras.initializers.RandomNormal(stddev=dim**-0.5, seed=seeds.next())
        self.mask = self.add_weight(shape=(columns, dim), initializer=normal, name="mask")
        tokens = keras.Input((columns, dim))
        ends = encoded(PrependToken(seed=seeds.next(), name="transformer.cls")(tokens), seeds, **blocks)
        self.encode = keras.Model(tokens, ends, name="transformer.encode")
        self.draws = keras.random.SeedGenerator(seeds.next())
        self.among = np.eye(columns, dtype=np.float32)[self.places]
        """(labelled, columns) which of all columns the labelled ones are."""

    def told(self, tokens: Any, training: bool) -> Iterator[tuple[Any, Any]]:
        """Yield the states where some cells are hidden, and the cells that were chosen."""
        shape = (tf.shape(tokens)[0], len(self.places))
        first = tf.one_hot(tf.argmax(uniform(shape, self.draws), axis=1), len(self.places))
        chosen = tf.maximum(first, tf.cast(uniform(shape, self.draws) < self.mask_rate, tf.float32))
        how = uniform(shape, self.draws)
        masked, swapped = (
            tf.matmul(chosen * tf.cast(share, tf.float32), self.among)[:, :, None]
            for share in (how < _MASKED, (how >= _MASKED) & (how < _SWAPPED))
        )
        seen = tokens + masked * (self.mask - tokens) + swapped * (tf.roll(tokens, 1, axis=0) - tokens)
        yield self._states(seen, training), chosen

    def _states(self, tokens: Any, training: bool = False) -> Any:
        return tf.gather(self.encode(tokens, training=training)[:, 1:], self.places, axis=1)

    def cells(self, inputs: Any) -> Any:
        """Return the states where all cells are seen, (batch, labelled, dim)."""
        return self._states(self.tokenize(inputs, training=False))

    def telling(self, inputs: Any, at: int) -> Any:
        """Return the states (batch, dim) of a column's cells, masked."""
        hidden = self.among[at][None, :, None]
        tokens = self.tokenize(inputs, training=False)
        return self._states(tokens + hidden * (self.mask - tokens))[:, at]
