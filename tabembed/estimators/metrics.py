"""The task's usual metrics, with the trivial baseline beside them."""

from __future__ import annotations

__all__ = ["evaluate", "mean_answers"]

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn import metrics

from ..schema.objectives import POWERS
from ..schema.target import Target
from ..schema.targets import AnyTarget, Targets

Weight = np.ndarray | None


def mean_answers(answers: Sequence[tuple[np.ndarray, Any]], rows: int) -> tuple[np.ndarray, Any]:
    """Return which rows some models have answered, and each one's mean answer by those that did.

    Args:
        answers: (k,) rising row numbers, and a model's answers to them: (k, ...), or of several targets by target.
        rows: how many there are.

    Returns:
        The row numbers, rising, and the answers in the models' own form.

    Example:
        >>> first, second = (np.array([0, 1]), np.array([4.0, 6.0])), (np.array([1, 3]), np.array([8.0, 9.0]))
        >>> [part.tolist() for part in mean_answers([first, second], 4)]
        [[0, 1, 3], [4.0, 7.0, 9.0]]
    """
    times = np.bincount(np.concatenate([places for places, _ in answers]), minlength=rows)
    judged = np.flatnonzero(times)

    def mean(*parts: np.ndarray) -> np.ndarray:
        """Return the mean of each judged row."""
        if len(parts) == 1:
            return parts[0]
        total = np.zeros((rows, *parts[0].shape[1:]))
        for (places, _), part in zip(answers, parts, strict=True):
            total[places] += part
        found: np.ndarray = total[judged] / times[judged].reshape(-1, *[1] * (total.ndim - 1))
        return found.astype(parts[0].dtype)

    outputs = [output for _, output in answers]
    if isinstance(outputs[0], dict):
        return judged, {name: mean(*(output[name] for output in outputs)) for name in outputs[0]}
    return judged, mean(*outputs)


def evaluate(
    target: AnyTarget, truth: np.ndarray, output: Any, sample_weight: np.ndarray | None = None
) -> dict[str, Any]:
    """Compare predictions with the truth, and the baseline (best constant or class shares of the training) with it.

    Args:
        target: learned; gives the baseline.
        truth: what ``schema.encode_target`` gave.
        output: (n,) values, (n, quantiles) or (n, classes) probabilities; of several targets {target: one of these}.
        sample_weight: (n,) or None.

    Returns:
        {"rows": n, "model": {metric: value}, "baseline": {metric: value}}; of several targets the two hold these by
        target, each over the rows that have it. Of numbers ``r2``, ``mae``, ``rmse`` in the target's unit, and what the
        loss asks: ``rmsle``, ``deviance``; of quantiles ``pinball`` and for each ``below_q``, the share of rows below
        it; of classes ``accuracy``, ``log_loss``, with two ``auc``, in an order also ``mae`` in classes; of labels
        ``log_loss``, ``accuracy`` (of all labels of a row), ``f1`` and ``auc`` (means over the labels).

    Example:
        >>> target = Target("delay", "regression", mean=2.0, scale=1.0)
        >>> evaluate(target, np.array([1.0, 3.0]), np.array([1.0, 3.0]))["model"]["r2"]
        1.0
    """
    if not isinstance(target, Targets):
        return {"rows": len(truth), **_of_one(target, truth, output, sample_weight)}
    truths, model, baseline = target.truths(truth), {}, {}
    for part in target.parts:
        answers = truths[part.name]
        there = ~np.isnan(answers).any(axis=1)
        if not there.any():
            continue
        own = answers[there] if part.truth_width > 1 else answers[there, 0]
        own = own.astype(np.int64) if part.is_classification else own
        weight = None if sample_weight is None else sample_weight[there]
        found = _of_one(part, own, output[part.name][there], weight)
        model[part.name], baseline[part.name] = found["model"], found["baseline"]
    return {"rows": len(truth), "model": model, "baseline": baseline}


