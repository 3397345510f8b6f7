"""Which rows choose the best epoch: some by chance, the last ones, or those that a function names."""

from __future__ import annotations

__all__ = ["check_validation", "split_of"]

from typing import Any

import numpy as np

from ..io.errors import DataError
from ..nn.held_out import RowSplit, hold_out, judging

_WAYS = ("random", "last")


def check_validation(validation: Any, *, files: bool = False) -> None:
    """Refuse a way to hold out rows that doesn't exist.

    Args:
        validation: ``"random"``, ``"last"`` or a function.
        files: whether the rows are streamed, where only chance is offered.

    Raises:
        DataError: for anything else.
    """
    if not callable(validation) and validation not in _WAYS:
        raise DataError(
            f"`validation` must be 'random', 'last' or a function of X and y, however: validation={validation!r}"
        )
    if files and validation != "random":
        raise DataError(
            f"`validation` must be 'random' for files, whose rows are streamed, however: validation={validation!r}; "
            f"read them into a frame"
        )


def split_of(
    validation: Any,
    X: Any,
    y: Any,
    truth: np.ndarray,
    weights: np.ndarray | None,
    share: float,
    seed: int,
) -> RowSplit:
    """Return the row numbers to train on, and those to choose the best epoch by.

    Args:
        validation: ``"random"``, ``"last"`` for the last rows of the data, or a function of X and y that returns (n,)
            True for the rows to hold out.
        X: (n, columns) as the estimator was given it.
        y: (n,) as it was given.
        truth: what ``schema.encode_target`` gave.
        weights: (n,) of the rows, or None.
        share: of the rows to hold out, for the two named ways.
        seed: of the draw.

    Raises:
        DataError: for another way, or a function that gives something else or holds out all rows or none.
    """
    check_validation(validation)
    rows = len(truth)
    if validation == "random":
        return hold_out(truth, share, weights, seed)
    if validation == "last":
        held = np.arange(rows) >= rows - int(rows * share)
    else:
        held = np.asarray(validation(X, y))
        if held.dtype != bool or held.shape != (rows,):
            raise DataError(
                f"`validation` must return True or False for each of the {rows:,} rows, however: it returned "
                f"{held.dtype} of shape {held.shape}"
            )
        if held.all() or not held.any():
            raise DataError(f"`validation` must hold out some rows, not {'all' if held.all() else 'none'} of {rows:,}")
    return judging((np.flatnonzero(~held), np.flatnonzero(held)), weights)
