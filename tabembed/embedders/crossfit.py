"""Cross-fitting: the rows of a fold get vectors from tables that never saw their targets."""

from __future__ import annotations

__all__ = ["ROWS_PER_NUMBER", "Learned", "Training", "aligned", "best_epochs", "crossed", "folds_of", "frequent"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import keras
import numpy as np
import pyarrow as pa
from sklearn.model_selection import KFold, StratifiedKFold, check_cv

from ..estimators import TabularClassifier, TabularRegressor
from ..estimators.base import TabularEstimator
from ..io.errors import DataError
from ..nn.again import Again
from ..nn.branches.categorical import number_codes
from ..nn.extract import embedding_of
from ..nn.model import build_model
from ..nn.recipe import Recipe, train
from ..nn.seeds import Seeds
from ..schema.binned import binned_by
from ..schema.schema import Schema
from ..schema.vocabulary import FIRST_ID, UNKNOWN_ID
from ..tables.compare import rotation_onto
from .axes import EffectFirst, effect_first
from .effects import Effects
from .labelled import labelled_columns

Fold = tuple[np.ndarray, np.ndarray]
"""Row numbers to train on, and those held out."""


@dataclass(frozen=True)
class Training:
    """What the trainings on all rows and on each fold's rows share.

    Args:
        schema: of all rows, with a target.
        table: (n, columns) the rows, the target among the columns.
        weights: (n,) or None.
        settings: the estimator's arguments, those of ``Recipe`` among them.
        seed: of every training: all start from the same weights.
    """

    schema: Schema
    table: pa.Table
    weights: np.ndarray | None
    settings: Mapping[str, Any]
    seed: int

    @cached_property
    def truth(self) -> np.ndarray:
        """(n,) the encoded target."""
        return self.schema.encode_target(self.table)

    @cached_property
    def encoded(self) -> dict[str, Any]:
        """{column: (n,) ids or numbers}."""
        return self.schema.encode(self.table)

    @cached_property
    def effects(self) -> Effects:
        """What labels add to the target on their own, for any of the rows."""
        return Effects(self.schema, self.encoded, self.truth, self.weights)

    @cached_property
    def dims(self) -> dict[str, int]:
        """{column: numbers of its vectors}."""
        return {name: kind.dim or 1 for name, kind in labelled_columns(self.schema).items()}

    @cached_property
    def narrower(self) -> Schema:
        """The schema for the network: a label's effect, and its place in an order, are not learned by it."""
        kinds = labelled_columns(self.schema)
        dims = {name: max(1, dim - 1 - (self.order_of(name) is not None)) for name, dim in self.dims.items()}
        return self.schema.replace({name: replace(kind, dim=dims[name], dim_rule=None) for name, kind in kinds.items()})

    def order_of(self, name: str) -> np.ndarray | None:
        """Return (size,) what the last number of an ordered column's vectors goes by; None where that is no such one.

        Vectors of one or two numbers are the effect and what the network learned.
        """
        kind = labelled_columns(self.schema)[name]
        return number_codes(kind)[:, 0] if kind.ordered and self.dims[name] > 2 else None

    def bins_of(self, rows: np.ndarray | slice) -> Schema:
        """Return the schema for the network, bins that go by the target learned from these rows' targets alone.

        Args:
            rows: their numbers.
        """
        return binned_by(self.narrower, self.table, self.truth, rows)

    def folds(self, cv: Any) -> list[Fold]:
        """Return the folds of all rows; see ``folds_of``."""
        return folds_of(cv, self.truth, self.schema.need_target().is_classification, self.seed)

    def held_out(self) -> TabularEstimator:
        """Train with rows held out to choose the best epoch, where the settings say so; return the estimator."""
        kind = TabularClassifier if self.schema.need_target().is_classification else TabularRegressor
        return kind(preset="fast", **self.settings, random_state=self.seed).fit_schema(
            self.narrower, self.table, self.weights
        )

    def on(self, rows: np.ndarray | slice, epochs: int) -> keras.Model:
        """Train on some rows, from the same first weights as on others; none of them are held out.

        Args:
            rows: their numbers.
            epochs: passes over them.

        Returns:
            The model, until the next training: where no bins go by the target all are of one model.
        """
        schema = self.bins_of(rows)
        settings = {name: self.settings[name] for name in Recipe.__dataclass_fields__}
        recipe = Recipe.of(self.settings["network"], **{**settings, "epochs": epochs, "validation_fraction": 0.0})
        part = {name: values[rows] for name, values in self.encoded.items()}
        weights = None if self.weights is None else self.weights[rows]
        how: dict[str, Any] = {"random_state": self.seed, "sample_weight": weights}
        if schema is self.narrower:
            return self._shared.train(part, self.truth[rows], recipe, **how)
        model = self._build(schema)
        train(model, schema, part, self.truth[rows], recipe, **how)
        return model

    @cached_property
    def _shared(self) -> Again:
        """The model of all trainings whose schema is one and the same."""
        return Again(self._build(self.narrower), self.narrower)

    def _build(self, schema: Schema) -> keras.Model:
        options = dict(self.settings["network_options"] or {})
        return build_model(schema, self.settings["network"], random_state=Seeds(self.seed).next(), **options)

    def on_all(self, held_out: TabularEstimator) -> keras.Model:
        """Train on all rows, as long as was best with some held out: a table's rare labels need every row.

        Args:
            held_out: what that training gave; where it held none out, its model is the one.
        """
        losses = held_out.history_.get("val_loss")
        return self.on(slice(None), best_epochs(held_out)) if losses else held_out.model_


def best_epochs(held_out: TabularEstimator) -> int:
    """Return after how many epochs a training was best by its held-out rows; all of them where none were held out.

    Args:
        held_out: the fitted estimator.
    """
    losses = held_out.history_.get("val_loss")
    return 1 + int(np.argmin(losses)) if losses else held_out.n_epochs_


@dataclass(frozen=True)
class Learned:
    """The tables that all rows taught, row by id; those of the columns that share one under all of their names.

    Args:
        own: {columns: (size, width)} as the network holds them.
        axes: {columns: the axes they are shown on}.
        shown: {columns: (size, dim) float32} on these axes.
    """

    own: dict[tuple[str, ...], np.ndarray]
    axes: dict[tuple[str, ...], EffectFirst]
    shown: dict[tuple[str, ...], np.ndarray]

    @classmethod
    def of(cls, training: Training, model: keras.Model) -> Self:
        """Take the tables from the model that was trained on all rows, and put the labels' effects first.

        Args:
            training: what the trainings share.
            model: the one on all rows.
        """
        own, axes, shown = {}, {}, {}
        for columns, effects in training.effects.of(np.arange(len(training.truth))).items():
            own[columns] = _rows_of(model, training, columns)
            ids = np.concatenate([training.encoded[name] for name in columns])
            counts = np.bincount(ids, minlength=len(effects))
            dim, order = training.dims[columns[0]], training.order_of(columns[0])  # ordered columns share no table
            axes[columns] = effect_first(own[columns], effects, counts, dim, order)
            shown[columns] = axes[columns].of(own[columns], effects)
        return cls(own, axes, shown)


def _rows_of(model: keras.Model, training: Training, columns: Sequence[str]) -> np.ndarray:
    rows: np.ndarray = embedding_of(model, training.narrower, columns[0]).get_weights()[0]
    return rows


def crossed(training: Training, learned: Learned, epochs: int, folds: Iterable[Fold]) -> dict[str, np.ndarray]:
    """Return the vectors of every row by tables that hold (next to) nothing of the row's own target.

    Each fold's training starts from the weights that the training on all rows started from, and its vectors are turned
    onto the tables of that one. A label that only the held-out rows have gets the fold's unknown vector, as an unseen
    label will later. A label of many rows keeps its vector of all rows (``frequent``): there is nothing in it to leak,
    and five variants of it would only blur what trees split on.

    Args:
        training: what the trainings share.
        learned: the tables of all rows.
        epochs: passes over each fold's rows.
        folds: what ``training.folds`` gave.

    Returns:
        {column: (n, dim) float32}.
    """
    encoded = training.encoded
    vectors = {name: shown[encoded[name]] for columns, shown in learned.shown.items() for name in columns}
    rare = {columns: ~frequent(training, columns, *shown.shape) for columns, shown in learned.shown.items()}
    for rows, held in folds:
        if not any(found[encoded[name][held]].any() for columns, found in rare.items() for name in columns):
            continue  # all labels keep their vectors
        model, effects = training.on(rows, epochs), training.effects.of(rows)
        for columns, goal in learned.own.items():
            seen = np.bincount(np.concatenate([encoded[name][rows] for name in columns]), minlength=len(goal))
            new = FIRST_ID + np.flatnonzero(seen[FIRST_ID:] == 0)
            own, effect = _rows_of(model, training, columns), effects[columns]
            own[new], effect[new] = own[UNKNOWN_ID], effect[UNKNOWN_ID]
            matrix = learned.axes[columns].of(aligned(own, goal, seen), effect)
            for name in columns:
                changed = held[rare[columns][encoded[name][held]]]
                vectors[name][changed] = matrix[encoded[name][changed]]
    return vectors


ROWS_PER_NUMBER = 100
"""A label with so many rows for each number of its vector is frequent: a row's share in the vector is below 1 %."""


def frequent(training: Training, columns: Sequence[str], size: int, dim: int) -> np.ndarray:
    """Return (size,) True for the ids whose vector a single row can hardly move.

    A row counts by its weight, the heaviest as one. The unknown row never is frequent: what it learned says nothing of
    the labels it stands for.

    Args:
        training: what the trainings share.
        columns: those of the table.
        size: rows of the table.
        dim: numbers of a vector.
    """
    weights = None if training.weights is None else training.weights / max(float(training.weights.max()), 1e-30)
    rows = sum(np.bincount(training.encoded[name], weights, minlength=size) for name in columns)
    found: np.ndarray = np.asarray(rows) >= ROWS_PER_NUMBER * dim
    found[UNKNOWN_ID] = False
    return found


def folds_of(cv: Any, target: np.ndarray, classes: bool, seed: int) -> list[Fold]:
    """Return (training rows, held-out rows) of each fold; every row is held out once.

    Args:
        cv: how many folds (shuffled, and stratified for classes), a scikit-learn splitter, or (train, test) pairs.
        target: (n,) what ``schema.encode_target`` gave.
        classes: whether the target holds class positions.
        seed: of the shuffle.

    Raises:
        DataError: for a number of folds that the rows don't allow, or splits that don't hold out each row just once.

    Example:
        >>> [held.tolist() for _, held in folds_of(2, np.arange(4.0), False, 0)]
        [[2, 3], [0, 1]]
    """
    rows = len(target)
    if isinstance(cv, int | np.integer) and not isinstance(cv, bool):
        if not 2 <= cv <= rows:
            raise DataError(f"`cv` must be from 2 to the {rows:,} rows of X, or None, however: cv={cv}")
        few = classes and np.bincount(target).max() < cv  # so few of each class that folds can't be stratified
        cv = (StratifiedKFold if classes and not few else KFold)(int(cv), shuffle=True, random_state=seed)
    try:
        folds = [(np.asarray(train), np.asarray(held)) for train, held in check_cv(cv).split(np.zeros(rows), target)]
        held_out = np.bincount(np.concatenate([held for _, held in folds]), minlength=rows)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"`cv` must be None, a number of folds, a scikit-learn splitter or (train, test) pairs, however: {error}"
        ) from error
    if len(held_out) > rows or not (held_out == 1).all():
        wrong = int(np.argmax(held_out != 1)) if len(held_out) <= rows else rows
        raise DataError(
            f"`cv` must hold out each of the {rows:,} rows just once, however: row {wrong:,} is held out "
            f"{held_out[wrong]} times; use KFold or another partition"
        )
    return folds


def aligned(vectors: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Turn and shift one training's vectors onto another's: two trainings agree only up to a rotation.

    Args:
        vectors: (n, dim) one row a label.
        target: (n, dim) where they should lie.
        weights: (n,) 0 or more: how much a row counts; those of 0 are moved along but not asked.

    Returns:
        (n, dim) float32; lengths and angles are those of ``vectors``.

    Example:
        >>> aligned(np.array([[0.0, 1.0], [0.0, 3.0]]), np.array([[4.0, 0.0], [6.0, 0.0]]), np.ones(2)).tolist()
        [[4.0, 0.0], [6.0, 0.0]]

    Source: Schoenemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31 (1966).
    """
    if not weights.sum() > 0:
        return vectors.astype(np.float32)
    theirs, ours = (np.average(side, axis=0, weights=weights) for side in (vectors, target))
    root = np.sqrt(weights)[:, None]
    rotation = rotation_onto((vectors - theirs) * root, (target - ours) * root)
    return ((vectors - theirs) @ rotation + ours).astype(np.float32)
