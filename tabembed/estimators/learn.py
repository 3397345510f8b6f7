"""Learning from rows in memory: the one place where an estimator becomes a fitted one."""

from __future__ import annotations

__all__ = ["learn"]

from collections.abc import Mapping, Sequence
from copy import copy
from functools import reduce
from typing import Any, NamedTuple

import keras
import numpy as np
import pyarrow as pa

from ..nn.bags import bag_of
from ..nn.dataset import check_weights
from ..nn.garbage import old_objects_alone
from ..nn.held_out import RowSplit
from ..nn.learn_statistics import learn_statistics
from ..nn.model import build_model
from ..nn.recipe import train
from ..nn.seeds import Seeds
from ..nn.statistics import TargetStatistics
from ..nn.time_limit import TimeLimit
from ..nn.warm_start import has_encoder, warm_options
from ..nn.wave_scale import choose_wave_scales
from ..schema.binned import binned_by
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .metrics import evaluate, mean_answers
from .split import split_of


@old_objects_alone()
def learn(
    estimator: Any,
    schema: Schema,
    table: pa.Table,
    sample_weight: Any = None,
    init: Any = None,
    given: tuple[Any, Any] | None = None,
    started: float | None = None,
) -> Any:
    """Build the model of a schema and train it.

    Nothing that is learned from targets, bins and statistics among it, sees those of the held-out rows: they choose the
    best epoch and are what ``metrics_`` tells.

    Args:
        estimator: unfitted, or to fit anew.
        schema: with a target.
        table: (n, columns) the rows, the target among the columns.
        sample_weight: (n,) or None.
        init: as in ``fit``.
        given: X and y as the user has them, for a function that chooses held-out rows; None for the table.
        started: when ``fit`` began, by ``time.monotonic``; None for now.

    Returns:
        The estimator, fitted.
    """
    rounds = TimeLimit.rounds(estimator.time_limit, started, estimator._preset.bags)
    seeds = Seeds(estimator.random_state)
    weights = None if sample_weight is None else check_weights(sample_weight, table.num_rows)
    encoded, truth = schema.encode(table), schema.encode_target(table)
    trained = estimator._weights(schema).by_class(weights, truth)
    drawn = [(seeds.next(), seeds.next()) for _ in range(estimator._preset.bags)]
    X, y = given or (table, table.select([*schema.need_targets().columns]))
    rows = _Rows(encoded, truth, weights, trained)
    splits, common = _splits(estimator, X, y, rows, [second for _, second in drawn])
    schema = choose_wave_scales(binned_by(schema, table, truth, common), encoded, truth, weights, common)
    options = warm_options(init, estimator._network, estimator._options(table.num_rows))
    parts = []
    for limit, split, own_seeds in zip(rounds, splits, drawn, strict=False):  # time may end the rounds
        # Buckets have tables, which must be of the same rows in all models; piecewise linear bins have none.
        own = schema if len(splits) == 1 else binned_by(schema, table, truth, split[0], embedding="ple")
        parts.append(_part(estimator, own, rows, split, own_seeds, init, options, limit))
    estimator._set_model(schema, bag_of([part.model for part in parts]))
    estimator._call_ = parts[0].call if len(parts) == 1 else None
    estimator.network_options_ = options
    estimator._set_history([part.history for part in parts])
    judged, output = mean_answers([(part.judged, part.answers) for part in parts], len(truth))
    found = evaluate(schema.need_targets(), truth[judged], output, None if weights is None else weights[judged])
    estimator.metrics_ = {"on": "held-out rows" if len(splits[0][1]) else "training rows", **found}
    return estimator


class _Rows(NamedTuple):
    """The rows to learn from.

    Args:
        encoded: {column: (n,) ids or numbers, or lists}.
        truth: (n,) the encoded target.
        weights: (n,) as they were given, or None.
        trained: (n,) with the classes' factors, or None.
    """

    encoded: Mapping[str, Encoded]
    truth: np.ndarray
    weights: np.ndarray | None
    trained: np.ndarray | None


class _Part(NamedTuple):
    """A trained model.

    Args:
        model: of the schema.
        history: Keras'.
        judged: the row numbers that it is judged by.
        answers: to these, as the estimator gives them.
        call: the traced function that gave them.
    """

    model: keras.Model
    history: keras.callbacks.History
    judged: np.ndarray
    answers: Any
    call: Any


def _part(
    estimator: Any,
    schema: Schema,
    rows: _Rows,
    split: RowSplit,
    seeds: tuple[int, int],
    init: Any,
    options: Mapping[str, Any],
    limit: Sequence[keras.callbacks.Callback],
) -> _Part:
    """Train one model; the estimator stays as it is."""
    encoded, truth, _, trained = rows
    pairs = None if has_encoder(init, estimator._network) else estimator._preset.pairs
    later = estimator.validation != "random"  # no random rows: what comes may not be like them
    statistics, crossed = _statistics(schema, rows, split, pairs, later, seeds[0])
    model = build_model(schema, estimator._network, init=init, statistics=statistics, random_state=seeds[0], **options)
    history, held = train(
        model,
        schema,
        encoded,
        truth,
        estimator._recipe(statistics),
        random_state=seeds[1],
        sample_weight=trained,
        split=split,
        crossed=crossed,
        callbacks=limit,
    )
    answering = copy(estimator)
    answering._set_model(schema, model)
    judged = held if len(held) else np.arange(len(truth))
    answers = answering._output({name: array[judged] for name, array in encoded.items()})
    return _Part(model, history, judged, answers, answering._call_)


def _splits(estimator: Any, X: Any, y: Any, rows: _Rows, seeds: Sequence[int]) -> tuple[list[RowSplit], np.ndarray]:
    """Return the splits of models that are trained apart, and the rows that all of them train on.

    Where these would be too few to learn bins from, or one has no rows to hold out, all hold out the same.
    """
    share = estimator._recipe().validation_fraction
    splits = [
        split_of(estimator.validation, X, y, rows.truth, rows.trained, share, Seeds(seed).next()) for seed in seeds
    ]
    common = reduce(np.intersect1d, (training for training, _ in splits))
    if 4 * len(common) < len(splits[0][0]) or not all(len(held) for _, held in splits):
        return [splits[0]] * len(splits), splits[0][0]
    return splits, common


def _statistics(
    schema: Schema, rows: _Rows, split: RowSplit, pairs: int | None, later: bool, seed: int
) -> tuple[TargetStatistics | None, np.ndarray | None]:
    """Return the target statistics of the training rows, and what every row is given of them in training."""
    encoded, truth, weights, _ = rows
    training, held = split
    if pairs is None:
        return None, None
    part = {name: values[training] for name, values in encoded.items()}
    some = None if weights is None else weights[training]
    learned = learn_statistics(schema, part, truth[training], some, pairs=pairs, later=later, seed=seed)
    if learned is None:
        return None, None
    statistics, own = learned
    crossed = np.empty((len(truth), own.shape[1]), np.float32)
    crossed[training] = own
    crossed[held] = statistics.of({name: np.asarray(encoded[name])[held] for name in statistics.columns})
    return statistics, crossed
