"""Encoding a frame in memory: a few rows as plain Python values, many with a thread a column."""

from __future__ import annotations

__all__ = ["encode_few", "encode_table"]

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, cast, get_args

import numpy as np
import pyarrow as pa

from ..io.few import few_cells
from .kinds import Boolean, Categorical, ColumnKind, Numeric
from .ragged import Encoded

_Simple: TypeAlias = Categorical | Numeric | Boolean
_MANY_CELLS = 1 << 18
"""From so many on, threads are worth starting: Arrow and NumPy let go of the interpreter while they work."""


def encode_few(features: Mapping[str, ColumnKind], data: Any) -> dict[str, np.ndarray]:
    """Return {column: array} of the columns of a few rows that can be read without Arrow; see ``few_cells``.

    Args:
        features: {column: kind}.
        data: anything ``infer_schema`` takes.
    """
    # By the very type: a kind that derives from one of these may read other cells, or read them otherwise.
    kinds = {name: cast(_Simple, kind) for name, kind in features.items() if type(kind) in get_args(_Simple)}
    arrays: dict[str, np.ndarray] = {}
    for name, cells in few_cells(data, kinds).items():
        array = kinds[name].encode_few(cells)
        if array is not None:
            arrays[name] = array
    return arrays


def encode_table(features: Mapping[str, ColumnKind], table: pa.Table) -> dict[str, Encoded]:
    """Return {model input: array} of a table's columns.

    Args:
        features: {column: kind}.
        table: with the columns that they read.

    Raises:
        DataError: for a cell that isn't of its kind, in the first such column.
    """

    def encode(name: str) -> dict[str, Encoded]:
        """Encode one column."""
        kind = features[name]
        return kind.encode_parts(kind.cells(table, name), name)

    encoded: dict[str, Encoded] = {}
    if table.num_rows * len(features) < _MANY_CELLS:
        for name in features:
            encoded |= encode(name)
        return encoded
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for parts in threads.map(encode, features):
            encoded |= parts
    return encoded
