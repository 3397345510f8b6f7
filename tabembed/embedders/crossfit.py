"""Cross-fitting: each row gets a vector that was learned without it, in the space of the table learned from all."""

from __future__ import annotations

__all__ = ["fold_rows", "onto_full"]

import numbers
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from ..io.errors import DataError
from ..schema.vocabulary import UNKNOWN_ID
from ..tables.compare import rotation_onto

Fold = tuple[np.ndarray, np.ndarray]


def fold_rows(cv: Any, X: Any, truth: np.ndarray, classes: bool, seed: int) -> list[Fold]:
    """Return the (training rows, held-out rows) of each fold; every row is held out once.

    Args:
        cv: the number of folds (shuffled; stratified where every class has that many rows), or a splitter.
        X: (n, columns) what the splitter sees.
        truth: (n,) the target, classes as positions.
        classes: whether it holds classes.
        seed: of the shuffling.

    Raises:
        DataError: for another ``cv``, more folds than rows, or a splitter that doesn't hold out every row once.

    Example:
        >>> [held.tolist() for _, held in fold_rows(KFold(2), np.zeros((4, 1)), np.arange(4.0), False, 0)]
        [[0, 1], [2, 3]]
    """
    whole = isinstance(cv, numbers.Integral) and not isinstance(cv, bool)
    if not hasattr(cv, "split") and not (whole and cv >= 2):
        raise DataError(f"`cv` must be None, a number of folds of 2 or more, or a splitter, however: cv={cv!r}")
    rows = len(truth)
    if whole:
        if cv > rows:
            raise DataError(f"`cv` must be at most the number of rows, however: cv={cv} for {rows:,} rows")
        stratified = classes and np.unique(truth, return_counts=True)[1].min() >= cv
        cv = (StratifiedKFold if stratified else KFold)(int(cv), shuffle=True, random_state=seed)
    folds = list(cv.split(X, truth))
    times = np.bincount(np.concatenate([held for _, held in folds]), minlength=rows)
    if (times != 1).any():
        raise DataError(
            f"`cv` must hold out every row once, however: {cv!r} holds out row {int(np.argmax(times != 1))} "
            f"{int(times[np.argmax(times != 1)])} times"
        )
    return folds


def onto_full(fold: np.ndarray, full: np.ndarray, rows: np.ndarray, how="rot") -> np.ndarray:
    """Turn a fold's table onto the full one, and give labels that the fold never saw its unknown vector.
    """
    seen = rows > 0
    fold = fold.astype(np.float64)
    if how != "raw":
        w = np.sqrt(rows[seen])[:, None] if how.startswith("w") else 1.0
        a, b = fold[seen], full[seen].astype(np.float64)
        if how.endswith("trans"):
            ww = rows[seen]/rows[seen].sum() if how.startswith("w") else np.full(seen.sum(), 1/seen.sum())
            ma, mb = ww @ a, ww @ b
            r = rotation_onto((a-ma)*w, (b-mb)*w)
            fold = (fold-ma) @ r + mb
        else:
            fold = fold @ rotation_onto(a*w, b*w)
    seen[UNKNOWN_ID] = True
    fold[~seen] = fold[UNKNOWN_ID]
    return fold.astype(np.float32)
