"""The branch of a categorical column: one ``Embedding`` and one ``Flatten``, with a prior on each label's vector."""

from __future__ import annotations

__all__ = ["categorical", "missing_rate", "number_codes", "numbers_name", "prior_weights", "vectors_of"]

from typing import Any

import keras
import numpy as np

from ...schema.column import Column
from ...schema.kinds import Categorical, MultiCategorical
from ...schema.vocabulary import FIRST_ID
from ..draws import Dropout
from ..embedding import RowwiseEmbedding
from ..numeric_embeddings import PiecewiseLinear
from ..row_prior import RowPrior
from .base import Branch, embedding_name

_NUMBER_DIM = 5
"""Of the vector of an ordered column's number; with 16 loans and programmers did worse (training rows)."""


def categorical(branch: Branch, kind: Categorical) -> Any:
    """Return the label's vector, (batch, dim), that of its number behind it where the column is ordered."""
    code = _one_hot(branch, kind)(branch.input) if kind.is_one_hot else vectors_of(branch, kind, branch.input)
    vector = keras.layers.Flatten(name=f"{branch.safe}.flatten")(code)
    if kind.edges is None:
        return vector
    return keras.layers.Concatenate(name=f"{branch.safe}.ordered")([vector, _number(branch, kind)])


def vectors_of(branch: Branch, kind: Categorical, ids: Any, there: Any = None) -> Any:
    """Return the vectors of ids, (batch, ids, dim), while training with their prior.

    Args:
        branch: what they are built from.
        kind: its kind.
        ids: (batch, ids) int32.
        there: (batch, ids) which of these there are; None for all.
    """
    embedding = branch.shared.get(kind.table or "") or _embedding(branch, kind)
    if kind.table is not None:
        branch.shared[kind.table] = embedding
    vectors = embedding(ids)
    if kind.l2:
        prior = _prior(branch.column, kind, branch.safe)
        vectors = prior(ids, vectors) if there is None else prior(ids, vectors, there)
    if kind.embedding_dropout:
        name = f"{branch.safe}.dropout"
        vectors = Dropout(kind.embedding_dropout, seed=branch.seeds.next(), name=name)(vectors)
    return vectors


def number_codes(kind: Categorical) -> np.ndarray:
    """Return (rows of the table, 2) float32: each label's number, scaled, and a one where there is none.

    Args:
        kind: of an ordered column.
    """
    mean, scale = _scaling(kind)
    numbers = np.concatenate([np.full(FIRST_ID, np.nan), kind.numbers])
    none = np.isnan(numbers)
    return np.stack([np.where(none, 0, (numbers - mean) / scale), none], axis=1).astype(np.float32)


def numbers_name(safe: str) -> str:
    """Return the name of the layer that holds an ordered column's numbers."""
    return f"{safe}.numbers"


def missing_rate(branch: Branch, kind: Categorical) -> float:
    """Return the share of cells to hide: where the data never shows a missing cell, its row would stay as drawn."""
    return 0.0 if branch.column.missing else min(kind.unknown_rate / 2, 1 - kind.unknown_rate)


def _one_hot(branch: Branch, kind: Categorical) -> RowwiseEmbedding:
    """Return a fixed code: a one for each label, the last place for missing, zeros for unknown."""
    code = np.vstack([np.eye(kind.kept + 1)[-1:], np.zeros((1, kind.kept + 1)), np.eye(kind.kept, kind.kept + 1)])
    return RowwiseEmbedding(
        kind.size,
        kind.kept + 1,
        weights=code,
        trainable=False,
        unknown_rate=kind.unknown_rate,
        missing_rate=missing_rate(branch, kind),
        seed=branch.seeds.next(),
        name=f"{branch.safe}.one_hot",
    )


def _number(branch: Branch, kind: Categorical) -> Any:
    """Return the vector of the label's number, and whether there is none, (batch, dim + 1)."""
    numbers = RowwiseEmbedding(
        kind.size,
        2,
        weights=number_codes(kind),
        trainable=False,
        unknown_rate=kind.unknown_rate,
        missing_rate=missing_rate(branch, kind),
        seed=branch.seeds.next(),
        name=numbers_name(branch.safe),
    )
    mean, scale = _scaling(kind)
    edges = [(edge - mean) / scale for edge in kind.edges or ()]
    edges = edges if len(edges) > 1 else [edges[0], edges[0] + 1]
    name, seed = f"{branch.safe}.number", branch.seeds.next()
    pieces = PiecewiseLinear(edges, _NUMBER_DIM, seed=seed, raw_edges=kind.edges, name=name)
    return pieces(keras.layers.Flatten(name=f"{branch.safe}.numbers.flatten")(numbers(branch.input)))


def _scaling(kind: Categorical) -> tuple[float, float]:
    """Return mean and deviation of the borders, between which there are as many rows."""
    return float(np.mean(kind.edges or 0)), float(np.std(kind.edges or 0)) or 1.0


def _embedding(branch: Branch, kind: Categorical) -> RowwiseEmbedding:
    return RowwiseEmbedding(
        kind.size,
        branch.dims.get(branch.column.name) or kind.dim or 1,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=branch.seeds.next()),
        unknown_rate=kind.unknown_rate,
        # Of a list the whole cell is hidden, not an item.
        missing_rate=0.0 if isinstance(kind, MultiCategorical) else missing_rate(branch, kind),
        seed=branch.seeds.next(),
        name=embedding_name(branch.safe),
    )


def _prior(column: Column, kind: Categorical, safe: str) -> RowPrior:
    """Return the prior's layer, each row weighed by the cells that train it in an epoch."""
    layer = RowPrior(kind.size, kind.l2, name=f"{safe}.prior")
    layer.weight.assign(prior_weights(column, kind))
    return layer


def prior_weights(column: Column, kind: Categorical) -> np.ndarray:
    """Return (rows of the table,) float32: 1 / the cells that train each row in an epoch.

    Args:
        column: with the rows of all columns that share its table (``whole_column``).
        kind: its kind.
    """
    if isinstance(kind, MultiCategorical):
        return _list_weights(kind)
    hidden = column.rows * kind.unknown_rate
    rare = float(column.rows - column.missing - kind.counts.sum())
    cells = np.concatenate([[column.missing or hidden / 2], [rare + hidden], kind.row_counts]).astype(np.float32)
    weights: np.ndarray = 1 / np.maximum(cells, 1)
    return weights


def _list_weights(kind: MultiCategorical) -> np.ndarray:
    """Return the weights for lists, whose items are counted, not their rows; the padding has no prior."""
    every = float(kind.vocabulary.counts.sum()) if kind.vocabulary is not None else 0.0
    rare = every - float(kind.counts.sum())
    cells = np.concatenate([[np.inf], [rare + every * kind.unknown_rate], kind.row_counts]).astype(np.float32)
    weights: np.ndarray = 1 / np.maximum(cells, 1)
    return weights
