"""Encodes checked cells: simple columns straight from Python's values, which Arrow would take longer for."""

from __future__ import annotations

__all__ = ["Encoder"]

from collections.abc import Callable
from typing import Any

import numpy as np

from ...io.frames import to_arrow
from ...schema.frames import encode_table
from ...schema.kinds import Boolean, Categorical, ColumnKind, Numeric
from ...schema.ragged import Encoded
from ...schema.schema import Schema


class Encoder:
    """Encodes what ``Reader`` has checked, as ``schema.encode`` does.

    Args:
        schema: of the model.
    """

    def __init__(self, schema: Schema) -> None:
        # Lists that are made of other rows read their columns in any type, so that Arrow must sort out all of them.
        apart = not any(kind.needs_rows for kind in schema.features.values())
        simple = {name: _simple(kind) if apart else None for name, kind in schema.features.items()}
        self._simple = {name: encode for name, encode in simple.items() if encode is not None}
        self._rest = {name: kind for name, kind in schema.features.items() if name not in self._simple}
        self._sources = list(dict.fromkeys(own for name, kind in self._rest.items() for own in kind.sources(name)))

    def encode(self, columns: dict[str, list[Any]]) -> dict[str, Encoded]:
        """Return {model input: array}.

        Args:
            columns: {column of the data: cells in the types that ``cells`` gives them}.

        Raises:
            DataError: for a cell that isn't of its kind.
        """
        encoded: dict[str, Encoded] = {name: encode(columns[name]) for name, encode in self._simple.items()}
        if self._rest:
            encoded |= encode_table(self._rest, to_arrow(columns, self._sources))
        return encoded


def _simple(kind: ColumnKind) -> Callable[[list[Any]], np.ndarray] | None:
    """Return how cells of a kind are encoded, None where Arrow does it; by the very type, as ``encode_few``."""
    if type(kind) is Categorical and not kind.hash_buckets:
        return kind.encode_texts
    if type(kind) is Numeric:
        return lambda cells: np.array(cells, np.float64).astype(np.float32)  # None becomes NaN
    if type(kind) is Boolean:
        return kind.encode_few  # type: ignore[return-value]  # the labels are known to be true and false
    return None
