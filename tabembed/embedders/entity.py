"""``EntityEmbedder``: tables learned by a network that predicts the target; cross-fitted for what comes after."""

from __future__ import annotations

__all__ = ["EntityEmbedder"]

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import pyarrow as pa

from ..estimators.rows import with_targets
from ..io.errors import DataError
from ..nn.dataset import check_weights
from ..nn.recipe import Recipe
from ..nn.seeds import Seeds
from ..schema.infer import infer_schema
from ..schema.kinds import ColumnKind
from ..schema.learn_target import learn_target
from ..schema.schema import Schema
from ..tables.by_id import tables_of_rows
from .base import Embedder, with_dim
from .crossfit import Learned, Training, best_epochs, crossed


class EntityEmbedder(Embedder):
    """Learn a vector for each label by a network that predicts the target: entity embeddings.

    The first number of a vector is the label's additive effect: what it adds to the prediction on its own, beside the
    labels of the other columns, by ridge or logistic regression. A network knows it only in part, for its deep layers
    learn by heart before its linear path is done. The other numbers are the network's, turned to where they differ
    most. Of a column that is ``ordered`` the last one is the label's number: on an axis too short to move distances,
    but trees split on it.

    ``fit(X, y)`` then ``transform(X)`` gives the learned vectors. A model trained on them by the very rows that made
    them would trust them too much, for they know these rows' targets. So ``fit_transform`` cross-fits: each row's
    vectors come from a training without that row's fold, turned onto the tables of the full training; only labels of
    at least 100 rows for each number of a vector keep the vector of all rows, in which one row is next to nothing. The
    best number of epochs is found with some rows held out, then all rows train the tables. In a pipeline
    scikit-learn calls ``fit_transform`` for the training rows and ``transform`` for new ones, as it should be.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None gives a number for each 100 rows
            of a label, from 3 to 10 and fewer than labels, and the effect alone where labels have fewer than 16 rows
            (``dim_rule="rows"``), unless its kind names another rule: numbers that few rows taught are noise to the
            model that reads them, and trees find a label of many rows sooner on more axes.
        cv: folds of ``fit_transform``: a number, a scikit-learn splitter, (train, test) pairs, or None to turn it off.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``.
        network: a name that ``te.build_model`` takes.
        network_options: the network's own arguments.
        epochs: at most so many passes over the rows, in each of the cv + 2 trainings.
        batch_size: rows a step, or ``"auto"``.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled, on touched rows and dense weights.
        validation_fraction: share of rows held out to choose the best epoch; 0 trains all epochs, once less.
        patience: epochs without a better validation loss before it stops.
        random_state: makes training repeatable.
        verbose: 1 for a progress bar. What is None of the training's settings is the network's own.

    Attributes:
        tables_: {column: EmbeddingTable} of the training on all rows.
        metrics_: what the training before it reached on its held-out rows, beside the baseline.
        schema_: the ``te.Schema`` of X and y (not kept by ``save``).

    Raises:
        DataError: in ``fit``, for data that can't be learned from; the sentence names the column.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50, "km": range(100)})
        >>> embedder = te.EntityEmbedder(dim=2, cv=2, epochs=1, random_state=0)
        >>> embedder.fit_transform(X, [5.5, -1.5] * 50).columns.tolist()
        ['dest_0', 'dest_1', 'km']
        >>> embedder.tables_["dest"].labels
        ('BOS', 'LAX')

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section III; additive effects and crossed ones apart as in Cheng et
    al. 2016, "Wide & Deep", arXiv 1606.07792; cross-fitting as in scikit-learn's ``TargetEncoder``;
    folds turned by orthogonal Procrustes, Schoenemann 1966, Psychometrika 31.
    """

    _learned = ("metrics_",)

    def __init__(
        self,
        dim: int | None = None,
        *,
        cv: Any = 5,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        task: str = "auto",
        network: str = "mlp",
        network_options: Mapping[str, Any] | None = None,
        epochs: int | None = None,
        batch_size: int | str | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.dim = dim
        self.cv = cv
        self.schema = schema
        self.kinds = kinds
        self.task = task
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

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn the tables from all rows.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: (n,) the target; none may be missing.
            sample_weight: (n,) weights of 0 or more, or None.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        self._learn(self._training(X, y, sample_weight)[1])
        return self

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Learn the tables from all rows; return the rows with vectors that don't know the row's own target.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: (n,) the target; none may be missing.
            sample_weight: (n,) weights of 0 or more, or None.

        Returns:
            (n, columns out) as ``transform``; for ``cv=None`` what ``fit(X, y).transform(X)`` returns.

        Raises:
            DataError: as ``fit``, or for a ``cv`` that isn't a partition of the rows.
        """
        X, training = self._training(X, y, sample_weight)
        folds = None if self.cv is None else training.folds(self.cv)  # what is wrong with them shows before training
        learned, epochs = self._learn(training)
        return self.transform(X) if folds is None else self._with_vectors(X, crossed(training, learned, epochs, folds))

    def _training(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Training]:
        """Return X as it is transformed, and what all trainings on it share."""
        if y is None:
            raise DataError("EntityEmbedder requires y to be passed, but the target y is None: call it with X and y")
        X, columns = self._read(X)
        table, targets = with_targets(columns, y)
        if len(targets) > 1:
            raise DataError(f"EntityEmbedder takes one target, however: y holds {', '.join(targets)}; fit one for each")
        schema = self._schema_of(X, table, targets[0])
        if schema.need_target().task == "multilabel":
            raise DataError("EntityEmbedder takes numbers or classes, however: y holds lists; fit one for each label")
        weights = None if sample_weight is None else check_weights(sample_weight, table.num_rows)
        settings = {name: getattr(self, name) for name in (*Recipe.__dataclass_fields__, "network", "network_options")}
        return X, Training(schema, table, weights, settings, Seeds(self.random_state).next())

    def _learn(self, training: Training) -> tuple[Learned, int]:
        """Train on all rows and set what is fitted; return the tables by id and the epochs."""
        held_out = training.held_out()
        learned = Learned.of(training, training.on_all(held_out))
        self.schema_, self.metrics_ = training.schema, held_out.metrics_
        self.tables_ = tables_of_rows(self.schema_, {columns[0]: rows for columns, rows in learned.shown.items()})
        self._check_names_out()
        return learned, best_epochs(held_out)

    def _schema_of(self, X: Any, table: pa.Table, target: str) -> Schema:
        if self.schema is None:
            schema = infer_schema(table, target, kinds=self._declared(X, self.kinds), task=self.task)
        else:
            learned = self.schema.target is not None
            known = self.schema.need_target() if learned else learn_target(table.column(target), target, self.task)
            schema = Schema(self.schema.columns, replace(known, name=target))
        return with_dim(schema, self.dim, "rows")

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: y is needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
