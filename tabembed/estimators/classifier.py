"""``TabularClassifier``: classes from tables, the scikit-learn way."""

from __future__ import annotations

__all__ = ["TabularClassifier"]

from typing import Any

import keras
import numpy as np
import pyarrow as pa
from sklearn.base import ClassifierMixin

from ..io.errors import DataError
from ..schema.grow import declared_target
from ..schema.infer import infer_schema
from ..schema.labels import factorize, label_of
from ..schema.schema import Schema
from ..schema.target import FEW_CLASSES
from .base import TabularEstimator


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
        # So many fractions are a quantity.
        if (
            classes > FEW_CLASSES
            and pa.types.is_floating(y.type)
            and any("." in label or "e" in label for label in labels)
        ):
            raise DataError(
                f"target {name!r} must hold classes, however: it has {classes:,} continuous values such as "
                f"{labels[0]}; use te.TabularRegressor, or make them strings"
            )
        return "binary" if classes <= 2 else "multiclass"

    def _infer(self, table: pa.Table, name: str, classes: Any = None) -> Schema:
        if classes is None:
            return super()._infer(table, name)
        target = declared_target(table.column(name), name, classes)
        return Schema(infer_schema(table.drop_columns([name]), kinds=self.kinds).columns, target)

    def _check_classes(self, classes: Any, y: pa.Array | pa.ChunkedArray) -> None:
        if not hasattr(self, "classes_"):
            return
        known = {label_of(label) for label in self.classes_}
        if classes is not None and {label_of(label) for label in np.asarray(classes).ravel().tolist()} != known:
            raise DataError(
                f"`classes` must be those of the first call, {self.classes_.tolist()}, however: classes={classes!r}; "
                f"leave it out, or start with a new estimator"
            )
        codes, labels = factorize(y, self.schema_.need_target().name)
        new = next((at for at, label in enumerate(labels) if label not in known and (codes == at).any()), None)
        if new is not None:
            raise DataError(
                f"a class must be known from the first call on, however: {labels[new]!r} in row "
                f"{int(np.argmax(codes == new))} is new; start a new estimator with partial_fit(..., classes=[...]), "
                f"naming every class"
            )

    def _set_model(self, schema: Schema, model: keras.Model) -> None:
        super()._set_model(schema, model)
        target = schema.need_target()
        self.classes_ = target.decode(np.arange(len(target.classes)))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return (n, classes) float32 probabilities in the order of ``classes_``."""
        return self._answer(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return (n,) class labels, in the type they came in."""
        best = self.predict_proba(X).argmax(axis=1)  # first, since it says when fit is missing
        return self.classes_[best]
