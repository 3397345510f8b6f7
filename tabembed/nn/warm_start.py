"""Warm starts: tables go into a model, matched by label."""

from __future__ import annotations

__all__ = ["load_tables_into", "tables_of", "warm_dims"]

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.kinds import Categorical
from ..schema.schema import Schema
from ..schema.shared import labelled, sharing
from ..schema.vocabulary import FIRST_ID
from ..tables import EmbeddingTable
from .extract import embedding_of


def tables_of(init: Any) -> dict[str, EmbeddingTable]:
    """Return the tables of ``init=``: a mapping, a fitted object with ``tables_``, or None.

    Raises:
        DataError: for anything else.
    """
    tables = {} if init is None else getattr(init, "tables_", init)
    if not isinstance(tables, Mapping) or not all(isinstance(table, EmbeddingTable) for table in tables.values()):
        raise DataError(
            f"`init` must be {{column: EmbeddingTable}} or a fitted embedder, however: {type(init).__name__}"
        )
    return dict(tables)


def warm_dims(schema: Schema, tables: Mapping[str, EmbeddingTable]) -> dict[str, int]:
    """Return {column: dim} that the tables set; a pinned dim that differs is refused.

    Raises:
        DataError: for a pinned dim that differs, or a table of a column that has no embedding.
    """
    dims: dict[str, int] = {}
    for name, table in tables.items():
        kind = schema.features.get(name)
        if isinstance(kind, Categorical) and kind.is_one_hot:
            raise DataError(
                f"`init` has a table for column {name!r}, which is one-hot and has none; declare it with one_hot=False"
            )
        if name not in schema.tables:
            raise DataError(
                f"`init` has a table for column {name!r}, which is {type(schema[name]).__name__}; "
                f"declare te.Categorical()"
            )
        column, _ = schema.tables[name]
        kind = labelled(schema.features).get(name, schema[column])
        pinned = getattr(kind, "dim", None) if getattr(kind, "pinned", False) else None
        if pinned is not None and pinned != table.dim:
            raise DataError(
                f"column {name!r} is pinned to dim={pinned}, however: its table in `init` has dim {table.dim}; "
                f"use table.reduce({pinned}), or leave dim= open"
            )
        if not isinstance(kind, Categorical):
            dims[name] = table.dim
            continue
        group = sharing(schema.features, name)
        other = next((other for other in group if other in tables and tables[other] != table), None)
        if other is not None:
            raise DataError(
                f"columns {other!r} and {name!r} share table {kind.table!r} and must start from one table, however: "
                f"`init` has two different ones; leave one out"
            )
        dims |= dict.fromkeys(group, table.dim)
    return dims


def load_tables_into(model: keras.Model, schema: Schema, tables: Mapping[str, EmbeddingTable]) -> None:
    """Write tables into the embeddings: known labels get their vector, new ones the table's unknown row."""
    for name, table in tables.items():
        _, spec = schema.tables[name]
        labels, counts = spec.read()
        vectors = table.lookup(labels)
        if spec.rows is not None:
            vectors = _bucket_means(vectors, counts, spec.rows() - FIRST_ID, table.unknown, spec.size - FIRST_ID)
        embedding_of(model, schema, name).set_weights([np.vstack([table.missing, table.unknown, vectors])])


def _bucket_means(
    vectors: np.ndarray, counts: np.ndarray, buckets: np.ndarray, unknown: np.ndarray, size: int
) -> np.ndarray:
    """Return (size, dim) means of the labels' vectors in each bucket, by their rows; ``unknown`` where none is."""
    sums = np.zeros((size, vectors.shape[1]))
    np.add.at(sums, buckets, vectors * counts[:, None])
    rows = np.bincount(buckets, counts, minlength=size)[:, None]
    means: np.ndarray = np.where(rows > 0, sums / np.maximum(rows, 1), unknown)
    return means
