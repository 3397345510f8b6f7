"""``TableEncoder``: columns of labels become columns of vectors, as a scikit-learn transformer."""

from __future__ import annotations

__all__ = ["TableEncoder"]

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from ..io.errors import DataError
from ..io.frames import to_arrow
from .grids import built, column_at, is_frame
from .search import nearest
from .table import EmbeddingTable


class TableEncoder(TransformerMixin, BaseEstimator):
    """Replace each column that has a table by its vectors, ``store_0 .. store_{d-1}``, in its place.

    Columns without a table pass through unchanged, NaN kept. Unseen labels get the table's ``unknown`` vector, missing
    ones its ``missing``. A pandas frame gives a pandas frame (with its index), polars polars, an array an array, and
    Arrow pandas; ``set_output`` asks for another kind. Nothing is learned in ``fit``, and no TensorFlow is needed.

    Args:
        tables: column -> EmbeddingTable, or a fitted object with ``tables_``. Columns of a plain array are called x0,
            x1, ..., or go by their number. Tables of other columns are left aside, as long as one is used.

    Attributes:
        tables_: column -> EmbeddingTable, of the columns that have one.
        n_features_in_: the number of columns seen in ``fit``.
        feature_names_in_: their names, when they have names.

    Example:
        >>> import pandas as pd
        >>> store = EmbeddingTable(["1", "2"], [[0.5, 1.0], [1.5, 2.0]])
        >>> TableEncoder({"store": store}).fit_transform(pd.DataFrame({"store": [2, 1], "day": [7, 8]}))
           store_0  store_1  day
        0      1.5      2.0    7
        1      0.5      1.0    8
    """

    def __init__(self, tables: Any = None) -> None:
        self.tables = tables

    def fit(self, X: Any, y: Any = None) -> Self:
        """Remember the columns, and which table belongs to which.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: ignored.

        Raises:
            DataError: when ``tables`` holds something else, none of them belongs to a column, or two columns of the
                result would have one name.

        Example:
            >>> list(TableEncoder({0: EmbeddingTable(["a"], [[1.0]])}).fit([["a", "b"]]).tables_)
            ['x0']
        """
        given = _tables_of(self.tables)
        X = self._checked(X, reset=True)
        names = OneToOneFeatureMixin.get_feature_names_out(self)
        labels = X.columns if hasattr(X, "iloc") else names
        keys = ((name, label, str(label), at) for at, (name, label) in enumerate(zip(names, labels, strict=True)))
        found = {name: next((given[key] for key in (name, *tried) if key in given), None) for name, *tried in keys}
        self.tables_ = {name: table for name, table in found.items() if table is not None}
        if given and not self.tables_:
            raise DataError(
                f"tables must belong to columns of X, however: they are for {list(given)[:5]}, and the columns "
                f"are {names[:5].tolist()}"
            )
        out = self.get_feature_names_out().tolist()
        if len(set(out)) < len(out):
            twice = next(name for name in out if out.count(name) > 1)
            raise DataError(f"column {twice!r} would come twice, once from a table; rename the column of X")
        return self

    def transform(self, X: Any) -> Any:
        """Return X with vectors in place of the columns that have a table.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, columns out) a frame or an array, as X is; vectors are float32 (an array has one dtype for all).

        Example:
            >>> table = EmbeddingTable(["a"], [[1.0]], unknown=[9.0])
            >>> TableEncoder({"x0": table}).fit_transform([["a"], ["z"]]).tolist()
            [[1.0], [9.0]]
        """
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        columns: list[Any] = []
        for at, (_, table) in enumerate(self._slots()):
            column = column_at(X, at)
            columns.extend([column] if table is None else table.lookup(column).T)
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
            >>> encoder = TableEncoder({"x0": EmbeddingTable(["a"], [[1.0, 2.0]])}).fit([["a", "b"]])
            >>> encoder.get_feature_names_out().tolist()
            ['x0_0', 'x0_1', 'x1']
        """
        check_is_fitted(self, "n_features_in_")
        names = OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        out: list[str] = []
        for name, (_, table) in zip(names, self._slots(), strict=True):
            out.extend([name] if table is None else [f"{name}_{i}" for i in range(table.dim)])
        return np.array(out, dtype=object)

    def _slots(self) -> Iterator[tuple[str, EmbeddingTable | None]]:
        """Yield each column in, and its table."""
        for name in OneToOneFeatureMixin.get_feature_names_out(self):
            yield name, self.tables_.get(name)

    def _checked(self, X: Any, reset: bool) -> Any:
        """Return X as a frame or a 2-D array, its columns remembered (``reset``) or compared with those of fit."""
        if hasattr(X, "__arrow_c_stream__") and not is_frame(X):
            X = to_arrow(X)
        if is_frame(X):
            return validate_data(self, X, reset=reset, skip_check_array=True)
        kept = (
            object if not hasattr(X, "dtype") and np.asarray(X).dtype.kind == "U" else None
        )  # or numbers would be text
        return validate_data(self, X, reset=reset, dtype=kept, ensure_all_finite=False)

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: text and NaN too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def _tables_of(tables: Any) -> Mapping[Any, EmbeddingTable]:
    given = getattr(tables, "tables_", {} if tables is None else tables)
    if not isinstance(given, Mapping) or not all(isinstance(table, EmbeddingTable) for table in given.values()):
        raise DataError(
            f"tables must map columns to EmbeddingTables, or be fitted and have tables_, however: {tables!r}"
        )
    return given


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
