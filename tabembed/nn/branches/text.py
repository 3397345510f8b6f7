"""The branch of a column of texts: one ``Embedding`` of n-grams and the mean of each text's vectors."""

from __future__ import annotations

__all__ = ["text"]

from typing import Any

import keras

from ...schema.kinds import Text
from ..embedding import RowwiseEmbedding
from ..pooling import ListIds, Pooling
from .base import Branch, embedding_name

_MISSING_RATE = 0.01


def text(branch: Branch, kind: Text) -> Any:
    """Return the text's vector, (batch, dim)."""
    hidden = 0.0 if branch.column.missing else _MISSING_RATE
    ids = ListIds(hidden, branch.seeds.next(), name=f"{branch.safe}.items")(branch.input)
    embedding = RowwiseEmbedding(
        kind.size,
        kind.dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05, seed=branch.seeds.next()),
        name=embedding_name(branch.safe),
    )
    return Pooling("mean", name=f"{branch.safe}.pooling")(ids, embedding(ids))
