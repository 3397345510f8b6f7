"""``TabularClassifier``: classes from tables, the scikit-learn way."""

from __future__ import annotations

__all__ = ["TabularClassifier"]

from typing import Any, Self

import numpy as np
import pyarrow as pa
from sklearn.base import ClassifierMixin

from ..io.errors import DataError
from ..schema.labels import factorize
from ..schema.schema import Schema
from .base import TabularEstimator

_MANY = 20
"""Classes that are fractions, at most: more are a quantity."""


class TabularClassifier(ClassifierMixin, TabularEstimator):
    """Predict a class from a table with categorical columns; a scikit-learn estimator.

    The arguments and attributes are those of ``TabularRegressor``; besides, ``classes_`` holds the class labels as they
    came (str, int, float or bool), sorted.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50})
        >>> est = te.TabularClassifier(epochs=1, random_state=0, verbose=0).fit(X, ["late", "early"] * 50)
        >>> est.classes_.tolist(), est.predict_proba(X).shape
        (['early', 'late'], (100, 2))

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III.
    """

    def _task_of(self, y: pa.Array | pa.ChunkedArray, name: str) -> str:
        codes, labels = factorize(y, name)  # its labels may be more than the rows hold, in a pandas category
        classes = len(np.unique(codes[codes >= 0]))
        if classes > _MANY and pa.types.is_floating(y.type) and any("." in label or "e" in label for label in labels):
            raise DataError(
                f"target {name!r} must hold classes, however: it has {classes:,} continuous values such as "
                f"{labels[0]}; use te.TabularRegressor, or make them strings"
            )
        return "binary" if classes <= 2 else "multiclass"

    def _learn(self, schema: Schema, table: pa.Table, sample_weight: Any, init: Any) -> Self:
        super()._learn(schema, table, sample_weight, init)
        target = schema.need_target()
        self.classes_ = target.decode(np.arange(len(target.classes)))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return (n, classes) float32 probabilities in the order of ``classes_``."""
        return self._answer(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return (n,) class labels, in the type they came in."""
        best = self.predict_proba(X).argmax(axis=1)  # first, since it says when fit is missing
        return self.classes_[best]
