"""The task's usual metrics, with the trivial baseline beside them."""

from __future__ import annotations

__all__ = ["evaluate"]

from typing import Any

import numpy as np
from sklearn import metrics

from ..schema.target import Target


def evaluate(
    target: Target, truth: np.ndarray, output: np.ndarray, sample_weight: np.ndarray | None = None
) -> dict[str, Any]:
    """Compare predictions with the truth, and the baseline (training mean or class shares) with it.

    Args:
        target: learned; gives the baseline.
        truth: (n,) values, or positions in ``target.classes``.
        output: (n,) values, or (n, classes) probabilities.
        sample_weight: (n,) or None.

    Returns:
        {"rows": n, "model": {metric: value}, "baseline": {metric: value}}: ``r2``, ``mae``, ``rmse`` in the target's
        unit, or ``accuracy``, ``log_loss`` and, with two classes, ``auc``.

    Example:
        >>> target = Target("delay", "regression", mean=2.0, scale=1.0)
        >>> evaluate(target, np.array([1.0, 3.0]), np.array([1.0, 3.0]))["model"]["r2"]
        1.0
    """
    if target.is_classification:
        baseline, score = np.tile(target.shares, (len(truth), 1)), _of_classes
    else:
        baseline, score = np.full(len(truth), target.mean), _of_values
    if sample_weight is not None and not sample_weight.any():
        sample_weight = None  # only rows without weight are here: what there is to say, they say alike
    found = {
        name: {metric: float(v) for metric, v in score(truth, np.asarray(guess, np.float64), sample_weight).items()}
        for name, guess in (("model", output), ("baseline", baseline))
    }
    return {"rows": len(truth), **found}


def _of_values(truth: np.ndarray, guess: np.ndarray, weight: np.ndarray | None) -> dict[str, float]:
    return {
        "r2": metrics.r2_score(truth, guess, sample_weight=weight) if len(truth) > 1 else float("nan"),
        "mae": metrics.mean_absolute_error(truth, guess, sample_weight=weight),
        "rmse": metrics.root_mean_squared_error(truth, guess, sample_weight=weight),
    }


def _of_classes(truth: np.ndarray, guess: np.ndarray, weight: np.ndarray | None) -> dict[str, float]:
    classes = np.arange(guess.shape[1])
    found = {
        "accuracy": metrics.accuracy_score(truth, guess.argmax(axis=1), sample_weight=weight),
        "log_loss": metrics.log_loss(
            truth, guess / guess.sum(axis=1, keepdims=True), labels=classes, sample_weight=weight
        ),
    }
    counted = truth if weight is None else truth[weight > 0]
    if len(classes) == 2 and len(np.unique(counted)) == 2:  # of one class there is no curve
        found["auc"] = metrics.roc_auc_score(truth, guess[:, 1], sample_weight=weight)
    return found
