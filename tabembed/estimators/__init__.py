"""scikit-learn estimators: schema, model and training behind ``fit`` and ``predict``."""

from __future__ import annotations

__all__ = ["TabularClassifier", "TabularRegressor"]

from typing import TYPE_CHECKING

from ..io.lazy import lazily

if TYPE_CHECKING:
    from .classifier import TabularClassifier
    from .regressor import TabularRegressor

_HOMES = {"TabularClassifier": ".classifier", "TabularRegressor": ".regressor"}
# What the estimators share with the embedders must not bring TensorFlow along.
__getattr__ = lazily(globals(), _HOMES)
