"""scikit-learn estimators: schema, model and training behind ``fit`` and ``predict``."""

from __future__ import annotations

__all__ = ["TabularClassifier", "TabularRegressor"]

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .classifier import TabularClassifier
    from .regressor import TabularRegressor

_HOMES = {"TabularClassifier": ".classifier", "TabularRegressor": ".regressor"}


def __getattr__(name: str) -> object:
    """Load an estimator at its first use: what it shares with the embedders must not bring TensorFlow along."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
