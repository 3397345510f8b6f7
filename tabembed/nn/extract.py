"""``extract_tables``: the learned vectors leave the model, keyed by their labels."""

from __future__ import annotations

__all__ = ["embedding_of", "extract_statistics", "extract_tables"]

from typing import Any

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.cross import joined
from ..schema.schema import Schema
from ..schema.shared import sharing
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from ..tables import EmbeddingTable
from ..tables.by_id import tables_of_rows
from .bags import parts_of
from .statistics import TargetStatistics
from .statistics_lookup import statistics_of


def embedding_of(model: keras.Model, schema: Schema, column: str) -> Any:
    """Return a column's embedding layer.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.
        column: a key of ``schema.tables``: the column's name, where its kind has one table.

    Raises:
        DataError: when the column has no table, or the model isn't one of this schema.
    """
    if column not in schema.tables:
        raise DataError(f"column {column!r} is {type(schema[column]).__name__} and has no embedding table")
    name, spec = schema.tables[sharing(schema.features, column)[0]]
    try:
        layer = model.get_layer(f"{schema.input_names[name]}.{spec.layer}")
    except ValueError:
        raise DataError(f"the model has no embedding for column {column!r}; was it built from this schema?") from None
    if layer.input_dim != spec.size:
        raise DataError(
            f"the model's embedding for column {column!r} must have {spec.size:,} rows ({spec.size - FIRST_ID:,} "
            f"labels, missing, unknown), however: it has {layer.input_dim:,}; use the schema it was built from"
        )
    return layer


def extract_tables(model: keras.Model, schema: Schema) -> dict[str, EmbeddingTable]:
    """Return the learned vectors of every categorical column, keyed by its labels.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.

    Returns:
        {column: table}, one and the same for columns that share it; each vector equals the layer's row exactly (in a
        bag the rows of all its models, one behind the other), ``missing`` and ``unknown`` are rows 0 and 1.

    Raises:
        DataError: when the model isn't one of this schema.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> te.extract_tables(te.build_model(schema), schema)["dest"].labels
        ('LAX', 'BOS')
    """
    own = [key for key in schema.tables if sharing(schema.features, key)[0] == key]
    parts = parts_of(model)
    rows = {key: [embedding_of(part, schema, key).get_weights()[0] for part in parts] for key in own}
    return tables_of_rows(schema, {key: np.hstack(found) for key, found in rows.items()})


def extract_statistics(model: keras.Model, schema: Schema) -> dict[str, EmbeddingTable]:
    """Return the target statistics of a model's columns, and of columns together, keyed by their labels.

    A vector holds the smoothed mean of the target (in standard deviations from that of all rows; of classes the
    log-odds of each, of two of the second), and last the logarithm of the count, of the rows that had the label, or all
    of a group's. Labels of a single row have one where one row says enough. ``counts`` are these rows. Of a bag they
    are its first model's.

    Args:
        model: built by ``build_model(schema, statistics=...)``.
        schema: the same one.

    Returns:
        {column, or "origin|dest" of two, whose labels are joined alike: table}; empty for a model without.
    """
    statistics = statistics_of(model)
    if statistics is None:
        return {}
    return {joined(group): _statistics_table(statistics, schema, at) for at, group in enumerate(statistics.groups)}


def _statistics_table(statistics: TargetStatistics, schema: Schema, at: int) -> EmbeddingTable:
    group = statistics.groups[at]
    ids, places = statistics.ids_of(at)
    known = [schema.tables[name][1].read()[0] if name in schema.tables else [] for name in group]
    labels, rows = [], []
    for own, place in zip(ids.tolist(), places.tolist(), strict=True):
        if all(FIRST_ID <= one < FIRST_ID + len(names) for one, names in zip(own, known, strict=True)):
            labels.append(joined([names[one - FIRST_ID] for one, names in zip(own, known, strict=True)]))
            rows.append(place)
    single = {int(own[0]): place for own, place in zip(ids, places, strict=True)} if len(group) == 1 else {}
    nothing = statistics.default[at]
    missing, unknown = (
        statistics.vectors[single[one]] if one in single else nothing for one in (MISSING_ID, UNKNOWN_ID)
    )
    return EmbeddingTable(
        labels,
        statistics.vectors[np.array(rows, int)],
        counts=statistics.counts[np.array(rows, int)],
        missing=missing,
        unknown=unknown,
        name=joined(group),
    )
