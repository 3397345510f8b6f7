"""What the rows of a label hold in the other columns: a sparse matrix of shares and means."""

from __future__ import annotations

__all__ = ["group_ids", "profiles"]

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from ..schema.ragged import Encoded


def group_ids(encoded: Mapping[str, Encoded], columns: Sequence[str]) -> np.ndarray:
    """Return the ids of columns that share a table, end to end."""
    return np.concatenate([np.asarray(encoded[name]) for name in columns])


def profiles(encoded: Mapping[str, Encoded], columns: Sequence[str], sizes: Mapping[str, int]) -> sparse.csr_matrix:
    """Count what stands beside each id.

    Args:
        encoded: {column: (n,) ids or numbers}; what is neither is left out.
        columns: whose ids are the rows: one, or those that share a table.
        sizes: {column of ids: how many there are}.

    Returns:
        (sizes[columns[0]], features): for each other column of ids the share of the label's rows that hold each id
        there (missing is one), for each other column of numbers the mean, in standard deviations from that of all
        rows. An id without rows has zeros.

    Example:
        >>> ids = {"dest": np.array([2, 2, 3]), "origin": np.array([2, 3, 3])}
        >>> profiles(ids, ["dest"], {"dest": 4, "origin": 4}).toarray()[2:].tolist()
        [[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.0, 1.0]]
    """
    size = sizes[columns[0]]
    blocks = []
    for other, values in encoded.items():
        of = [name for name in columns if name != other]
        if of and isinstance(values, np.ndarray):
            if other in sizes:
                blocks.append(_shares(encoded, of, values, size, sizes[other]))
            elif values.dtype.kind in "fb":
                blocks.append(_means(encoded, of, values, size))
    return sparse.hstack(blocks, format="csr") if blocks else sparse.csr_matrix((size, 0))


def _shares(
    encoded: Mapping[str, Encoded], columns: Sequence[str], values: np.ndarray, size: int, others: int
) -> sparse.csr_matrix:
    ids, beside = group_ids(encoded, columns), np.tile(values, len(columns))
    counts = sparse.coo_matrix((np.ones(len(ids)), (ids, beside)), (size, others)).tocsr()
    rows = np.asarray(counts.sum(axis=1)).ravel()
    return sparse.diags(1 / np.maximum(rows, 1)) @ counts


def _means(encoded: Mapping[str, Encoded], columns: Sequence[str], values: np.ndarray, size: int) -> sparse.csr_matrix:
    ids, numbers = group_ids(encoded, columns), np.tile(values.astype(np.float64), len(columns))
    there = ~np.isnan(numbers)
    spread = numbers[there].std() if there.any() else 0.0
    centred = (numbers[there] - numbers[there].mean()) / spread if spread else np.zeros(int(there.sum()))
    rows = np.bincount(ids[there], minlength=size)
    return sparse.csr_matrix((np.bincount(ids[there], centred, size) / np.maximum(rows, 1))[:, None])