def _of_one(target: Target, truth: np.ndarray, output: np.ndarray, weight: Weight) -> dict[str, Any]:
    if weight is not None and not weight.any():
        weight = None  # only rows without weight are here: what there is to say, they say alike
    score = _scorer(target)
    constant = target.shares if target.is_classification else np.asarray(target.baseline)
    guesses = {"model": output, "baseline": np.tile(constant, (len(truth), 1)).reshape(np.shape(output))}
    return {
        name: {k: float(v) for k, v in score(target, truth, np.asarray(guess, np.float64), weight).items()}
        for name, guess in guesses.items()
    }


def _scorer(target: Target) -> Callable[[Target, np.ndarray, np.ndarray, Weight], dict[str, float]]:
    if target.task == "multilabel":
        return _of_labels
    if target.is_classification:
        return _of_classes
    return _of_quantiles if target.quantiles else _of_values


def _of_values(target: Target, truth: np.ndarray, guess: np.ndarray, weight: Weight) -> dict[str, float]:
    found = {
        "r2": metrics.r2_score(truth, guess, sample_weight=weight) if len(truth) > 1 else float("nan"),
        "mae": metrics.mean_absolute_error(truth, guess, sample_weight=weight),
        "rmse": metrics.root_mean_squared_error(truth, guess, sample_weight=weight),
    }
    if target.objective == "log":
        found["rmsle"] = metrics.root_mean_squared_error(np.log(truth), np.log(guess), sample_weight=weight)
    if target.objective == "log1p":
        found["rmsle"] = metrics.root_mean_squared_error(np.log1p(truth), np.log1p(guess), sample_weight=weight)
    if target.objective in {*POWERS, "tweedie"}:
        power = POWERS.get(target.objective, target.power)
        found["deviance"] = metrics.mean_tweedie_deviance(truth, guess, power=power, sample_weight=weight)
    return found


def _of_quantiles(target: Target, truth: np.ndarray, guess: np.ndarray, weight: Weight) -> dict[str, float]:
    levels = dict(zip(target.quantiles, guess.T, strict=True))
    losses = [metrics.mean_pinball_loss(truth, at, alpha=q, sample_weight=weight) for q, at in levels.items()]
    return {"pinball": np.mean(losses)} | {
        f"below_{q:g}": np.average(truth <= at, weights=weight) for q, at in levels.items()
    }


def _of_classes(target: Target, truth: np.ndarray, guess: np.ndarray, weight: Weight) -> dict[str, float]:
    classes = np.arange(guess.shape[1])
    ordinal = target.task == "ordinal"
    chosen = (np.cumsum(guess, axis=1)[:, :-1] < 0.5).sum(axis=1) if ordinal else guess.argmax(axis=1)
    found = {
        "accuracy": metrics.accuracy_score(truth, chosen, sample_weight=weight),
        "log_loss": metrics.log_loss(
            truth, guess / guess.sum(axis=1, keepdims=True), labels=classes, sample_weight=weight
        ),
    }
    if ordinal:
        found["mae"] = metrics.mean_absolute_error(truth, chosen, sample_weight=weight)
    counted = truth if weight is None else truth[weight > 0]
    if len(classes) == 2 and len(np.unique(counted)) == 2:  # of one class there is no curve
        found["auc"] = metrics.roc_auc_score(truth, guess[:, 1], sample_weight=weight)
    return found


def _of_labels(target: Target, truth: np.ndarray, guess: np.ndarray, weight: Weight) -> dict[str, float]:
    truth, chosen = truth.astype(np.int64), (guess >= 0.5).astype(np.int64)
    columns = range(truth.shape[1])
    losses = [metrics.log_loss(truth[:, at], guess[:, at], labels=[0, 1], sample_weight=weight) for at in columns]
    found = {
        "log_loss": np.mean(losses),
        "accuracy": metrics.accuracy_score(truth, chosen, sample_weight=weight),
        "f1": metrics.f1_score(truth, chosen, average="macro", zero_division=0.0, sample_weight=weight),
    }
    counted = truth if weight is None else truth[weight > 0]
    mixed = [at for at in columns if len(np.unique(counted[:, at])) == 2]
    if mixed:
        curves = [metrics.roc_auc_score(truth[:, at], guess[:, at], sample_weight=weight) for at in mixed]
        found["auc"] = np.mean(curves)
    return found
