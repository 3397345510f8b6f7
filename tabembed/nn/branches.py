"""One branch a column: from its model input to the values that the network concatenates.

The second face of the column kinds: ``BRANCHES`` holds a builder for each kind that the model sees.
"""

from __future__ import annotations

__all__ = ["BRANCHES", "build_branch", "embedding_name", "prior_weights"]

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.column import Column
from ..schema.kinds import Boolean, Categorical, ColumnKind, Numeric
from .embedding import RowwiseEmbedding
from .row_prior import RowPrior
from .seeds import Seeds
from .standardize import Standardize

Branch = tuple[Any, Any]
"""A Keras input (batch, 1) and the branch's output (batch, width)."""


def embedding_name(safe: str) -> str:
    """Return the name of a column's embedding layer; no safe name holds a dot, so it is nobody else's.

    Example:
        >>> embedding_name("dest")
        'dest.embedding'
    """
    return f"{safe}.embedding"


def _categorical(
    column: Column, kind: Categorical, safe: str, dim: int | None, seeds: Seeds, shared: dict[str, Any]
) -> Branch:
    ids = keras.Input((1,), name=safe, dtype="int32")
    embedding = shared.get(kind.table or "") or _embedding(column, kind, safe, dim, seeds)
    if kind.table is not None:
        shared[kind.table] = embedding
    vectors = embedding(ids)
    if kind.l2:
        vectors = _prior(column, kind, safe)(ids, vectors)
    return ids, keras.layers.Flatten(name=f"{safe}.flatten")(vectors)


def _embedding(column: Column, kind: Categorical, safe: str, dim: int | None, seeds: Seeds) -> RowwiseEmbedding:
    return RowwiseEmbedding(
        kind.size,
        dim or kind.dim or 1,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=seeds.next()),
        unknown_rate=kind.unknown_rate,
        # Where the data never shows a missing cell, its row would stay as it was drawn.
        missing_rate=0.0 if column.missing else min(kind.unknown_rate / 2, 1 - kind.unknown_rate),
        seed=seeds.next(),
        name=embedding_name(safe),
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
    hidden = column.rows * kind.unknown_rate
    rare = float(column.rows - column.missing - kind.counts.sum())
    cells = np.concatenate([[column.missing or hidden / 2], [rare + hidden], kind.counts]).astype(np.float32)
    weights: np.ndarray = 1 / np.maximum(cells, 1)
    return weights


def _numeric(column: Column, kind: Numeric, safe: str, *_: Any) -> Branch:
    values = keras.Input((1,), name=safe, dtype="float32")
    standard = Standardize(kind.mean or 0.0, kind.scale or 1.0, kind.indicator, name=f"{safe}.standardize")
    return values, standard(values)


def _boolean(column: Column, kind: Boolean, safe: str, *_: Any) -> Branch:
    values = keras.Input((1,), name=safe, dtype="float32")
    return values, Standardize(0.5, 0.5, kind.indicator, name=f"{safe}.standardize")(values)


BRANCHES: dict[type[ColumnKind], Callable[..., Branch]] = {
    Categorical: _categorical,
    Numeric: _numeric,
    Boolean: _boolean,
}


def build_branch(
    column: Column, safe: str, dim: int | None, seeds: Seeds, shared: dict[str, Any] | None = None
) -> Branch:
    """Return a column's input and its branch's output.

    Args:
        column: the learned column; one that shares its table, with the rows of all its columns (``whole_column``).
        safe: its model input name.
        dim: dimensions of its vectors where they are not the kind's own (a warm start), or None.
        seeds: of the initializer and the random masks.
        shared: {table: embedding layer} of the tables that columns share; the first one's branch adds its layer.

    Raises:
        DataError: for a kind that has no branch.
    """
    builder = BRANCHES.get(type(column.kind))
    if builder is None:
        raise DataError(
            f"column {column.name!r} is {type(column.kind).__name__}, which has no model branch; "
            f"leave it out with te.Ignored()"
        )
    return builder(column, column.kind, safe, dim, seeds, {} if shared is None else shared)
