"""The branch of a column of lists of labels: one ``Embedding`` and the pooling of each list's vectors."""

from __future__ import annotations

__all__ = ["multi_categorical"]

from typing import Any

from ...schema.kinds import MultiCategorical
from ..pooling import ListIds, Pooling
from .base import Branch
from .categorical import missing_rate, vectors_of


def multi_categorical(branch: Branch, kind: MultiCategorical) -> Any:
    """Return the list's vector, (batch, dim)."""
    hide = ListIds(missing_rate(branch, kind), branch.seeds.next(), name=f"{branch.safe}.items")
    ids = hide(branch.input)
    vectors = vectors_of(branch, kind, ids)
    pool = Pooling(kind.pooling, branch.seeds.next(), name=f"{branch.safe}.pooling")
    weights = [] if kind.weights is None else [branch.inputs[kind.weights_part(branch.column.name)]]
    return pool(ids, vectors, *weights)
