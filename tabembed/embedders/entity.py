"""``EntityEmbedder``: the tables of a supervised network, cross-fitted for the model that comes after."""

from __future__ import annotations

__all__ = ["EntityEmbedder"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np
import pyarrow as pa

from ..estimators import TabularClassifier, TabularRegressor
from ..estimators.base import with_target
from ..io.errors import DataError
from ..nn.extract import embedding_of
from ..nn.recipe import Recipe
from ..nn.seeds import Seeds
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .base import Embedder, as_grid, learned_schema, with_vectors
from .crossfit import fold_rows, onto_full

_HANDED_ON = (
    "network",
    "network_options",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "validation_fraction",
    "patience",
    "verbose",
)


@dataclass(frozen=True)
class _Lesson:
    """What one ``fit`` learns from: the grid, its Arrow table with the target, the schema and the one seed."""

    grid: Any
    table: pa.Table
    schema: Schema
    seed: int


class EntityEmbedder(Embedder):
    """Doc."""

    schema_: Schema
    model_: keras.Model

    def __init__(
        self,
        *,
        dim: int | None = None,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        task: str = "auto",
        cv: Any = 5,
        network: str = "mlp",
        network_options: Mapping[str, Any] | None = None,
        epochs: int = Recipe.epochs,
        batch_size: int | str = Recipe.batch_size,
        learning_rate: float = Recipe.learning_rate,
        weight_decay: float = Recipe.weight_decay,
        validation_fraction: float = Recipe.validation_fraction,
        patience: int = Recipe.patience,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.dim = dim
        self.schema = schema
        self.kinds = kinds
        self.task = task
        self.cv = cv
        self.network = network
        self.network_options = network_options
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the tables from all rows."""
        self._learn(self._lesson(X, y))
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Fit."""
        lesson = self._lesson(X, y)
        if self.cv is None:
            self._learn(lesson)
            return self.transform(lesson.grid)
        truth = lesson.schema.encode_target(lesson.table)
        classes = lesson.schema.need_target().is_classification
        folds = fold_rows(self.cv, lesson.grid, truth, classes, lesson.seed)
        self._learn(lesson)
        return self._cross_fitted(lesson, folds)

    def _lesson(self, X: Any, y: Any) -> _Lesson:
        if y is None:
            raise DataError("EntityEmbedder requires y to be passed, but the target y is None; call fit(X, y)")
        grid = as_grid(X)
        table, target = with_target(grid, y)
        schema = learned_schema(
            grid, table, schema=self.schema, kinds=self.kinds, dim=self.dim, target=target, task=self.task
        )
        return _Lesson(grid, table, schema, Seeds(self.random_state).next())

    def _learn(self, lesson: _Lesson) -> None:
        estimator = self._trained(lesson, lesson.table)
        self.schema_, self.model_ = estimator.schema_, estimator.model_
        self._remember(lesson.grid, estimator.tables_)

    def _trained(self, lesson: _Lesson, table: pa.Table) -> TabularRegressor | TabularClassifier:
        """Return an estimator trained on some rows; schema and seed, so the first weights too, are always the same."""
        kind = TabularClassifier if lesson.schema.need_target().is_classification else TabularRegressor
        settings = {name: getattr(self, name) for name in _HANDED_ON}
        return kind(**settings, random_state=lesson.seed).fit_schema(lesson.schema, table)

    def _cross_fitted(self, lesson: _Lesson, folds: Any) -> Any:
        schema = lesson.schema
        encoded = schema.encode(lesson.table)
        vectors = {name: np.empty((lesson.table.num_rows, dim), np.float32) for name, dim in self.dims_.items()}
        for training, held in folds:
            model = self._trained(lesson, lesson.table.take(training)).model_
            for name, cells in vectors.items():
                ids = encoded[name]
                fold, full = (embedding_of(m, schema, name).get_weights()[0] for m in (model, self.model_))
                turned = onto_full(fold, full, np.bincount(ids[training], minlength=len(fold)), self._how)
                cells[held] = turned[ids[held]]
        places = {lesson.table.column_names.index(name): cells for name, cells in vectors.items()}
        return with_vectors(lesson.grid, self.get_feature_names_out().tolist(), places)
    _how = "rot"
