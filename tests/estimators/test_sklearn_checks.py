"""scikit-learn's own checks of an estimator, with settings as small as they come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import (
    check_class_weight_classifiers,
    check_regressors_int,
    check_regressors_no_decision_function,
    check_regressors_train,
    parametrize_with_checks,
)

import tabembed as te

pytestmark = pytest.mark.usefixtures("eagerly")

# One epoch, of steps enough and long enough for the checks that ask for a score (of 300 rows at most).
TINY = {
    "preset": "fast",
    "epochs": 1,
    "batch_size": 8,
    "learning_rate": 0.1,
    "network_options": {"hidden": (4,)},
    "validation_fraction": 0,
    "random_state": 0,
    "verbose": 0,
}
DEFAULT = {**TINY, "preset": "default", "epochs": 5}
FAILS = {
    "check_sample_weight_equivalence_on_dense_data": "means, scales and batches count rows: "
    "a repeated row changes them, a weight does not",
    # Only sometimes, hence not strict; below 1e-6 are held.
    "check_methods_sample_order_invariance": "the last bit of a float32 product hangs on the row's place in its batch, "
    "and the check allows none",
}
SLOW = {
    "check_class_weight_classifiers": "one epoch is too few steps to turn every prediction; three are enough, below"
}


@parametrize_with_checks(
    [te.TabularClassifier(**TINY)], expected_failed_checks=lambda _: FAILS | SLOW, xfail_strict=False
)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("check", [check_regressors_int, check_regressors_no_decision_function, check_regressors_train])
def test_scikit_learns_checks_of_regressors_alone(check: Any) -> None:
    check("TabularRegressor", te.TabularRegressor(**TINY))


@parametrize_with_checks([te.TabularRegressor(**TINY)], expected_failed_checks=lambda _: FAILS, xfail_strict=False)
@pytest.mark.slow
def test_scikit_learns_checks_of_the_regressor(estimator: Any, check: Any) -> None:
    """The classifier passes the same in ``make test``."""
    check(estimator)


@parametrize_with_checks(
    [te.TabularRegressor(**DEFAULT), te.TabularClassifier(**DEFAULT)],
    expected_failed_checks=lambda _: FAILS,
    xfail_strict=False,
)
@pytest.mark.slow
def test_scikit_learns_checks_of_the_default(estimator: Any, check: Any) -> None:
    check(estimator)


def test_rows_in_another_order_have_the_same_answers() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    est = te.TabularClassifier(**TINY).fit(X, rng.integers(0, 3, 60))
    order = rng.permutation(60)
    np.testing.assert_allclose(est.predict_proba(X[order]), est.predict_proba(X)[order], atol=1e-6)


def test_class_weights_turn_the_predictions() -> None:
    check_class_weight_classifiers("TabularClassifier", te.TabularClassifier(**{**TINY, "epochs": 3}))
