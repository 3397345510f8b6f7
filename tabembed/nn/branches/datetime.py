"""The branch of dates and times: an embedding for each calendar part, beside cycles and elapsed time."""

from __future__ import annotations

__all__ = ["datetime"]

from typing import Any

import keras

from ...schema.kinds import Datetime
from ..calendar import CalendarIds, CalendarNumbers
from ..embedding import RowwiseEmbedding
from .base import Branch


def datetime(branch: Branch, kind: Datetime) -> Any:
    """Return the parts' vectors and the numbers, (batch, width)."""
    values = []
    if kind.embedded:
        layer = CalendarIds(kind.embedded, kind.first_year or 0, kind.years, name=f"{branch.safe}.calendar")
        for part, ids in zip(kind.embedded, layer(branch.input), strict=True):
            vectors = _embedding(branch, kind, part)(ids)
            values.append(keras.layers.Flatten(name=f"{branch.safe}.{part}.flatten")(vectors))
    if kind.cycles or kind.elapsed or kind.indicator:
        trend = (kind.mean or 0.0, kind.scale or 1.0) if kind.elapsed else None
        numbers = CalendarNumbers(kind.cycles, trend, kind.indicator, name=f"{branch.safe}.numbers")
        values.append(numbers(branch.input))
    return values[0] if len(values) == 1 else keras.layers.Concatenate(name=f"{branch.safe}.concatenate")(values)


def _embedding(branch: Branch, kind: Datetime, part: str) -> RowwiseEmbedding:
    return RowwiseEmbedding(
        len(kind.labels_of(part)) + 2,
        branch.dims.get(f"{branch.column.name}.{part}") or kind.dim_of(part),
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=branch.seeds.next()),
        unknown_rate=kind.unknown_rate,
        missing_rate=0.0 if branch.column.missing else min(kind.unknown_rate / 2, 1 - kind.unknown_rate),
        seed=branch.seeds.next(),
        name=f"{branch.safe}.{part}.embedding",
    )
