"""Exact nearest neighbours: every row is scored by one float32 matrix product, and what may be near is measured again.

The float32 scores come with a bound on their rounding error (Higham, Accuracy and Stability of Numerical Algorithms,
2002, section 3.1), so that no neighbour is lost: all rows that could be among the nearest are measured in float64.
Memory is bounded by the blocks, whatever the size of the table; a memory-mapped one is read block by block.
"""

from __future__ import annotations

__all__ = ["nearest"]

import numpy as np

_SCORES = 4_194_304  # scores a block: 16 MB of float32
_QUERIES = 256  # queries a block
_ROWS = 524_288  # rows a block, at most: few blocks, since the threads of a matrix product wait for each other
_CONVERTED = 4_194_304  # numbers converted to float64 at once
_MEASURED = 32_768  # rows measured at once
_SAFE = (1e-15, 1e15)  # lengths whose squares and products neither overflow nor vanish in float32


def nearest(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int,
    metric: str,
    norms: np.ndarray,
    allowed: np.ndarray | None = None,
    own: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k rows nearest to each query.

    Args:
        vectors: (n, dim) float32.
        queries: (m, dim) real numbers.
        k: how many rows a query, at least 1.
        metric: "euclidean"; "cosine", 1 - similarity; or "dot", minus the dot product.
        norms: (n,) float64, the lengths of the vectors.
        allowed: (n,) bool, the rows that may be found; None for all.
        own: (m,) the row that each query must not find, -1 for none; None for none at all.

    Returns:
        ``rows`` (m, k) int64 and ``distances`` (m, k) float64, nearest first, ties by row; where fewer than k rows may
        be found, the rest is -1 and infinity.

    Example:
        >>> rows, distances = nearest(np.eye(2, dtype=np.float32), np.array([[2.0, 0.0]]), 2, "euclidean", np.ones(2))
        >>> rows.tolist(), distances.round(3).tolist()
        ([[0, 1]], [[1.0, 2.236]])
    """
    rows, distances = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), np.inf)
    for start in range(0, len(queries), _QUERIES):
        part = slice(start, start + _QUERIES)
        search = _Search(vectors, queries[part].astype(np.float64), k, metric, norms)
        search.run(allowed, None if own is None else own[part])
        rows[part], distances[part] = search.rows, search.distances
    return rows, distances


class _Search:
    """The k nearest rows so far of a block of queries, and the score that a row must reach to be among them."""

    def __init__(self, vectors: np.ndarray, queries: np.ndarray, k: int, metric: str, norms: np.ndarray) -> None:
        self.vectors, self.norms, self.metric = vectors, norms, metric
        self.queries = queries
        self.lengths = np.sqrt((queries * queries).sum(axis=1))
        self.rows = np.full((len(queries), k), -1, np.int64)
        self.distances = np.full((len(queries), k), np.inf)
        self.dtype, self.bound = self._precision()

    def _precision(self) -> tuple[type[np.floating], np.ndarray]:
        """Choose the scores' precision, and bound their error for each query (m,)."""
        most = self.norms.max(initial=0.0)
        least = min(np.min(lengths, where=lengths > 0, initial=1.0) for lengths in (self.norms, self.lengths))
        safe = _SAFE[0] <= least and max(most, self.lengths.max()) <= _SAFE[1]
        dtype = np.float32 if safe else np.float64
        scale = {
            "euclidean": (most + self.lengths) ** 2,
            "cosine": np.ones_like(self.lengths),
            "dot": most * self.lengths,
        }[self.metric]
        return dtype, (self.vectors.shape[1] + 16) * float(np.finfo(dtype).eps) * scale

    def run(self, allowed: np.ndarray | None, own: np.ndarray | None) -> None:
        """Go through the table block by block."""
        size = min(_ROWS, len(self.vectors), _SCORES // len(self.queries))
        if self.dtype is np.float64:
            size = min(size, _CONVERTED // self.vectors.shape[1])
        size = max(1, size)
        buffer = np.empty((len(self.queries), size), self.dtype)
        factor = {"euclidean": -2.0, "cosine": -1.0, "dot": -1.0}[self.metric]
        factors = (factor * self._unit(self.queries, self.lengths)).astype(self.dtype)
        for start in range(0, len(self.vectors), size):
            block = self.vectors[start : start + size].astype(self.dtype, copy=False)
            scores = np.matmul(factors, block.T, out=buffer[:, : len(block)])
            self._complete(scores, self.norms[start : start + size])
            if allowed is not None:
                scores[:, ~allowed[start : start + size]] = np.inf
            if own is not None:
                here = np.flatnonzero((own >= start) & (own < start + size))
                scores[here, own[here] - start] = np.inf
            self._take(scores, start)

    def _complete(self, scores: np.ndarray, norms: np.ndarray) -> None:
        """Make the products (m, rows) scores that rise with the distance: the part that differs from row to row."""
        if self.metric == "euclidean":  # |x - q|^2 = |x|^2 - 2 x.q, and |q|^2, which is left out
            scores += np.square(norms).astype(self.dtype)
        if self.metric == "cosine":
            scores *= np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0).astype(self.dtype)

    def _take(self, scores: np.ndarray, start: int) -> None:
        limits = self._limits(scores)
        hits = np.flatnonzero(scores <= limits[:, None])
        if len(hits):
            asked, row = np.divmod(hits, scores.shape[1])
            row += start
            pieces = [slice(at, at + _MEASURED) for at in range(0, len(hits), _MEASURED)]
            self._merge(asked, row, np.concatenate([self._measure(asked[piece], row[piece]) for piece in pieces]))

    def _limits(self, scores: np.ndarray) -> np.ndarray:
        """Return the score (m,) above which no row can be among the k nearest."""
        worst = self.distances[:, -1]
        if self.metric == "euclidean":
            limits = np.square(worst) - np.square(self.lengths) + self.bound
            limits[worst == 0] = -np.inf  # nothing is nearer, and ties go to the rows that came first
        else:
            limits = worst - (self.metric == "cosine") + self.bound
        k = self.rows.shape[1]
        if k <= scores.shape[1] and np.isinf(worst).any():
            kth = np.partition(scores, k - 1, axis=1)[:, k - 1]
            limits = np.minimum(limits, kth.astype(np.float64) + 2 * self.bound)
        most = np.finfo(scores.dtype).max  # below infinity, the score of rows that must not be found
        return np.minimum(np.nextafter(limits.astype(scores.dtype), most), most)

    def _measure(self, asked: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the exact distances of pairs of a query and a row."""
        found, queries = self.vectors[rows].astype(np.float64), self.queries[asked]
        if self.metric == "dot":
            return 0.0 - (found * queries).sum(axis=1)
        if self.metric == "euclidean":
            return np.sqrt(np.square(found - queries).sum(axis=1))
        # 1 - cos = |x/|x| - q/|q||^2 / 2: exact where 1 - x.q would cancel. A zero vector is like nothing.
        norms, lengths = self.norms[rows], self.lengths[asked]
        apart = np.square(self._unit(found, norms) - self._unit(queries, lengths)).sum(axis=1) / 2
        return np.where((norms > 0) & (lengths > 0), apart, 1.0)

    def _unit(self, vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        if self.metric != "cosine":
            return vectors
        return np.divide(vectors, lengths[:, None], out=np.zeros_like(vectors), where=lengths[:, None] > 0)

    def _merge(self, asked: np.ndarray, rows: np.ndarray, distances: np.ndarray) -> None:
        """Keep the k nearest of what was known and what was found."""
        m, k = self.rows.shape
        asked = np.concatenate([np.repeat(np.arange(m), k), asked])
        rows = np.concatenate([self.rows.ravel(), rows])
        distances = np.concatenate([self.distances.ravel(), distances])
        order = np.lexsort((rows, distances, asked))
        first = np.searchsorted(asked[order], np.arange(m))
        kept = order[first[:, None] + np.arange(k)]
        self.rows, self.distances = rows[kept], distances[kept]
