"""What an embedding layer does, as the essay draws it: a one-hot row times a matrix is that matrix's row."""

from __future__ import annotations

__all__ = ["embedding_matrix", "one_hot"]

from typing import TYPE_CHECKING, Any

import numpy as np

from ..io.errors import DataError
from .base import LabelledVectors

if TYPE_CHECKING:
    import pandas as pd


def embedding_matrix(table: LabelledVectors, special: bool = False) -> pd.DataFrame:
    """Show a table as the matrix that leads from the space of labels into the space of vectors.

    **Shape**: (D, K): D labels, the dimensions of one-hot codes, by K dimensions of the vectors.

    Args:
        table: of one column.
        special: whether rows for what is missing and for what is unknown come last.

    Returns:
        A frame with a row a label, in table order: ``one_hot(table, values) @ embedding_matrix(table)`` gives, to the
        bit, what ``table.lookup(values)`` does.

    Example:
        >>> import tabembed as te
        >>> t = te.EmbeddingTable(["BOS", "LAX"], [[0.0, 1.0], [5.0, 5.0]])
        >>> te.embedding_matrix(t)
               0    1
        BOS  0.0  1.0
        LAX  5.0  5.0
        >>> (te.one_hot(t, ["LAX", "BOS"]) @ te.embedding_matrix(t)).to_numpy().tolist()
        [[5.0, 5.0], [0.0, 1.0]]

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III (equation 4).
    """
    import pandas as pd

    vectors = np.vstack([table.vectors, table.missing, table.unknown]) if special else table.vectors
    return pd.DataFrame(vectors, index=_names(table, special))


def one_hot(table: LabelledVectors, values: Any, special: bool = False) -> pd.DataFrame:
    """Return the one-hot codes of a column of values: a single 1 in each row, under the value's label.

    **Shape**: (n, D), float32, in dense memory: for teaching and tests, not for columns of many labels.

    Args:
        table: of one column.
        values: (n,) a list, Series, Arrow array or NumPy array.
        special: whether there are columns for what is missing and for what is unknown; they come last.

    Raises:
        DataError: without ``special``, for a value that has no column.

    Example:
        >>> import tabembed as te
        >>> t = te.EmbeddingTable(["BOS", "LAX"], [[0.0, 1.0], [5.0, 5.0]])
        >>> te.one_hot(t, ["LAX", "JFK"], special=True).columns.tolist()
        ['BOS', 'LAX', '(missing)', '(unknown)']
    """
    import pandas as pd

    ids = table.ids(values)  # 0 missing, 1 unknown, 2.. labels
    if not special and (ids < 2).any():
        row = int(np.argmax(ids < 2))
        raise DataError(
            f"values must be labels of {table._called}, however: row {row} is "
            f"{'unknown' if ids[row] else 'missing'}; special=True gives those columns of their own"
        )
    columns = np.where(ids < 2, len(table) + ids, ids - 2)
    codes = np.zeros((len(ids), len(table) + 2 * special), np.float32)
    codes[np.arange(len(ids)), columns] = 1.0
    return pd.DataFrame(codes, columns=_names(table, special))


def _names(table: LabelledVectors, special: bool) -> list[str]:
    names = ["(missing)", "(unknown)"] if special else []
    while any(name in table for name in names):  # a label may be called so
        names = [f"({name})" for name in names]
    return [*table.labels, *names]
