"""Cells that a model of cells fills: probabilities by label, and frames without gaps."""

from __future__ import annotations

__all__ = ["FillingEmbedder"]

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import LabelError
from ..io.names import did_you_mean
from ..schema.kinds import Categorical
from ..schema.ragged import Encoded
from ..schema.vocabulary import FIRST_ID, MISSING_ID
from ..tables.grids import built, column_at
from .contextual import ContextualEmbedder


class FillingEmbedder(ContextualEmbedder):
    """A contextual embedder that knows how likely each label is in a cell it doesn't see."""

    def fill(self, X: Any) -> Any:
        """Return X with the likeliest label in each labelled cell that is missing; the other columns as they are.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, columns) a frame or an array, as X is. A row's missing cells are filled each for itself.
        """
        X, encoded = self._encoded(X)
        columns = []
        for at, name in enumerate(self._names_in()):
            column = column_at(X, at)
            gaps = np.flatnonzero(encoded[name] == MISSING_ID) if name in self.columns_ else np.array([], int)
            if len(gaps):
                some = {part: array[gaps] for part, array in encoded.items()}
                column = _put(column, gaps, self._likeliest(name, some))
            columns.append(column)
        return built(X, self._names_in().tolist(), columns)

    def fill_proba(self, X: Any, column: str) -> Any:
        """Return how likely each label is in a column's cells, which are not looked at, missing or not.

        Args:
            X: (n, columns) the columns of ``fit``.
            column: a labelled one.

        Returns:
            (n, labels) float32 data frame, labels as columns; its rows sum to 1.

        Raises:
            LabelError: for a column that has no labels.
        """
        import pandas as pd

        X, encoded = self._encoded(X)
        if column not in self.columns_:
            raise LabelError(
                f"`column` must be a column of labels, however: {column!r}; {did_you_mean(str(column), self.columns_)}"
            )
        index = X.index if hasattr(X, "iloc") else None
        return pd.DataFrame(self._probabilities(column, encoded), columns=self._kind(column).labels, index=index)

    def _kind(self, column: str) -> Categorical:
        kind = self.schema_[column]
        assert isinstance(kind, Categorical)
        return kind

    def _shares(self, column: str, encoded: Mapping[str, Encoded]) -> np.ndarray:
        """Return (n, size) probabilities of the ids."""
        at, model = self.columns_.index(column), self.model_
        return self._run(("shares", at), lambda inputs: model.shares(inputs, at), encoded, (self._kind(column).size,))

    def _probabilities(self, column: str, encoded: Mapping[str, Encoded]) -> np.ndarray:
        """Return (n, labels) probabilities; labels of one bucket share its by their counts."""
        kind = self._kind(column)
        within = kind.counts / np.maximum(kind.row_counts[kind.ids - FIRST_ID], 1) if kind.hash_buckets else 1.0
        shares = self._shares(column, encoded)[:, kind.ids] * np.asarray(within, np.float32)
        probabilities: np.ndarray = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-30)
        return probabilities

    def _likeliest(self, column: str, encoded: Mapping[str, Encoded]) -> list[str]:
        labels = self._kind(column).labels
        return [labels[at] for at in self._probabilities(column, encoded).argmax(axis=1).tolist()]


def _put(column: Any, rows: np.ndarray, labels: list[str]) -> Any:
    """Return a column of a frame or array with labels in some rows, in its own type where they are of it."""
    if isinstance(column, np.ndarray):
        filled = column.copy()
        filled[rows] = pa.array(labels).cast(pa.from_numpy_dtype(column.dtype)) if column.dtype != object else labels
        return filled
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(column, pandas.Series):
        filled = column.astype(object)
        kind = pa.Array.from_pandas(column).type
        filled.iloc[rows] = _cast(labels, kind)
        return filled.astype(column.dtype)
    whole = column if isinstance(column, pa.ChunkedArray) else column.to_arrow()
    cells = whole.to_pylist()
    for row, label in zip(rows.tolist(), _cast(labels, whole.type), strict=True):
        cells[row] = label
    filled = pa.array(cells, whole.type)
    return pa.chunked_array([filled]) if whole is column else type(column)(column.name, filled)


def _cast(labels: list[str], kind: pa.DataType) -> list[Any]:
    """Return labels as values of an Arrow type."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.array(labels).cast(plain).to_pylist() if not pa.types.is_null(plain) else labels
