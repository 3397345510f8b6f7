"""What every embedder is: ``fit`` learns tables, ``transform`` puts their vectors in the place of labels."""

from __future__ import annotations

__all__ = ["Embedder", "as_grid", "learned_schema", "with_vectors"]

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from ..io.errors import DataError
from ..io.frames import to_arrow
from ..schema.column import Column
from ..schema.infer import infer_schema
from ..schema.kinds import Categorical, ColumnKind
from ..schema.schema import Schema
from ..schema.target import learn_target
from ..tables import EmbeddingTable, TableEncoder
from ..tables.grids import built, column_at, is_frame


class Embedder(TransformerMixin, BaseEstimator):
    """The interface of all embedders, and what they share: the columns of ``fit``, and looking labels up in tables.

    A subclass learns in ``fit`` and ends it with ``_remember``, which sets all that this class reads.

    Attributes:
        tables_: {column: EmbeddingTable} of the categorical columns. dims_: {column: dim}.
        n_features_in_: the number of columns seen in ``fit``. feature_names_in_: their names, when they have names.
    """

    tables_: dict[str, EmbeddingTable]
    _encoder: TableEncoder

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn a table for each categorical column.

        Args:
            X: (n, columns) a frame (pandas, polars, Arrow), whose columns are read as ``te.infer_schema`` reads them;
                of a plain array every column is categorical.
            y: (n,) the target, for the embedders that learn from one.

        Returns:
            Itself, fitted.
        """

    def transform(self, X: Any) -> Any:
        """Return X with vectors in the place of labels, ``store_0 .. store_{d-1}``; other columns pass unchanged.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, columns out) a frame or an array, as X is; unseen labels get the table's unknown vector, missing ones its
            missing vector.
        """
        check_is_fitted(self, "tables_")
        return self._encoder.transform(X)

    def inverse_transform(self, X: Any) -> Any:
        """Return the nearest label for each vector; see ``TableEncoder.inverse_transform``."""
        check_is_fitted(self, "tables_")
        return self._encoder.inverse_transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns that ``transform`` returns.

        Args:
            input_features: the names of the columns in, for plain arrays; None for those of ``fit``.
        """
        check_is_fitted(self, "tables_")
        return self._encoder.get_feature_names_out(input_features)

    @property
    def dims_(self) -> dict[str, int]:
        """{column: dim} of the tables."""
        check_is_fitted(self, "tables_")
        return {name: table.dim for name, table in self.tables_.items()}

    def _remember(self, X: Any, tables: Mapping[str, EmbeddingTable]) -> None:
        """Keep what was learned from a grid: the tables, and the columns to expect in ``transform``."""
        encoder = TableEncoder(dict(tables)).fit(X)
        self.tables_, self._encoder = dict(tables), encoder
        self.n_features_in_ = encoder.n_features_in_
        vars(self).pop("feature_names_in_", None)
        if hasattr(encoder, "feature_names_in_"):
            self.feature_names_in_ = encoder.feature_names_in_

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: text and NaN too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def as_grid(X: Any) -> Any:
    """Return X as a frame or a 2-D array, which ``to_arrow`` and ``TableEncoder`` read alike.

    Raises:
        ValueError: scikit-learn's own, for an array that is empty, sparse, complex or not 2-D.

    Example:
        >>> as_grid([["a", 1]]).tolist()
        [['a', 1]]
    """
    if is_frame(X):
        return X
    if hasattr(X, "__arrow_c_stream__"):
        return to_arrow(X)
    texts = not hasattr(X, "dtype") and np.asarray(X).dtype.kind == "U"  # NumPy would make texts of numbers beside them
    return check_array(X, dtype=object if texts else None, ensure_all_finite=False)


def learned_schema(
    X: Any,
    table: pa.Table,
    *,
    schema: Schema | None = None,
    kinds: Mapping[str, ColumnKind] | None = None,
    dim: int | None = None,
    target: str | None = None,
    task: str = "auto",
) -> Schema:
    """Return what each column is: as declared, or as read from the data; of a plain array every one is categorical.

    Args:
        X: the grid.
        table: the same as Arrow, the target beside it.
        schema: one that is there already; the target is learned anew.
        kinds: {column: kind} declared, where there is no schema.
        dim: of every table whose kind pins none.
        target: the target's name, or None.
        task: the target's task.

    Raises:
        DataError: where no column is categorical, or both ``schema`` and ``kinds`` are given.

    Example:
        >>> X = np.array([[1, 7], [2, 7]])
        >>> {name: kind.dim for name, kind in learned_schema(X, to_arrow(X), dim=3).features.items()}
        {'x0': 3, 'x1': 3}
    """
    if schema is None:
        declared = {} if is_frame(X) else {name: Categorical() for name in table.column_names if name != target}
        found = infer_schema(table, target, kinds={**declared, **(kinds or {})}, task=task)
    elif kinds:
        raise DataError(f"give `schema` or `kinds`, not both, however: kinds for {list(kinds)[:5]}")
    else:
        task = schema.target.task if task == "auto" and schema.target is not None else task
        known = None if target is None else learn_target(table.column(target), target, task)
        found = Schema(schema.columns, known)
    if not any(isinstance(kind, Categorical) for kind in found.features.values()):
        raise DataError(
            f"X must have a categorical column to embed, however: its columns are read as "
            f"{ {name: type(found[name]).__name__ for name in list(found)[:5]} }; declare one with "
            f"kinds={{column: te.Categorical()}}"
        )
    return found if dim is None else Schema([_with_dim(column, dim) for column in found.columns], found.target)


def _with_dim(column: Column, dim: int) -> Column:
    kind = column.kind
    if not isinstance(kind, Categorical) or kind.pinned:
        return column
    return dataclasses.replace(column, kind=dataclasses.replace(kind, dim=dim, dim_rule=None))


def with_vectors(X: Any, names: Sequence[str], vectors: Mapping[int, np.ndarray]) -> Any:
    """Return a grid with vectors of its rows in the place of some columns.

    Args:
        X: (n, columns) a frame or an array.
        names: of the columns out.
        vectors: {place of a column: (n, dim)}.

    Example:
        >>> with_vectors(np.array([[5, 7]]), ["a_0", "a_1", "b"], {0: np.array([[0.5, 1.5]])}).tolist()
        [[0.5, 1.5, 7.0]]
    """
    columns: list[Any] = []
    for at in range(X.shape[1]):
        columns.extend(vectors[at].T if at in vectors else [column_at(X, at)])
    return built(X, names, columns)
