"""The metrics beside the trivial baseline."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from tabembed.estimators.metrics import evaluate
from tabembed.schema.target import Target


def test_values() -> None:
    rng = np.random.default_rng(0)
    truth, guess, weight = rng.normal(2, 1, 50), rng.normal(2, 1, 50), rng.random(50)
    found = evaluate(Target("y", "regression", mean=2.0), truth, guess, weight)
    assert found["rows"] == 50
    assert found["model"]["r2"] == pytest.approx(metrics.r2_score(truth, guess, sample_weight=weight))
    assert found["baseline"]["mae"] == pytest.approx(np.average(np.abs(truth - 2), weights=weight))
    assert found["baseline"]["rmse"] == pytest.approx(np.sqrt(np.average((truth - 2) ** 2, weights=weight)))
    one = evaluate(Target("y", "regression"), truth[:1], guess[:1])
    assert np.isnan(one["model"]["r2"])


def test_classes() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    second = rng.random(60)
    target = Target("y", "binary", classes=("a", "b"), counts=(3, 1))
    found = evaluate(target, truth, np.column_stack([1 - second, second]))
    assert found["model"]["auc"] == pytest.approx(metrics.roc_auc_score(truth, second))
    assert found["baseline"] == {
        "accuracy": pytest.approx((truth == 0).mean()),
        "log_loss": pytest.approx(metrics.log_loss(truth, np.full(60, 0.25))),
        "auc": 0.5,
    }
    assert "auc" not in evaluate(target, np.zeros(5, int), np.full((5, 2), 0.5))["model"]
    assert "auc" not in evaluate(target, truth, np.column_stack([1 - second, second]), truth.astype(float))["model"]


def test_rows_without_weight_count_alike() -> None:
    target, truth = Target("y", "regression"), np.array([1.0, 2.0])
    assert evaluate(target, truth, truth, np.zeros(2, np.float32)) == evaluate(target, truth, truth)
