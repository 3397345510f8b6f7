"""What every transformer of tables does with the columns that have one: vectors in their place, and back to labels."""

from __future__ import annotations

__all__ = ["TableTransformer"]

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from ..io.errors import DataError
from .grids import built, checked, column_at, is_frame
from .search import nearest
from .table import EmbeddingTable


class TableTransformer(TransformerMixin, BaseEstimator):
    """The shared half of ``TableEncoder`` and the embedders: all but ``fit``, which sets ``tables_``.

    A column that has a table becomes ``store_0 .. store_{d-1}`` in its place; the others pass through unchanged.

    Attributes:
        tables_: column -> EmbeddingTable, of the columns that have one.
        n_features_in_: the number of columns seen in ``fit``.
        feature_names_in_: their names, when they have names.
    """

    tables_: dict[str, EmbeddingTable]

    def transform(self, X: Any) -> Any:
        """Return X with vectors in place of the columns that have a table.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, columns out) a frame or an array, as X is; vectors are float32 (an array has one dtype for all).

        Example:
            >>> from tabembed.tables import TableEncoder
            >>> table = EmbeddingTable(["a"], [[1.0]], unknown=[9.0])
            >>> TableEncoder({"x0": table}).fit_transform([["a"], ["z"]]).tolist()
            [[1.0], [9.0]]
        """
        check_is_fitted(self)
        X = checked(self, X, reset=False)
        slots = enumerate(self._slots())
        vectors = {name: self._cell_vectors(name, column_at(X, at)) for at, (name, table) in slots if table is not None}
        return self._with_vectors(X, vectors)

    def _cell_vectors(self, name: str, values: Any) -> np.ndarray:
        """Return the vectors (n, dim) of a column's cells."""
        return self.tables_[name].lookup(values)

    def _with_vectors(self, X: Any, vectors: Mapping[str, np.ndarray]) -> Any:
        """Return X with (n, dim) vectors in place of the columns that they are for."""
        columns: list[Any] = []
        for at, name in enumerate(self._names_in()):
            columns.extend(vectors[name].T if name in vectors else [column_at(X, at)])
        return built(X, self.get_feature_names_out().tolist(), columns)

    def inverse_transform(self, X: Any) -> Any:
        """Return the nearest label (Euclidean) for each vector, None for ``missing``, ``unknown`` and NaN.

        Args:
            X: (n, columns out) what ``transform`` returned, or vectors like it.

        Returns:
            (n, columns) a frame or an array, as X is; labels are strings, other columns as they came.

        Raises:
            DataError: when X has another number of columns.

        Example:
            >>> from tabembed.tables import TableEncoder
            >>> encoder = TableEncoder({"x0": EmbeddingTable(["a", "b"], [[1.0], [5.0]])}).fit([["a"]])
            >>> encoder.inverse_transform([[4.5], [1.0]]).tolist()
            [['b'], ['a']]
        """
        check_is_fitted(self)
        X = X if is_frame(X) else check_array(X, dtype=None, ensure_all_finite=False)
        width = len(self.get_feature_names_out())
        if X.shape[1] != width:
            raise DataError(f"X must have the {width} columns that transform returns, however: it has {X.shape[1]}")
        columns, names, at = [], [], 0
        for name, table in self._slots():
            names.append(name)
            if table is None:
                columns.append(column_at(X, at))
            else:
                columns.append(_labels_near(table, [column_at(X, at + i) for i in range(table.dim)]))
            at += 1 if table is None else table.dim
        return built(X, names, columns)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns that ``transform`` returns.

        Args:
            input_features: the names of the columns in, for plain arrays; None for those of ``fit``.

        Example:
            >>> from tabembed.tables import TableEncoder
            >>> encoder = TableEncoder({"x0": EmbeddingTable(["a"], [[1.0, 2.0]])}).fit([["a", "b"]])
            >>> encoder.get_feature_names_out().tolist()
            ['x0_0', 'x0_1', 'x1']
        """
        check_is_fitted(self, "n_features_in_")
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        out: list[str] = []
        for name, (_, table) in zip(names, self._slots(), strict=True):
            out.extend([name] if table is None else [f"{name}_{i}" for i in range(self._width(table))])
        return np.array(out, dtype=object)

    def _width(self, table: EmbeddingTable) -> int:
        """Return how many numbers ``transform`` puts in the place of a column that has a table."""
        return table.dim

    def _names_in(self) -> np.ndarray:
        """Return the columns' names: those of the frame, or x0, x1, ..."""
        return OneToOneFeatureMixin.get_feature_names_out(self)

    def _slots(self) -> Iterator[tuple[str, EmbeddingTable | None]]:
        """Yield each column in, and its table."""
        for name in self._names_in():
            yield name, self.tables_.get(name)

    def _check_names_out(self) -> None:
        """Refuse a column whose name a table's columns take."""
        out = self.get_feature_names_out().tolist()
        if len(set(out)) < len(out):
            twice = next(name for name in out if out.count(name) > 1)
            raise DataError(f"column {twice!r} would come twice, once from a table; rename the column of X")

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: text and NaN too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def _labels_near(table: EmbeddingTable, columns: list[Any]) -> np.ndarray:
    """Return the label (n,) nearest to each vector, None for the missing and the unknown one."""
    vectors = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    distinct, inverse = np.unique(vectors, axis=0, return_inverse=True)
    known = np.all(np.isfinite(distinct), axis=1)
    filled = np.where(known[:, None], distinct, 0.0)
    rows, distances = (found[:, 0] for found in nearest(table.vectors, filled, 1, "euclidean", table.norms))
    none = (distinct == table.missing).all(axis=1) | (distinct == table.unknown).all(axis=1)
    none &= distances > 0  # a label may have the very vector of unknown
    kept = np.where(known & ~none, rows, -1)
    labels = np.array([table.labels[row] if row >= 0 else None for row in kept.tolist()], dtype=object)
    return labels[inverse.ravel()]
