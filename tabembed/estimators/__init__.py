"""scikit-learn estimators: schema, model and training behind ``fit`` and ``predict``."""

from __future__ import annotations

__all__ = ["TabularClassifier", "TabularRegressor"]

from .classifier import TabularClassifier
from .regressor import TabularRegressor
