"""``extract_tables``: the learned vectors leave the model, keyed by their labels."""

from __future__ import annotations

__all__ = ["embedding_of", "extract_tables", "tables_of_rows"]

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.kinds import Categorical
from ..schema.schema import Schema
from ..schema.shared import sharing
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from ..tables import EmbeddingTable
from .branches import embedding_name


def embedding_of(model: keras.Model, schema: Schema, column: str) -> Any:
    """Return a categorical column's embedding layer.

    Raises:
        DataError: when the column has no table, or the model isn't one of this schema.
    """
    kind = schema[column]
    if not isinstance(kind, Categorical):
        raise DataError(f"column {column!r} is {type(kind).__name__} and has no embedding table")
    try:
        layer = model.get_layer(embedding_name(schema.input_names[sharing(schema.features, column)[0]]))
    except ValueError:
        raise DataError(f"the model has no embedding for column {column!r}; was it built from this schema?") from None
    if layer.input_dim != kind.size:
        raise DataError(
            f"the model's embedding for column {column!r} must have {kind.size:,} rows ({kind.kept:,} labels, missing, "
            f"unknown), however: it has {layer.input_dim:,}; use the schema it was built from"
        )
    return layer


def extract_tables(model: keras.Model, schema: Schema) -> dict[str, EmbeddingTable]:
    """Return the learned vectors of every categorical column, keyed by its labels.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.

    Returns:
        {column: table}, one and the same for columns that share it; each vector equals the layer's row exactly,
        ``missing`` and ``unknown`` are rows 0 and 1.

    Raises:
        DataError: when the model isn't one of this schema.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> te.extract_tables(te.build_model(schema), schema)["dest"].labels
        ('LAX', 'BOS')
    """
    owners = {
        sharing(schema.features, name)[0] for name, kind in schema.features.items() if isinstance(kind, Categorical)
    }
    return tables_of_rows(schema, {name: embedding_of(model, schema, name).get_weights()[0] for name in owners})


def tables_of_rows(schema: Schema, rows: Mapping[str, np.ndarray]) -> dict[str, EmbeddingTable]:
    """Return the tables of matrices whose rows lie by id.

    Args:
        schema: of the columns.
        rows: {column: (size, dim)}; of columns that share a table, the first one's.

    Returns:
        {column: table}, as ``extract_tables``.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
        >>> tables_of_rows(schema, {"dest": np.eye(4, dtype="float32")})["dest"]["LAX"].tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    tables: dict[str, EmbeddingTable] = {}
    kinds = schema.features
    for name, kind in kinds.items():
        owner = sharing(kinds, name)[0]
        if owner in tables:
            tables[name] = tables[owner]
        elif isinstance(kind, Categorical):
            tables[name] = EmbeddingTable(
                kind.labels,
                rows[name][FIRST_ID:],
                counts=kind.counts,
                missing=rows[name][MISSING_ID],
                unknown=rows[name][UNKNOWN_ID],
                name=kind.table or name,
                metric="euclidean",
            )
    return tables
