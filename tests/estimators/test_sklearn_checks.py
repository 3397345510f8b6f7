"""scikit-learn's own checks of an estimator, with settings as small as they come."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import tabembed as te

pytestmark = [pytest.mark.usefixtures("eagerly"), pytest.mark.filterwarnings("ignore:Even though the `tf.config")]

TINY = {"epochs": 1, "network_options": {"hidden": (4,)}, "validation_fraction": 0, "random_state": 0, "verbose": 0}


def expected_to_fail(estimator: Any) -> dict[str, str]:
    """Return {check: reason} of the checks that can't hold."""
    learns = "wants a score, or a class learned by heart, after the one epoch of a tiny network"
    return {
        "check_sample_weight_equivalence_on_dense_data": "a repeated row shifts the batches; a weight does not",
        **({"check_regressors_train": learns} if isinstance(estimator, te.TabularRegressor) else {}),
        **(
            dict.fromkeys(["check_classifiers_train", "check_classifiers_one_label_sample_weights"], learns)
            if isinstance(estimator, te.TabularClassifier)
            else {}
        ),
    }


@parametrize_with_checks(
    [te.TabularRegressor(**TINY), te.TabularClassifier(**TINY)], expected_failed_checks=expected_to_fail
)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)
