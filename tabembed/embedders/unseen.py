"""Embedders that know a vector for labels that no row held, from what these say or how they are spelt."""

from __future__ import annotations

__all__ = ["UnseenLabels"]

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..io.errors import LabelError
from ..io.frames import column_of
from ..io.names import did_you_mean
from ..schema.labels import factorize
from ..schema.vocabulary import UNKNOWN_ID
from .base import Embedder


class UnseenLabels(Embedder):
    """An embedder whose ``transform`` has vectors for labels that aren't in the tables."""

    @abstractmethod
    def _unseen(self, column: str, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return (m, dim) vectors of labels that the table lacks, and (m,) of which there is one."""

    def vectors(self, column: str, labels: Any) -> np.ndarray:
        """Return the vectors of labels, seen or not.

        Args:
            column: one that has a table.
            labels: (n,) a list, Series, Arrow array or NumPy array; missing ones get the table's missing vector.

        Returns:
            (n, dim) float32.

        Raises:
            LabelError: for a column without a table.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> X = pd.DataFrame({"town": ["Boston", "Salem"] * 9, "state": ["MA", "OR"] * 9})
            >>> te.FastTextEmbedder(dim=4, epochs=5, random_state=0).fit(X).vectors("town", ["Bostn", None]).shape
            (2, 4)
        """
        check_is_fitted(self)
        if column not in self.tables_:
            raise LabelError(f"there is no table of column {column!r}; {did_you_mean(str(column), self.tables_)}")
        return self._cell_vectors(column, labels)

    def _cell_vectors(self, name: str, values: Any) -> np.ndarray:
        """Return the vectors (n, dim) of a column's cells."""
        table = self.tables_[name]
        codes, labels = factorize(column_of(values, name), name)
        distinct = table.lookup(labels)
        unseen = np.flatnonzero(table.ids(labels) == UNKNOWN_ID)
        if len(unseen):
            vectors, known = self._unseen(name, [labels[at] for at in unseen.tolist()])
            distinct[unseen[known]] = vectors[known]
        return np.concatenate([distinct, table.missing[None]])[codes]  # the last is where code -1 points
