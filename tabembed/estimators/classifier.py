"""``TabularClassifier``: classes from tables, the scikit-learn way."""

from __future__ import annotations

__all__ = ["TabularClassifier"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pyarrow as pa
from sklearn.base import ClassifierMixin

from ..io.errors import DataError
from ..schema.grow import declared_target
from ..schema.infer import infer_schema
from ..schema.labels import factorize, label_of
from ..schema.learn_target import FEW_CLASSES
from ..schema.lists import is_list
from ..schema.ordinal import order_of
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import Targets
from .base import TabularEstimator
from .signature import with_arguments_of


class TabularClassifier(ClassifierMixin, TabularEstimator):
    """Predict a class from a table with categorical columns; a scikit-learn estimator.

    The arguments and attributes are those of ``TabularRegressor`` but for the first; besides, ``classes_`` holds the
    class labels as they came (str, int, float or bool), sorted, or in their order.

    Args:
        task: ``"auto"``, ``"binary"``, ``"multiclass"``, ``"ordinal"`` or ``"multilabel"``; see ``te.Target``.
        class_weight: how much the rows of each class count while training: ``"balanced"`` or {class: weight}.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50})
        >>> est = te.TabularClassifier(epochs=1, random_state=0, verbose=0).fit(X, ["late", "early"] * 50)
        >>> est.classes_.tolist(), est.predict_proba(X).shape
        (['early', 'late'], (100, 2))

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III.
    """

    @with_arguments_of(TabularEstimator.__init__)
    def __init__(self, *, task: str = "auto", class_weight: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.task = task
        self.class_weight = class_weight

    def _aims(self, table: pa.Table, names: Sequence[str]) -> list[Target]:
        if self.task == "multilabel" and len(names) > 1:
            return [Target("labels", "multilabel", labels=tuple(names))]
        return super()._aims(table, names)

    def _declared(self, y: pa.Array | pa.ChunkedArray, name: str) -> Target:
        if self.task == "regression":
            raise DataError("`task` must be one of classes, however: task='regression'; use te.TabularRegressor")
        return Target(name, self._guessed(y, name) if self.task == "auto" else self.task)

    def _guessed(self, y: pa.Array | pa.ChunkedArray, name: str) -> str:
        if is_list(y.type):
            return "multilabel"
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
        if classes <= 2:
            return "binary"
        return "multiclass" if order_of(y) is None else "ordinal"

    def _infer(self, table: pa.Table, names: Sequence[str], classes: Any = None) -> Schema:
        if classes is None:
            return super()._infer(table, names)
        if len(names) > 1 or self.task in ("ordinal", "multilabel"):
            raise DataError(
                f"`classes` goes with one target of classes without order, however: {', '.join(names)}; declare them "
                f"with te.Target(..., classes=[...]) and call fit_schema"
            )
        target = declared_target(table.column(names[0]), names[0], classes)
        return Schema(infer_schema(table.drop_columns([*names]), kinds=self.kinds).columns, target)

    def _check_classes(self, classes: Any, answers: pa.Table) -> None:
        if not hasattr(self, "classes_") or answers.num_columns > 1 or is_list(answers.column(0).type):
            return
        y = answers.column(0)
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
        target = schema.need_targets()
        classes = {part.name: part.decode(np.arange(len(part.classes))) for part in target.parts}
        self.classes_: Any = classes if isinstance(target, Targets) else classes[target.name]

    def predict_proba(self, X: Any) -> Any:
        """Return (n, classes) float32 probabilities in the order of ``classes_``; of several targets by target."""
        return self._answer(X)

    def predict(self, X: Any) -> Any:
        """Return (n,) class labels, in the type they came in.

        Of classes in an order the median is chosen, of others the likeliest. Several labels a row are (n, labels) of 0
        and 1; several targets a frame with a column each.
        """
        return self._predicted(self.predict_proba(X))
