"""``TabularClassifier``: classes from tables, the scikit-learn way."""

from __future__ import annotations

__all__ = ["TabularClassifier"]

from typing import Any, Self

import numpy as np
import pyarrow as pa
from sklearn.base import ClassifierMixin

from ..schema.labels import factorize
from .base import TabularEstimator


class TabularClassifier(ClassifierMixin, TabularEstimator):  # type: ignore[misc]
    """Predict a class from a table with categorical columns; a scikit-learn estimator.

    The arguments and attributes are those of ``TabularRegressor``; besides, ``classes_`` holds the class labels as they came
    (str, int, float or bool), sorted.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50})
        >>> est = te.TabularClassifier(epochs=1, random_state=0, verbose=0).fit(X, ["late", "early"] * 50)
        >>> est.classes_.tolist(), est.predict_proba(X).shape
        (['early', 'late'], (100, 2))

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III.
    """

    def _task_of(self, y: pa.Array | pa.ChunkedArray, name: str) -> str:
        return "binary" if len(factorize(y, name)[1]) <= 2 else "multiclass"

    def fit(self, X: Any, y: Any, sample_weight: Any = None, init: Any = None) -> Self:
        """Infer the schema, build the model and train it; see ``TabularRegressor.fit``."""
        super().fit(X, y, sample_weight, init)
        target = self.schema_.need_target()
        self.classes_ = target.decode(np.arange(len(target.classes)))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return (n, classes) float32 probabilities in the order of ``classes_``."""
        return self._answer(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return (n,) class labels, in the type they came in."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
