"""New labels for a table: each starts from labels it resembles, or from the unknown vector."""

from __future__ import annotations

__all__ = ["grown"]

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..io.errors import DataError
from .base import LabelledVectors
from .parts import Parts


def grown(table: LabelledVectors, neighbours: Mapping[Any, Any]) -> Parts:
    """Return the parts of a table with new labels appended; see ``EmbeddingTable.grow``."""
    if not isinstance(neighbours, Mapping):
        raise DataError(
            f"neighbours must map each new label to the labels it resembles, or None, however: {neighbours!r}"
        )
    vectors = [_start(table, label, near) for label, near in neighbours.items()]
    return {
        **table.parts(),
        "labels": (*table.labels, *neighbours),
        "vectors": np.concatenate([table.vectors, np.reshape(vectors, (len(vectors), table.dim))]).astype(np.float32),
        "counts": np.concatenate([table.counts, np.zeros(len(vectors), np.int64)]),
    }


def _start(table: LabelledVectors, label: Any, near: Iterable[Any] | None) -> np.ndarray:
    if label in table:
        raise DataError(f"a new label must not be in the table yet, however: {label!r} is; leave it out")
    return table.unknown if near is None else table.mean(near)
