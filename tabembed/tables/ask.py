"""Questions to a table: who is near, and how alike are two."""

from __future__ import annotations

__all__ = ["neighbors", "similarity"]

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..io.errors import DataError
from .base import LabelledVectors
from .parts import checked_metric
from .search import nearest


def neighbors(
    table: LabelledVectors, query: Any, k: int, metric: str | None, exclude: Iterable[Any], min_count: int
) -> list[Any]:
    """Answer ``EmbeddingTable.neighbors``.

    Example:
        >>> neighbors(LabelledVectors(["a", "b"], [[1.0], [3.0]]), "a", 5, None, (), 0)
        [('b', 2.0)]
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise DataError(f"k must be a whole number from 1 up, however: k={k!r}")
    queries, own, single = _queries(table, query)
    rows, distances = nearest(
        table.vectors,
        queries,
        max(1, min(int(k), len(table))),
        checked_metric(metric or table.metric),
        table.norms,
        _allowed(table, exclude, min_count),
        own,
    )
    answers = [
        [(table.labels[row], distance) for row, distance in zip(found, far, strict=True) if row >= 0]
        for found, far in zip(rows.tolist(), distances.tolist(), strict=True)
    ]
    return answers[0] if single else answers


def similarity(table: LabelledVectors, a: Any, b: Any) -> float:
    """Return the cosine similarity of two labels or vectors, 0 where one has no length.

    Example:
        >>> similarity(LabelledVectors(["a", "b"], [[1.0, 1.0], [1.0, 0.0]]), "a", "b")
        0.7071...
    """
    x, y = (_queries(table, [item] if _is_label(item) else item)[0][0].astype(np.float64) for item in (a, b))
    x, y = (v / (np.abs(v).max() or 1.0) for v in (x, y))  # so that no square overflows or vanishes
    lengths = float(np.sqrt((x @ x) * (y @ y)))
    return float(np.clip((x @ y) / lengths, -1.0, 1.0)) if lengths else 0.0


def _is_label(item: Any) -> bool:
    return isinstance(item, str) or not hasattr(item, "__iter__")


def _queries(table: LabelledVectors, query: Any) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """Return the query vectors (m, dim), the rows (m,) that are the queries themselves, and whether it is one."""
    if isinstance(query, np.ndarray) and query.ndim and query.dtype.kind == "f":
        return _vectors(table, query), None, query.ndim == 1
    single = _is_label(query)
    rows = table.rows([query] if single else query)
    return table.vectors[rows], rows, single


def _vectors(table: LabelledVectors, query: np.ndarray) -> np.ndarray:
    if query.ndim > 2 or query.shape[-1] != table.dim:
        raise DataError(f"a vector to look near must hold {table.dim} numbers, however: its shape is {query.shape}")
    with np.errstate(over="ignore"):
        finite = np.isfinite(query.astype(np.float32)).all()
    if not finite:
        raise DataError("a vector to look near must hold finite float32 numbers, however: it holds NaN or infinity")
    return np.atleast_2d(query)


def _allowed(table: LabelledVectors, exclude: Iterable[Any], min_count: int) -> np.ndarray | None:
    """Return which rows (n,) may be found, None for all."""
    excluded = table.rows([exclude] if isinstance(exclude, str) else exclude)
    if min_count and not table.counts.any() and len(table):
        raise DataError(f"min_count={min_count} needs counts, however: the table has none; make it with counts=")
    if not len(excluded) and not min_count:
        return None
    allowed: np.ndarray = table.counts >= min_count
    allowed[excluded] = False
    return allowed
