"""The branch of a column of numbers: scaled, missing told apart, and on request embedded."""

from __future__ import annotations

__all__ = ["numeric"]

from typing import Any

import keras
import numpy as np

from ...schema.kinds import Numeric
from ...schema.numeric import interval_key
from ..embedding import RowwiseEmbedding
from ..numeric_embeddings import Bucketize, CosineLinear, PeriodicLinear, PiecewiseLinear
from ..standardize import Standardize
from ..transforms import QuantileNormal, RobustClip, SignedLog
from .base import Branch, embedding_name

_HIDDEN = 0.02
"""Share of the cells that train the unknown row of buckets, as in ``Categorical``; half as many the missing one."""


def numeric(branch: Branch, kind: Numeric) -> Any:
    """Return the scaled value, (batch, 1), or its vector, (batch, dim), the indicator of missing behind it."""
    if kind.embedding == "buckets":
        return _buckets(branch, kind)
    values, scaling = branch.input, _scaling(branch.safe, kind)
    for layer in scaling:
        values = layer(values)
    return values if kind.embedding is None else _embedding(branch, kind, scaling)(values)


def _scaling(safe: str, kind: Numeric) -> list[keras.layers.Layer]:
    """Return the layers that scale a column, the last one with the indicator."""
    name, mean, scale = f"{safe}.transform", kind.mean or 0.0, kind.scale or 1.0
    standardize = Standardize(mean, scale, kind.indicator, name=f"{safe}.standardize")
    as_it_is = Standardize(0.0, 1.0, kind.indicator, name=f"{safe}.standardize")
    if kind.transform == "robust":
        return [RobustClip(mean, scale, name=name), as_it_is]
    if kind.transform == "quantile":
        return [QuantileNormal(kind.knots, kind.levels, name=name), as_it_is]
    return [SignedLog(name=name), standardize] if kind.transform == "log" else [standardize]


def _embedding(branch: Branch, kind: Numeric, scaling: list[keras.layers.Layer]) -> keras.layers.Layer:
    dim, seed, name = kind.width, branch.seeds.next(), embedding_name(branch.safe)
    if kind.embedding == "periodic":
        return PeriodicLinear(dim, scale=kind.frequency_scale, seed=seed, name=name)
    if kind.embedding == "pbld":
        return CosineLinear(dim, scale=kind.frequency_scale, seed=seed, name=name)
    return PiecewiseLinear(_scaled_edges(kind, scaling), dim, seed=seed, raw_edges=kind.edges, name=name)


def _scaled_edges(kind: Numeric, scaling: list[keras.layers.Layer]) -> list[float]:
    """Return the borders of the bins in the unit that the embedding sees; those that fall together, once."""
    values = np.asarray(kind.edges, np.float32)[:, None]
    for layer in scaling:
        values = layer(values)
    edges = np.unique(np.asarray(values)[:, 0].astype(np.float32)).tolist()
    return edges if len(edges) > 1 else [edges[0], edges[0] + 1]


def _buckets(branch: Branch, kind: Numeric) -> Any:
    ids = Bucketize(kind.edges[1:-1], name=f"{branch.safe}.bucketize")(branch.input)
    embedding = RowwiseEmbedding(
        len(kind.labels) + 2,
        branch.dims.get(interval_key(branch.column.name)) or kind.width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=branch.seeds.next()),
        unknown_rate=_HIDDEN,
        missing_rate=0.0 if kind.indicator else _HIDDEN / 2,
        seed=branch.seeds.next(),
        name=embedding_name(branch.safe),
    )
    return keras.layers.Flatten(name=f"{branch.safe}.flatten")(embedding(ids))
