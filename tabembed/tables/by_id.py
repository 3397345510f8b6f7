"""Tables from matrices whose rows lie by id, as a schema gives the ids."""

from __future__ import annotations

__all__ = ["tables_of_rows"]

from collections.abc import Mapping

import numpy as np

from ..schema.schema import Schema
from ..schema.shared import sharing
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .table import EmbeddingTable


def tables_of_rows(
    schema: Schema, rows: Mapping[str, np.ndarray], metric: str = "euclidean"
) -> dict[str, EmbeddingTable]:
    """Return the tables of matrices whose rows lie by id.

    Args:
        schema: of the columns.
        rows: {key of ``schema.tables``: (size, dim)}; of columns that share a table, the first one's.
        metric: what the tables' ``neighbors`` measure by default.

    Returns:
        {key: table} of these, as ``extract_tables``.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
        >>> tables_of_rows(schema, {"dest": np.eye(4, dtype="float32")})["dest"]["LAX"].tolist()
        [0.0, 0.0, 1.0, 0.0]
    """
    tables: dict[str, EmbeddingTable] = {}
    for key, (_, spec) in schema.tables.items():
        owner = sharing(schema.features, key)[0]
        if owner in tables:
            tables[key] = tables[owner]
        elif key in rows:
            labels, counts = spec.read()
            matrix = rows[key]
            tables[key] = EmbeddingTable(
                labels,
                matrix[FIRST_ID:] if spec.rows is None else matrix[spec.rows()],
                counts=counts,
                missing=matrix[MISSING_ID],
                unknown=matrix[UNKNOWN_ID],
                name=spec.name,
                metric=metric,
            )
    return tables
