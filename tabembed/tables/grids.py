"""The 2-D containers that scikit-learn users pass, read column by column and built again."""

from __future__ import annotations

__all__ = ["built", "checked", "column_at", "is_frame"]

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import validate_data

from ..io.frames import to_arrow


def is_frame(X: Any) -> bool:
    """Return whether X is a pandas or polars data frame or an Arrow table.

    Example:
        >>> is_frame(pa.table({"a": [1]})), is_frame(np.ones((1, 1)))
        (True, False)
    """
    return isinstance(X, pa.Table) or _is("pandas", X) or _is("polars", X)


def column_at(X: Any, at: int) -> Any:
    """Return column ``at`` of a frame or a 2-D array, in the container's own kind.

    Example:
        >>> column_at(np.array([[1, 2], [3, 4]]), 1).tolist()
        [2, 4]
    """
    if _is("pandas", X):
        return X.iloc[:, at]
    if _is("polars", X):
        return X.to_series(at)
    return X.column(at) if isinstance(X, pa.Table) else X[:, at]


def checked(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Return X as scikit-learn's estimators take it: a frame as it is, an array checked, anything else as Arrow.

    Args:
        estimator: learns X's number of columns and their names, or compares them with those of its ``fit``.
        X: (n, columns) a frame, a dict of columns, rows, an array, or anything with ``__arrow_c_stream__``.
        reset: True in ``fit``.

    Raises:
        ValueError: for other columns than those of ``fit``, a sparse, complex or 1-D array, no rows or no columns.

    Example:
        >>> from sklearn.base import BaseEstimator
        >>> checked(BaseEstimator(), {"a": [1, 2]}, reset=True).column_names
        ['a']
    """
    rows_of_dicts = isinstance(X, list | tuple) and bool(X) and isinstance(X[0], Mapping)
    if (hasattr(X, "__arrow_c_stream__") or isinstance(X, Mapping) or rows_of_dicts) and not is_frame(X):
        X = to_arrow(X)
    if is_frame(X):
        return validate_data(estimator, X, reset=reset, skip_check_array=True)
    # A list of texts and numbers stays as it is, or its numbers would be text.
    mixed = not hasattr(X, "dtype") and not hasattr(X, "__array__") and np.asarray(X).dtype.kind == "U"
    return validate_data(estimator, X, reset=reset, dtype=object if mixed else None, ensure_all_finite=False)


def built(like: Any, names: Sequence[str], columns: Sequence[Any]) -> Any:
    """Return a container like another from its columns; for Arrow a pandas frame, which estimators read.

    Args:
        like: what came in: pandas (its index is kept), polars, Arrow; a NumPy array for anything else.
        names: one name a column, unused for arrays.
        columns: (n,) each, NumPy arrays or columns of ``like``.

    Example:
        >>> built(np.ones((2, 1)), ["a", "b"], [np.array([1, 2]), np.array([0.5, 0.25])]).tolist()
        [[1.0, 0.5], [2.0, 0.25]]
    """
    if _is("pandas", like):
        pd = sys.modules["pandas"]
        frame = pd.DataFrame(dict(enumerate(columns)), index=like.index, copy=True)
        return frame.set_axis(list(names), axis=1)
    if _is("polars", like):
        pl = sys.modules["polars"]
        return pl.DataFrame([pl.Series(name, column) for name, column in zip(names, columns, strict=True)])
    if isinstance(like, pa.Table):
        import pandas as pd

        plain = [column.to_pandas() if isinstance(column, pa.ChunkedArray) else column for column in columns]
        return pd.DataFrame(dict(zip(names, plain, strict=True)))
    dtypes = {column.dtype for column in columns}
    dtype = object if any(dtype.kind not in "biuf" for dtype in dtypes) else np.result_type(*dtypes)
    matrix = np.empty((len(columns[0]), len(columns)), dtype)
    for at, column in enumerate(columns):
        matrix[:, at] = column
    return matrix


def _is(module: str, X: Any) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(X, loaded.DataFrame)
