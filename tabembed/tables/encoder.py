"""``TableEncoder``: columns of labels become columns of vectors, as a scikit-learn transformer."""

from __future__ import annotations

__all__ = ["TableEncoder"]

from collections.abc import Mapping
from typing import Any, Self

from ..io.errors import DataError
from .grids import checked
from .table import EmbeddingTable
from .transformer import TableTransformer


class TableEncoder(TableTransformer):
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
        X = checked(self, X, reset=True)
        names = self._names_in()
        labels = X.columns if hasattr(X, "iloc") else names
        keys = ((name, label, str(label), at) for at, (name, label) in enumerate(zip(names, labels, strict=True)))
        found = {name: next((given[key] for key in (name, *tried) if key in given), None) for name, *tried in keys}
        self.tables_ = {name: table for name, table in found.items() if table is not None}
        if given and not self.tables_:
            raise DataError(
                f"tables must belong to columns of X, however: they are for {list(given)[:5]}, and the columns "
                f"are {names[:5].tolist()}"
            )
        self._check_names_out()
        return self


def _tables_of(tables: Any) -> Mapping[Any, EmbeddingTable]:
    given = getattr(tables, "tables_", {} if tables is None else tables)
    if not isinstance(given, Mapping) or not all(isinstance(table, EmbeddingTable) for table in given.values()):
        raise DataError(
            f"tables must map columns to EmbeddingTables, or be fitted and have tables_, however: {tables!r}"
        )
    return given
