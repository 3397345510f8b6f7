"""One branch a column: from its model input to the values that the network concatenates.

The second face of the column kinds: ``BRANCHES`` holds a builder for each kind that the model sees.
"""

from __future__ import annotations

__all__ = ["BRANCHES", "Branch", "build_branch", "embedding_name", "prior_weights"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Branch:
    """What a branch is built from.

    Args:
        column: the learned column; one that shares its table, with the rows of all its columns (``whole_column``).
        safe: its safe name; the names of the branch's layers begin with it and a dot.
        inputs: {column: Keras input} of all parts of the schema, (batch, 1) or of lists (batch, longest).
        seeds: of the initializers and the random masks.
        dims: {key of a table: dimensions} where they are not the kind's own (a warm start).
        shared: {table: embedding layer} of the tables that columns share; the first one's branch adds its layer.
    """

    column: Column
    safe: str
    inputs: Mapping[str, Any]
    seeds: Seeds
    dims: Mapping[str, int]
    shared: dict[str, Any]

    @property
    def input(self) -> Any:
        """The one input of a column that has only one."""
        return self.inputs[self.column.name]


def embedding_name(safe: str) -> str:
    """Return the name of a column's embedding layer; no safe name holds a dot, so it is nobody else's.

    Example:
        >>> embedding_name("dest")
        'dest.embedding'
    """
    return f"{safe}.embedding"


def _categorical(branch: Branch, kind: Categorical) -> Any:
    embedding = branch.shared.get(kind.table or "") or _embedding(branch, kind)
    if kind.table is not None:
        branch.shared[kind.table] = embedding
    vectors = embedding(branch.input)
    if kind.l2:
        vectors = _prior(branch.column, kind, branch.safe)(branch.input, vectors)
    return keras.layers.Flatten(name=f"{branch.safe}.flatten")(vectors)


def _embedding(branch: Branch, kind: Categorical) -> RowwiseEmbedding:
    return RowwiseEmbedding(
        kind.size,
        branch.dims.get(branch.column.name) or kind.dim or 1,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=branch.seeds.next()),
        unknown_rate=kind.unknown_rate,
        # Where the data never shows a missing cell, its row would stay as it was drawn.
        missing_rate=0.0 if branch.column.missing else min(kind.unknown_rate / 2, 1 - kind.unknown_rate),
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
    hidden = column.rows * kind.unknown_rate
    rare = float(column.rows - column.missing - kind.counts.sum())
    cells = np.concatenate([[column.missing or hidden / 2], [rare + hidden], kind.counts]).astype(np.float32)
    weights: np.ndarray = 1 / np.maximum(cells, 1)
    return weights


def _numeric(branch: Branch, kind: Numeric) -> Any:
    standard = Standardize(kind.mean or 0.0, kind.scale or 1.0, kind.indicator, name=f"{branch.safe}.standardize")
    return standard(branch.input)


def _boolean(branch: Branch, kind: Boolean) -> Any:
    return Standardize(0.5, 0.5, kind.indicator, name=f"{branch.safe}.standardize")(branch.input)


BRANCHES: dict[type[ColumnKind], Callable[..., Any]] = {
    Categorical: _categorical,
    Numeric: _numeric,
    Boolean: _boolean,
}
"""{kind: builder}; it takes a ``Branch`` and its kind and returns what the network concatenates, (batch, width)."""


def build_branch(branch: Branch) -> Any:
    """Return a branch's output, (batch, width).

    Args:
        branch: what it is built from.

    Raises:
        DataError: for a kind that has no branch.
    """
    column = branch.column
    builder = BRANCHES.get(type(column.kind))
    if builder is None:
        raise DataError(
            f"column {column.name!r} is {type(column.kind).__name__}, which has no model branch; "
            f"leave it out with te.Ignored()"
        )
    return builder(branch, column.kind)
