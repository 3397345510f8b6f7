"""Fewer dimensions: principal components of the vectors, for narrower tables and for pictures."""

from __future__ import annotations

__all__ = ["Axes", "coordinates", "principal_axes", "whitening"]

from typing import NamedTuple

import numpy as np

from ..io.errors import DataError

_CHUNK = 65_536


class Axes(NamedTuple):
    """Where the new origin is, (dim,), and the new axes (dim, new dim), both float64."""

    origin: np.ndarray
    directions: np.ndarray

    def of(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors (n, dim) in the new axes, (n, new dim) float32.

        Example:
            >>> Axes(np.ones(2), np.eye(2)).of(np.array([[3.0, 1.0]])).tolist()
            [[2.0, 0.0]]
        """
        reduced = np.empty((len(vectors), self.directions.shape[1]), np.float32)
        for start in range(0, len(vectors), _CHUNK):
            reduced[start : start + _CHUNK] = (vectors[start : start + _CHUNK] - self.origin) @ self.directions
        return reduced


def principal_axes(vectors: np.ndarray, dim: int, centred: bool = True) -> Axes:
    """Find the directions along which the vectors differ most (Hotelling 1933; here from the second moments, float64).

    Args:
        vectors: (n, old dim).
        dim: how many directions, at most the old dim.
        centred: whether the mean becomes the origin; for cosines and dot products the origin has to stay.

    Returns:
        The axes; each points to where its largest entry is positive, so that the same table gives the same axes.

    Raises:
        DataError: when ``dim`` isn't from 1 to the old dim.

    Example:
        >>> principal_axes(np.array([[0.0, 0.0], [0.0, 2.0]]), 1).directions.tolist()
        [[0.0], [1.0]]
    """
    width = vectors.shape[1]
    if isinstance(dim, bool) or not isinstance(dim, int | np.integer) or not 1 <= dim <= width:
        raise DataError(f"dim must be a whole number from 1 to {width}, the table's own dim, however: dim={dim!r}")
    origin = vectors.mean(axis=0, dtype=np.float64) if centred and len(vectors) else np.zeros(width)
    moments = np.zeros((width, width))
    for start in range(0, len(vectors), _CHUNK):
        chunk = vectors[start : start + _CHUNK] - origin
        moments += chunk.T @ chunk
    directions = np.linalg.eigh(moments).eigenvectors[:, ::-1][:, :dim]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(dim)]
    return Axes(origin, directions * np.where(largest < 0, -1.0, 1.0))


def whitening(vectors: np.ndarray) -> Axes:
    """Find the axes in which the vectors have mean 0, variance 1 and no correlation.

    Args:
        vectors: (n, old dim), not all the same.

    Returns:
        The axes, most variance first, without those along which the vectors do not differ.

    Example:
        >>> whitening(np.array([[0.0, 1.0], [0.0, 3.0]])).of(np.array([[0.0, 5.0]])).tolist()
        [[3.0]]
    """
    axes = principal_axes(vectors, vectors.shape[1])
    spread = np.sqrt(np.square(axes.of(vectors), dtype=np.float64).mean(axis=0))
    kept = spread > spread.max() * 1e-5  # below it float32 holds nothing but rounding
    return Axes(axes.origin, axes.directions[:, kept] / spread[kept])


def coordinates(vectors: np.ndarray, dim: int, method: str, centred: bool) -> np.ndarray:
    """Return a place (n, dim) float32 in the plane or in space for each vector.

    Args:
        vectors: (n, old dim).
        dim: 2 or 3.
        method: "pca", or "tsne" (van der Maaten & Hinton 2008, by scikit-learn, with a fixed seed).
        centred: as in ``principal_axes``.

    Raises:
        DataError: for another dim or method, and for "tsne" of fewer than four vectors.

    Example:
        >>> coordinates(np.array([[0.0], [2.0]]), 2, "pca", True).tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """
    if dim not in (2, 3):
        raise DataError(f"dim must be 2 (a plane) or 3 (space), however: dim={dim!r}")
    if method == "tsne":
        return _tsne(vectors, dim)
    if method != "pca":
        raise DataError(f"method must be 'pca' or 'tsne', however: method={method!r}")
    places = principal_axes(vectors, min(dim, vectors.shape[1]), centred).of(vectors)
    return np.pad(places, ((0, 0), (0, dim - places.shape[1])))


def _tsne(vectors: np.ndarray, dim: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    n = len(vectors)
    if n < 4:
        raise DataError(f"method='tsne' needs at least 4 labels, however: the table has {n}; use method='pca'")
    start = "pca" if dim <= vectors.shape[1] else "random"
    perplexity = min(30.0, (n - 1) / 3)  # as Rtsne requires: each neighbourhood well inside the table
    places: np.ndarray = TSNE(dim, perplexity=perplexity, init=start, random_state=0).fit_transform(vectors)
    return places
