"""What the models of cells share: tokens of the columns, and the cost of telling labels from states."""

from __future__ import annotations

__all__ = ["CellModel"]

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...schema.kinds import Categorical
from ...schema.schema import Schema
from ...schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from ..column_tokens import ColumnTokens
from ..embedding import RowwiseEmbedding
from ..extract import embedding_of
from ..model import build_branches
from ..seeds import Seeds
from ..traced_once import TracedOnce
from .scores import TiedScores

_WIDER = 15.0
"""Times the branches' first vectors: told by them too, labels learn from each other the sooner the further apart."""


class CellModel(TracedOnce, keras.Model):
    """A model of rows that learns each cell's label from the row's other cells, without a target.

    Called on rows it returns what the told cells cost, so that ``fit`` needs no answers. A subclass says in ``told``
    which states tell which cells, and in ``cells`` what a cell's vector is.

    **Shape**

    - Input: {model input name: (batch, 1)}
    - Output: (batch,) the row's part of the mean cost of a told cell

    Args:
        schema: of the columns.
        labelled: the columns whose labels are told.
        dim: of the tokens.
        seeds: of initializers and draws.
        prefix: of the layers' names.
        missing: whether a missing cell is told like a label.
    """

    def __init__(
        self, schema: Schema, labelled: Sequence[str], dim: int, seeds: Seeds, prefix: str, missing: bool = False
    ) -> None:
        super().__init__()
        inputs, joined = build_branches(schema, {}, seeds)
        features = list(schema.features)
        self.dim, self.places = dim, [features.index(name) for name in labelled]
        self.input_names_ = [schema.input_names[name] for name in labelled]
        self.tokens = ColumnTokens(joined.widths, dim, seed=seeds.next(), name=f"{prefix}.tokens")
        self.tokenize = keras.Model(inputs, self.tokens(joined.values), name=f"{prefix}.tokenize")
        self.embeddings: list[RowwiseEmbedding] = [embedding_of(self.tokenize, schema, name) for name in labelled]
        for embedding in {id(one): one for one in self.embeddings}.values():
            embedding.embeddings.assign(embedding.embeddings * _WIDER)
        self.scores = [
            TiedScores(_shares(schema, name, missing), name=f"{prefix}.scores_{at}") for at, name in enumerate(labelled)
        ]
        self.from_id = FIRST_ID if not missing else MISSING_ID

    @abstractmethod
    def told(self, tokens: Any, training: bool) -> Iterator[tuple[Any, Any]]:
        """Yield states (batch, labelled, dim) that tell the columns' cells, and which (batch, labelled) count."""

    @abstractmethod
    def cells(self, inputs: Any) -> Any:
        """Return the vectors of the labelled columns' cells in their rows, (batch, labelled, width)."""

    @abstractmethod
    def telling(self, inputs: Any, at: int) -> Any:
        """Return the states (batch, dim) that tell column ``at`` when its cells are not seen."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return each row's part of the mean cost."""
        tokens = self.tokenize(inputs, training=training)
        ids = [tf.cast(inputs[name][:, 0], tf.int32) for name in self.input_names_]
        costs, weights = [], []
        for states, counts in self.told(tokens, training):
            for at, its in enumerate(ids):
                there = (its >= self.from_id) & (its != UNKNOWN_ID)
                weights.append(tf.cast(there, tf.float32) * counts[:, at])
                costs.append(weights[-1] * self._cost(at, states[:, at], its))
        return tf.add_n(costs) / tf.maximum(tf.reduce_mean(tf.add_n(weights)), 1e-6)

    def _cost(self, at: int, states: Any, ids: Any) -> Any:
        """Return (batch,) what it costs to tell a column's ids."""
        scores, embedding = self.scores[at], self.embeddings[at]
        if scores.sampled:
            own = self.tokens.of_column(self.places[at], tf.gather(embedding.embeddings.value, ids))
            return scores.of_batch(states, own, ids)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(ids, scores(states, self._all_tokens(at)))

    def _all_tokens(self, at: int) -> Any:
        return self.tokens.of_column(self.places[at], self.embeddings[at].embeddings)

    def shares(self, inputs: Any, at: int) -> Any:
        """Return (batch, size) probabilities of the ids of column ``at`` where its cells are not seen."""
        return tf.nn.softmax(self.scores[at](self.telling(inputs, at), self._all_tokens(at)))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the mean of what the rows cost."""
        return tf.reduce_mean(y_pred)


def _shares(schema: Schema, name: str, missing: bool) -> np.ndarray:
    """Return (size,) the shares of a column's ids."""
    column, kind = schema.column(name), schema[name]
    assert isinstance(kind, Categorical)
    counts = np.concatenate([[column.missing if missing else 0, 0], kind.row_counts]).astype(np.float64)
    counts[FIRST_ID:] += 0.5
    return np.asarray(counts / counts.sum(), np.float32)
