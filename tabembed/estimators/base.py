"""What the two estimators share: fit by the recipe, predict, tables, export, save."""

from __future__ import annotations

__all__ = ["TabularEstimator"]

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from ..io.errors import DataError
from ..io.frames import are_paths, to_arrow
from ..io.row_groups import RowGroups
from ..io.streams import open_rows
from ..nn.answers import side_by_side
from ..nn.dataset import check_weights
from ..nn.extract import extract_statistics, extract_tables
from ..nn.packed import run_packed, trace_packed
from ..nn.recipe import Recipe
from ..nn.statistics import TargetStatistics
from ..nn.statistics_lookup import statistics_of
from ..nn.warm_start import warm_schema
from ..nn.weights import Weights, class_factors
from ..schema.infer import infer_schema
from ..schema.kinds import ColumnKind
from ..schema.ragged import Encoded
from ..schema.saved import settings_of
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import Targets
from ..tables import EmbeddingTable
from ..tables.grids import checked
from .learn import learn
from .metrics import evaluate
from .presets import Preset, preset_of
from .rows import refuse_feature, taken, target_columns, with_targets
from .streamed import fit_files, fit_stream


class TabularEstimator(BaseEstimator):
    """The shared half of ``TabularRegressor`` and ``TabularClassifier``."""

    def __init__(
        self,
        *,
        preset: str = "default",
        network: str | None = None,
        network_options: Mapping[str, Any] | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        epochs: int | str | None = None,
        batch_size: int | str | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        validation: Any = "random",
        time_limit: float | None = None,
        random_state: Any = None,
        verbose: int = Recipe.verbose,
    ) -> None:
        self.preset = preset
        self.network = network
        self.network_options = network_options
        self.kinds = kinds
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.validation = validation
        self.time_limit = time_limit
        self.random_state = random_state
        self.verbose = verbose

    @abstractmethod
    def _declared(self, y: pa.Array | pa.ChunkedArray, name: str) -> Target:
        """Return what the estimator's settings, and the cells, say of a target."""

    def _aims(self, table: pa.Table, names: Sequence[str]) -> list[Target]:
        """Return the targets that some columns hold."""
        return [self._declared(table.column(name), name) for name in names]

    def fit(self, X: Any, y: Any, sample_weight: Any = None, init: Any = None) -> Self:
        """Infer the schema, build the model and train it.

        Args:
            X: (n, columns) a DataFrame, anything with ``__arrow_c_stream__``, a dict of columns or an array; or the
                paths of CSV or Parquet files, which are streamed.
            y: (n,) the target; none may be missing. Or (n, targets) a frame of several, each with its own head; a row
                may miss some of them. With paths, the name of the target's column, or a list of these.
            sample_weight: (n,) weights of 0 or more, or the name of the column of X that holds them, or None.
            init: {column: EmbeddingTable} or a fitted object with ``tables_``, to start from. With the network
                ``transformer`` a ``te.BERTEmbedder`` gives its columns, sizes and layers too.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        if are_paths(X):
            return fit_files(self, X, y, sample_weight, init)
        started = time.monotonic()
        X, weights = taken(X, sample_weight)
        X = checked(self, X, reset=True)
        table, names = with_targets(X, y)
        schema = warm_schema(self._infer(table, names), init, self._network, table, self.kinds or ())
        return learn(self, schema, table, weights, init, (X, y), started)

    def _infer(self, table: pa.Table, names: Sequence[str], classes: Any = None) -> Schema:
        """Return the schema of the first rows; a classifier's classes may be declared."""
        numeric = self._preset.numeric_kind(len(names))
        return infer_schema(table, self._aims(table, names), kinds=self.kinds, numeric=numeric)

    @property
    def _preset(self) -> Preset:
        """The choices where arguments are None."""
        return preset_of(self.preset)

    @property
    def _network(self) -> str:
        return self._preset.network if self.network is None else self.network

    def _options(self, rows: int = 0) -> dict[str, Any]:
        """Return the network's arguments for so many rows: the preset's are those of its own network."""
        own = self._preset.options_for(rows) if self._network == self._preset.network else {}
        return {**own, **(self.network_options or {})}

    @abstractmethod
    def _check_classes(self, classes: Any, y: pa.Array | pa.ChunkedArray) -> None:
        """Refuse classes that can't be, declared or in rows to go on with."""

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go on training on new rows, in one pass at a tenth of the learning rate; new labels get vectors.

        After ``fit`` or ``load`` it goes on from what was learned; the first call of all learns the schema as ``fit``
        does. Labels are counted on (``Schema.grown``): those that reach ``min_count`` get a row, which starts from the
        unknown row; the others keep their vectors until this pass trains them; with ``max_size`` one may lose its row.
        What the trained layers speak in stays as it was: dims, the statistics of numbers and booleans, the target's
        mean, scale and classes. No rows are held out: ``metrics_`` tells how well the rows of this call were predicted
        before it learned from them, ``history_["loss"]`` and ``n_epochs_`` go on. The optimizer goes on from one call
        to the next; after ``fit``, whose schedule came to its end, it starts afresh.

        Args:
            X: (n, columns) a frame, a dict or an array as in ``fit``, with the same columns.
            y: (n,) the target; none may be missing.
            classes: all class labels, for a classifier's first call; None for those in ``y``.
            sample_weight: as in ``fit``.

        Returns:
            Itself.

        Raises:
            DataError: for data that can't be learned from, a new class, or ``classes`` on a regressor; the estimator
                stays as it was.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> est = te.TabularRegressor(random_state=0, verbose=0)
            >>> for dest in (["LAX", "BOS"], ["JFK", "BOS"]):
            ...     est = est.partial_fit(pd.DataFrame({"dest": dest * 50}), [5.0, -1.0] * 50)
            >>> est.tables_["dest"].labels, est.n_epochs_
            (('BOS', 'JFK', 'LAX'), 2)
        """
        from .partial import partial_fit

        partial_fit(self, X, y, classes, sample_weight)
        return self

    def fit_schema(self, schema: Schema, data: Any, sample_weight: Any = None, init: Any = None) -> Self:
        """Train on a schema that ``te.infer_schema`` made already; ``kinds`` isn't looked at.

        Args:
            schema: with a target of this estimator's task.
            data: what the schema was made from, the target among its columns; files are streamed.
            sample_weight: as in ``fit``; of files the name of a column, which the schema sets aside.
            init: as in ``fit``.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for a target of another task, or data that isn't of the schema.
        """
        target = schema.need_targets()
        if target.is_classification != is_classifier(self):
            other = "TabularClassifier" if target.is_classification else "TabularRegressor"
            tasks = ", ".join(part.task for part in target.parts)
            raise DataError(
                f"{type(self).__name__} must get a schema of its own task, however: target {target.name!r} is "
                f"{tasks}; use te.{other}, or make the schema with another task="
            )
        if isinstance(data, RowGroups) or are_paths(data):
            groups = data if isinstance(data, RowGroups) else open_rows(data)
            return fit_stream(self, schema, groups, sample_weight, init)
        table, weights = taken(to_arrow(data), sample_weight)
        refuse_feature(schema, sample_weight)
        checked(self, table.drop_columns([*target.columns]), reset=True)
        return learn(self, schema, table, weights, init)

    def _weights(self, schema: Schema, column: str | None = None) -> Weights:
        """Return how much rows count, by a column and by their class."""
        return Weights(column, class_factors(schema.need_targets(), getattr(self, "class_weight", None)))

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Return the task's usual metrics on rows, beside those of the trivial baseline.

        Args:
            X: (n, columns) as in ``fit``.
            y: (n,) the target, or (n, targets).
            sample_weight: as in ``fit``.

        Returns:
            {"on": which rows, "rows": n, "model": {metric: value}, "baseline": {metric: value}}; of several targets
            ``model`` and ``baseline`` hold these by target.

        Raises:
            DataError: for a column that is missing or of another kind, or a class that was not there in ``fit``.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> X, y = pd.DataFrame({"dest": ["LAX", "BOS"] * 50}), [5.0, -1.0] * 50
            >>> est = te.TabularRegressor(epochs=1, random_state=0, verbose=0).fit(X, y)
            >>> sorted(est.evaluate(X, y)["model"])
            ['mae', 'r2', 'rmse']
        """
        check_is_fitted(self, "model_")
        X, weights = taken(X, sample_weight)
        encoded = self.schema_.encode(checked(self, X, reset=False))
        truth = self._truth(y)
        weights = None if weights is None else check_weights(weights, len(truth))
        return {"on": "rows given", **evaluate(self.schema_.need_targets(), truth, self._output(encoded), weights)}

    def _truth(self, y: Any) -> np.ndarray:
        """Return the encoded target of rows beside their features."""
        columns = self.schema_.need_targets().columns
        return self.schema_.encode_target(pa.table(dict(zip(columns, target_columns(y, columns), strict=True))))

    def _set_model(self, schema: Schema, model: keras.Model) -> None:
        self.schema_, self.model_ = schema, model
        self._call_: Any = None

    def _set_history(self, histories: Sequence[keras.callbacks.History]) -> None:
        """Keep the losses; of several trainings the means of those that ran the epoch."""
        self.history_ = {
            key: [float(np.mean(found)) for found in _epochs([history.history[key] for history in histories])]
            for key in histories[0].history
        }
        self.n_epochs_ = len(self.history_["loss"])

    def _recipe(self, statistics: TargetStatistics | None = None) -> Recipe:
        given = {name: getattr(self, name) for name in Recipe.__dataclass_fields__}
        own = self._preset.training_for(statistics is not None) if self._network == self._preset.network else {}
        return Recipe.of(self._network, **{**own, **{name: v for name, v in given.items() if v is not None}})

    def _output(self, encoded: Mapping[str, Encoded]) -> Any:
        """Return (n,) values, (n, quantiles), or (n, classes) probabilities; of several targets by target."""
        target, schema, model = self.schema_.need_targets(), self.schema_, self.model_
        if getattr(self, "_call_", None) is None:
            # A traced function answers one row in under a millisecond; model.predict takes a hundred.
            self._call_ = trace_packed(lambda inputs: side_by_side(target, model(inputs, training=False)), schema)
        width = sum(part.output_width for part in target.parts)
        return target.outputs(run_packed(self._call_, schema, encoded, (width,)))

    def _answer(self, X: Any) -> Any:
        check_is_fitted(self, "model_")
        return self._output(self.schema_.encode(checked(self, X, reset=False)))

    def _predicted(self, answer: Any) -> Any:
        """Return values as they are and the classes that probabilities speak for; of several targets a frame."""
        target = self.schema_.need_targets()
        if not isinstance(target, Targets):
            return target.choose(answer) if target.is_classification else answer
        parts = {part.name: part for part in target.parts}
        chosen = {n: parts[n].choose(v) if parts[n].is_classification else v for n, v in answer.items()}
        return target.frame(chosen)

    @property
    def statistics_(self) -> dict[str, EmbeddingTable]:
        """{column, or "origin|dest" of a pair: EmbeddingTable} of the target statistics, none where there are none."""
        check_is_fitted(self, "model_")
        return extract_statistics(self.model_, self.schema_)

    @property
    def tables_(self) -> dict[str, EmbeddingTable]:
        """{column: EmbeddingTable} of the learned vectors."""
        check_is_fitted(self, "model_")
        return extract_tables(self.model_, self.schema_)

    def export(self, path: str | Path) -> Path:
        """Write ``path/VERSION/``: a SavedModel that takes the raw rows; see ``te.export``."""
        from ..serving.export import export

        check_is_fitted(self, "model_")
        return export(self.model_, self.schema_, path, metrics=self.metrics_, training=self._training())

    def export_onnx(self, path: str | Path) -> Path:
        """Write an ONNX file that takes the raw rows; see ``te.export_onnx``."""
        from ..serving.onnx.export import export_onnx

        check_is_fitted(self, "model_")
        return export_onnx(self.model_, self.schema_, path)

    def _training(self) -> dict[str, Any]:
        """Return the settings as plain values, the network's own where none were given."""
        settings = {**settings_of(self), **asdict(self._recipe(statistics_of(self.model_))), "network": self._network}
        return {**settings, "kinds": settings["kinds"] or None, "epochs_run": self.n_epochs_}

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator as a folder, without pickle; see ``load``.

        Args:
            path: a new or empty folder, or one that ``save`` wrote before.

        Raises:
            DataError: when it can't be written.
        """
        from .files import save

        check_is_fitted(self, "model_")
        save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an estimator that ``save`` wrote.

        Raises:
            DataError: when there is none, or it is another kind of estimator.
        """
        from .files import load

        return load(cls, Path(path))

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_call_": None} if hasattr(self, "model_") else super().__getstate__()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _epochs(runs: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return what each epoch gave, of the trainings that came so far."""
    return [[run[at] for run in runs if at < len(run)] for at in range(max(map(len, runs)))]
