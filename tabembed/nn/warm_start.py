"""Warm starts: tables go into a model, matched by label."""

from __future__ import annotations

__all__ = [
    "Pretrained",
    "has_encoder",
    "load_tables_into",
    "start_from",
    "tables_of",
    "warm_dims",
    "warm_options",
    "warm_schema",
]

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.column import Column
from ..schema.kinds import Categorical
from ..schema.schema import Schema
from ..schema.shared import labelled, sharing
from ..schema.vocabulary import FIRST_ID
from ..tables import EmbeddingTable
from .embedding import RowwiseEmbedding
from .extract import embedding_of, extract_tables
from .row_prior import RowPrior

_STARTS = "transformer"


class Pretrained(NamedTuple):
    """An encoder that has learned from rows without a target; the network ``transformer`` starts from it.

    Args:
        schema: of the columns it read.
        options: its sizes, arguments of the network.
        branches: the model from the columns to their tokens.
        encoder: the model from the tokens to their ends.
    """

    schema: Schema
    options: Mapping[str, Any]
    branches: keras.Model
    encoder: keras.Model


def _pretrained_of(init: Any, network: str) -> Pretrained | None:
    """Return the encoder of ``init=``, where it has one and the network is its own.

    Args:
        init: as ``build_model`` takes it.
        network: a name that ``build_model`` takes.
    """
    found = getattr(init, "pretrained_", None) if network == _STARTS else None
    return found if isinstance(found, Pretrained) else None


def has_encoder(init: Any, network: str) -> bool:
    """Say whether a network starts from the layers of ``init=``, whose columns must be all that it reads.

    Args:
        init: as ``build_model`` takes it.
        network: its name.
    """
    return _pretrained_of(init, network) is not None


def warm_options(init: Any, network: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's arguments, those of the encoder of ``init=`` where they aren't given.

    Args:
        init: as ``build_model`` takes it.
        network: its name.
        options: those that are given.

    Raises:
        DataError: for a size that is given and differs.
    """
    start = _pretrained_of(init, network)
    sizes = {} if start is None else dict(start.options)
    for name, value in sizes.items():
        if options.get(name, value) != value:
            raise DataError(
                f"network {network!r} must have {name}={value!r} to start from `init`, however: "
                f"{name}={options[name]!r}; leave it out, or fit the embedder with it"
            )
    return {**sizes, **options}


def warm_schema(schema: Schema, init: Any, network: str, data: Any, own: Collection[str] = ()) -> Schema:
    """Return the schema to fit by: the columns of the encoder of ``init=``, whose layers speak in their units.

    Args:
        schema: of the data, with a target.
        init: as ``build_model`` takes it.
        network: its name.
        data: the rows; their new labels get ids.
        own: the columns that the user declared, which stay as they are.

    Raises:
        DataError: for a column that the encoder has never read.
        LabelError: for a column that is missing.
    """
    start = _pretrained_of(init, network)
    if start is None:
        return schema
    known = start.schema.grown(data)
    new = next((name for name in schema.sources if name not in known.sources), None)
    if new is not None:
        raise DataError(
            f"column {new!r} must be one that `init` was fitted on, however: those are {', '.join(known.sources)}; "
            f"leave it out, or fit the embedder with it"
        )
    given = {column.name: column for column in schema.columns if column.name in own}
    return Schema([given.get(column.name, _kept(column)) for column in known.columns], schema.target)


def _kept(column: Column) -> Column:
    """Return a column whose vectors no prior draws to zero: they have learned already."""
    kind = column.kind
    return replace(column, kind=replace(kind, l2=0.0)) if isinstance(kind, Categorical) else column


def start_from(init: Any, network: str, model: keras.Model, schema: Schema) -> None:
    """Write what ``init=`` holds into a model: tables, and an encoder's layers.

    Args:
        init: as ``build_model`` takes it.
        network: the model's.
        model: built with the dims and the sizes of ``init``.
        schema: of the model.

    Raises:
        DataError: where an encoder read other columns, or columns of another width.
    """
    load_tables_into(model, schema, tables_of(init))
    start = _pretrained_of(init, network)
    if start is not None:
        _load_encoder(model, schema, start)


def _load_encoder(model: keras.Model, schema: Schema, start: Pretrained) -> None:
    before, after = list(start.schema.features), list(schema.features)
    tokens, mine = (m.get_layer("transformer.tokens") for m in (start.branches, model))
    for had, has, old, new in zip(
        [*before, None], [*after, None], [*tokens.widths, 0], [*mine.widths, 0], strict=False
    ):
        if had != has or old != new:
            raise DataError(
                f"the columns must be those that `init` was fitted on, {', '.join(before)}, alike, however: "
                f"{has!r} of width {new} stands for {had!r} of width {old}; fit from one schema"
            )
    load_tables_into(model, schema, extract_tables(start.branches, start.schema))
    for layer in (*start.branches.layers, *start.encoder.layers):
        if layer.weights and not isinstance(layer, RowwiseEmbedding | RowPrior):
            model.get_layer(layer.name).set_weights(layer.get_weights())


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
