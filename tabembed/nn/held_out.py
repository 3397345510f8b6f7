"""Which rows are held out of training, to choose the best epoch by."""

from __future__ import annotations

__all__ = ["RowSplit", "hold_out", "judging", "split_rows"]

import numpy as np

RowSplit = tuple[np.ndarray, np.ndarray]
"""Row numbers to train on, and those to choose the best epoch by."""


def split_rows(classes: np.ndarray | None, rows: int, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split row numbers into training and validation, class by class where there are classes.

    Args:
        classes: (n,) class positions, or None.
        rows: n.
        fraction: share of the validation rows; a class of one row stays in training.
        seed: of the draw.

    Returns:
        Training and validation row numbers, sorted; validation is empty where there are too few rows.

    Example:
        >>> [len(part) for part in split_rows(None, 100, 0.1, 0)]
        [90, 10]
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(rows)
    held = np.zeros(rows, dtype=bool)
    if classes is None:
        held[order[: int(rows * fraction)]] = True
    else:
        for position in np.unique(classes):
            of_class = order[classes[order] == position]
            held[of_class[: min(round(len(of_class) * fraction), len(of_class) - 1)]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def hold_out(target: np.ndarray, share: float, weights: np.ndarray | None, seed: int) -> RowSplit:
    """Return the row numbers to train on, and those to choose the best epoch by.

    Args:
        target: what ``schema.encode_target`` gave.
        share: of the rows to hold out.
        weights: (n,) or None.
        seed: of the draw.
    """
    return judging(split_rows(target if target.dtype.kind == "i" else None, len(target), share, seed), weights)


def judging(split: RowSplit, weights: np.ndarray | None) -> RowSplit:
    """Return a split, or all rows to train on where one of the two parts has no weight.

    Rows without weight judge nothing, every epoch's loss would be equal and the first would win; nor do they teach.

    Args:
        split: row numbers to train on, and those held out.
        weights: (n,) or None.
    """
    if weights is not None and not all(np.any(weights[part] > 0) for part in split):
        return np.arange(len(weights)), split[1][:0]
    return split
