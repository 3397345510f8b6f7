"""scikit-learn's own checks of an estimator, with settings as small as they come."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_class_weight_classifiers, parametrize_with_checks

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
    "a repeated row changes them, a weight does not"
}
SLOW = {
    "check_class_weight_classifiers": "one epoch is too few steps to turn every prediction; three are enough, below"
}


@parametrize_with_checks(
    [te.TabularRegressor(**TINY), te.TabularClassifier(**TINY)],
    expected_failed_checks=lambda estimator: FAILS | (SLOW if isinstance(estimator, te.TabularClassifier) else {}),
)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@parametrize_with_checks(
    [te.TabularRegressor(**DEFAULT), te.TabularClassifier(**DEFAULT)], expected_failed_checks=lambda _: FAILS
)
@pytest.mark.slow
def test_scikit_learns_checks_of_the_default(estimator: Any, check: Any) -> None:
    check(estimator)


def test_class_weights_turn_the_predictions() -> None:
    check_class_weight_classifiers("TabularClassifier", te.TabularClassifier(**{**TINY, "epochs": 3}))
