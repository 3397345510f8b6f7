"""Bins that go by the target, learned from some of the rows: from the others their targets must stay unknown."""

from __future__ import annotations

__all__ = ["binned_by"]

from dataclasses import replace

import numpy as np
import pyarrow as pa

from .numeric import Numeric
from .schema import Schema


def binned_by(
    schema: Schema, table: pa.Table, truth: np.ndarray, rows: np.ndarray | slice, *, embedding: str | None = None
) -> Schema:
    """Return the schema, bins that go by the target learned from these rows' targets alone.

    Bins of all rows hold what held-out rows answered: a network that is stopped by these is stopped too late.

    Args:
        schema: of the table.
        table: (n, columns).
        truth: (n,) what ``schema.encode_target`` gave.
        rows: their numbers.
        embedding: of the columns whose bins are learned; None for all.
    """
    kinds = {}
    for name, kind in schema.features.items():
        if isinstance(kind, Numeric) and kind.reads_target and embedding in (None, kind.embedding):
            cells = kind.cells(table, name)
            part = cells[rows] if isinstance(rows, slice) else cells.take(pa.array(rows))
            own, _ = kind.learn_with(part, truth[rows], name)
            kinds[name] = replace(kind, edges=own.edges, counts=own.counts)
    return schema.replace(kinds) if kinds else schema
