"""How alike two tables are, once one is turned onto the other: how stable two trainings are, what a new one moved."""

from __future__ import annotations

__all__ = ["Comparison", "compared", "rotation_onto"]

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..io.errors import DataError
from .base import LabelledVectors
from .search import nearest

if TYPE_CHECKING:
    import pandas as pd

_ASKED = 2_000  # labels whose neighbours are compared, at most


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What ``EmbeddingTable.compare`` found; ``print`` it, or take the figures.

    Attributes:
        labels: the (n,) labels that both tables have, in the first one's order.
        moved: (n,) float64, how far each label lies from its place in the first table, after alignment.
        overlap: (n,) float64, the share of each label's k nearest that both tables agree on; NaN for labels not asked.
        k: how many neighbours were compared.
        fit: the share of the first table's spread that the aligned second one explains: 1 for a mere rotation.
        rotation: (dim, dim) float64, orthogonal: ``(v - their mean) @ rotation + our mean`` brings a vector here.
        only_here: how many labels only the first table has.
        only_there: how many labels only the second one has.

    Example:
        >>> one = LabelledVectors(["a", "b", "c"], [[-1, 0], [0, 2], [1, 0]])
        >>> other = LabelledVectors(["a", "b", "c"], [[0, -1], [4, 0], [0, 1]])
        >>> compared(one, other, 1)
        Comparison of 3 shared labels (0 only here, 0 only there)
          explained after rotation  0.429
          neighbour overlap@1       1.000 (by chance 0.500)
          moved most                b 1.333, a 0.667, c 0.667
    """

    labels: tuple[str, ...]
    moved: np.ndarray
    overlap: np.ndarray
    k: int
    fit: float
    rotation: np.ndarray
    only_here: int
    only_there: int

    @property
    def mean_overlap(self) -> float:
        """The mean of ``overlap`` over the labels that were asked."""
        return float(np.nanmean(self.overlap))

    @property
    def chance(self) -> float:
        """The overlap that two unrelated tables would have."""
        return self.k / (len(self.labels) - 1)

    def most_moved(self, n: int = 10) -> list[tuple[str, float]]:
        """Return the n labels that moved most, and how far.

        Example:
            >>> one = LabelledVectors(["a", "b", "c"], [[0.0], [1.0], [5.0]])
            >>> compared(one, one, 1).most_moved(1)[0][1] < 1e-6
            True
        """
        order = np.argsort(-self.moved, kind="stable")[:n].tolist()
        return [(self.labels[row], float(self.moved[row])) for row in order]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each shared label: label, moved, overlap; the one that moved most first.

        Example:
            >>> one = LabelledVectors(["a", "b", "c"], [[0.0], [1.0], [5.0]])
            >>> compared(one, one, 1).to_frame().columns.tolist()
            ['label', 'moved', 'overlap']
        """
        import pandas as pd

        frame = pd.DataFrame({"label": list(self.labels), "moved": self.moved, "overlap": self.overlap})
        return frame.sort_values("moved", ascending=False, kind="stable", ignore_index=True)

    def __repr__(self) -> str:
        """Return the figures, one a line."""
        most = ", ".join(f"{label} {far:.3f}" for label, far in self.most_moved(5))
        return (
            f"Comparison of {len(self.labels):,} shared labels "
            f"({self.only_here:,} only here, {self.only_there:,} only there)\n"
            f"  explained after rotation  {self.fit:.3f}\n"
            f"  {f'neighbour overlap@{self.k}':<26}{self.mean_overlap:.3f} (by chance {self.chance:.3f})\n"
            f"  {'moved most':<26}{most}"
        )


def compared(one: LabelledVectors, other: LabelledVectors, k: int) -> Comparison:
    """Answer ``EmbeddingTable.compare``."""
    shared = [label for label in one.labels if label in other]
    if len(shared) < 3:
        raise DataError(f"tables to compare must share at least 3 labels, however: they share {len(shared)}")
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k < len(shared):
        raise DataError(f"k must be from 1 to {len(shared) - 1}, one less than the shared labels, however: k={k!r}")
    ours, theirs = one.vectors[one.rows(shared)], other.vectors[other.rows(shared)]
    here, there = _as_wide(ours, other.dim), _as_wide(theirs, one.dim)
    if one.metric == "euclidean":  # cosines and dot products are seen from the origin, which then must stay
        here, there = here - here.mean(axis=0), there - there.mean(axis=0)
    rotation = rotation_onto(there, here)
    apart = here - there @ rotation
    spread = float(np.square(here).sum())
    return Comparison(
        labels=tuple(shared),
        moved=np.sqrt(np.square(apart).sum(axis=1)),
        overlap=_overlap(ours, theirs, int(k), one.metric),
        k=int(k),
        fit=1.0 - float(np.square(apart).sum()) / spread if spread else 0.0,
        rotation=rotation,
        only_here=len(one) - len(shared),
        only_there=len(other) - len(shared),
    )


def rotation_onto(vectors: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the rotation (or reflection) that brings vectors nearest to a target: orthogonal Procrustes.

    Source: Schoenemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31 (1966).

    Args:
        vectors: (n, dim) real numbers.
        target: (n, dim) real numbers, row by row where the vectors should lie.

    Returns:
        (dim, dim) float64, orthogonal: ``vectors @ rotation`` is as near to ``target`` as can be.

    Example:
        >>> rotation_onto(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0], [2.0, 0.0]])).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    u, _, v = np.linalg.svd(vectors.astype(np.float64).T @ target.astype(np.float64))
    rotation: np.ndarray = u @ v
    return rotation


def _as_wide(vectors: np.ndarray, dim: int) -> np.ndarray:
    """Give the narrower of two tables columns of zeros, which change no distance."""
    wide = np.zeros((len(vectors), max(dim, vectors.shape[1])))
    wide[:, : vectors.shape[1]] = vectors
    return wide


def _overlap(one: np.ndarray, other: np.ndarray, k: int, metric: str) -> np.ndarray:
    n = len(one)
    asked = np.unique(np.linspace(0, n - 1, min(n, _ASKED)).astype(np.int64))
    near, far = (
        nearest(vectors, vectors[asked], k, metric, _lengths(vectors), own=asked)[0] for vectors in (one, other)
    )
    overlap = np.full(n, np.nan)
    overlap[asked] = [len(set(a) & set(b)) / k for a, b in zip(near.tolist(), far.tolist(), strict=True)]
    return overlap


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1))
