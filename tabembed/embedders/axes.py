"""The axes of a table: what a label adds on its own, what the network learned of it, and its place in an order."""

from __future__ import annotations

__all__ = ["EffectFirst", "effect_first"]

from typing import NamedTuple

import numpy as np


class EffectFirst(NamedTuple):
    """How learned vectors (size, width) and effects (size, outputs) become vectors (size, dim), the effect first.

    Args:
        origin: (width,) what is taken from the learned vectors.
        scale: (outputs, 1) what the effects are multiplied by.
        turn: (width, dim - 1) the axes of the learned vectors, orthonormal; of ordered labels (width, dim - 2).
        order: (size, 1) the last axis of ordered labels, (size, 0) of others.
    """

    origin: np.ndarray
    scale: np.ndarray
    turn: np.ndarray
    order: np.ndarray

    def of(self, vectors: np.ndarray, effects: np.ndarray) -> np.ndarray:
        """Return (size, dim) float32.

        Args:
            vectors: (size, width).
            effects: (size, outputs).
        """
        learned = (vectors - self.origin) @ self.turn
        return np.hstack([effects @ self.scale, learned, self.order]).astype(np.float32)


def effect_first(
    vectors: np.ndarray, effects: np.ndarray, counts: np.ndarray, dim: int, numbers: np.ndarray | None = None
) -> EffectFirst:
    """Find the axes of a table: the effect, then the directions in which the learned vectors differ, most first.

    The effect is stretched to the spread of the learned vectors in the direction that goes with it, so that distances
    weigh both. Of several outputs (classes) it is the mixture in which labels differ most. Of ordered labels the number
    itself is the last axis, as short as the shortest of the learned ones: trees split on it however short it is, and
    distances hardly know of it.

    Args:
        vectors: (size, width) a learned table.
        effects: (size, outputs) of the same labels.
        counts: (size,) rows of each label.
        dim: of the result, at most width + 1, of ordered labels width + 2.
        numbers: (size,) of ordered labels, 0 where there is none; None for others.

    Example:
        >>> vectors = np.array([[0.0, 3.0], [0.0, -3.0], [2.0, 3.0], [2.0, -3.0]])
        >>> effects = np.array([[-10.0], [-10.0], [10.0], [10.0]])
        >>> effect_first(vectors, effects, np.ones(4), 3).of(vectors, effects).tolist()
        [[-1.0, 3.0, -1.0], [-1.0, -3.0, -1.0], [1.0, 3.0, 1.0], [1.0, -3.0, 1.0]]
    """
    shares = counts / max(float(counts.sum()), 1.0)
    origin = shares @ vectors
    centred = (vectors - origin) * np.sqrt(shares)[:, None]
    apart = (effects - shares @ effects) * np.sqrt(shares)[:, None]
    mixture = _principal(apart)[:, :1]
    effect = apart @ mixture
    along = centred.T @ effect
    own = float(np.linalg.norm(centred @ along)) / max(float(np.linalg.norm(along)), 1e-30)
    scale = (own or 1.0) / max(float(np.linalg.norm(effect)), 1e-9)
    turn = _principal(centred)[:, : dim - 1 - (numbers is not None)]
    order = np.zeros((len(vectors), 0))
    if numbers is not None:
        order = (numbers - shares @ numbers)[:, None]
        shortest = np.linalg.norm(centred @ turn[:, -1:])
        order *= shortest / max(float(np.linalg.norm(order * np.sqrt(shares)[:, None])), 1e-9)
    return EffectFirst(origin, mixture * scale, turn, order)


def _principal(centred: np.ndarray) -> np.ndarray:
    """Return (dim, dim) the directions in which rows differ, most first; the largest entry of each is positive."""
    directions = np.linalg.eigh(centred.T @ centred).eigenvectors[:, ::-1]
    largest = np.abs(directions).argmax(axis=0) if directions.size else np.zeros(0, int)
    signs = np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(directions * signs)
