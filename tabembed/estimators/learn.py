"""Learning from rows in memory: the one place where an estimator becomes a fitted one."""

from __future__ import annotations

__all__ = ["learn"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..nn.bags import bag_of
from ..nn.dataset import check_weights
from ..nn.learn_statistics import learn_statistics
from ..nn.model import build_model
from ..nn.recipe import RowSplit, train
from ..nn.seeds import Seeds
from ..nn.statistics import Group, TargetStatistics
from ..nn.time_limit import TimeLimit
from ..nn.warm_start import has_encoder, warm_options
from ..schema.binned import binned_by
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .split import split_of


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
    recipe, seeds = estimator._recipe(), Seeds(estimator.random_state)
    weights = None if sample_weight is None else check_weights(sample_weight, table.num_rows)
    encoded, truth = schema.encode(table), schema.encode_target(table)
    trained = estimator._weights(schema).by_class(weights, truth)
    first, second = seeds.next(), seeds.next()
    X, y = given or (table, table.select([*schema.need_targets().columns]))
    share = recipe.validation_fraction
    split = split_of(estimator.validation, X, y, truth, trained, share, Seeds(second).next())
    schema = binned_by(schema, table, truth, split[0])
    pairs = None if has_encoder(init, estimator._network) else estimator._preset.pairs
    options = warm_options(init, estimator._network, estimator._options(table.num_rows))
    models, histories, groups = [], [], None
    for limit in rounds:
        # Of the same groups every time, by other folds: what a row is given hangs much on who shares its fold.
        statistics, crossed = _statistics(schema, encoded, truth, weights, split, pairs, groups, first)
        groups = () if statistics is None else statistics.groups
        model = build_model(schema, estimator._network, init=init, statistics=statistics, random_state=first, **options)
        how = {"random_state": second, "sample_weight": trained, "split": split, "crossed": crossed, "callbacks": limit}
        history, held = train(model, schema, encoded, truth, recipe, **how)
        models.append(model)
        histories.append(history)
        first, second = seeds.next(), seeds.next()
    estimator._set_model(schema, bag_of(models))
    estimator.network_options_ = options
    estimator._set_history(histories)
    estimator.metrics_ = estimator._metrics(encoded, truth, weights, held)
    return estimator


def _statistics(
    schema: Schema,
    encoded: Mapping[str, Encoded],
    truth: np.ndarray,
    weights: np.ndarray | None,
    split: RowSplit,
    pairs: int | None,
    groups: Sequence[Group] | None,
    seed: int,
) -> tuple[TargetStatistics | None, np.ndarray | None]:
    """Return the target statistics of the training rows, and what every row is given of them in training."""
    training, held = split
    if pairs is None or groups == ():
        return None, None
    part = {name: values[training] for name, values in encoded.items()}
    some = None if weights is None else weights[training]
    learned = learn_statistics(schema, part, truth[training], some, pairs=pairs, groups=groups, seed=seed)
    if learned is None:
        return None, None
    statistics, own = learned
    crossed = np.empty((len(truth), own.shape[1]), np.float32)
    crossed[training] = own
    crossed[held] = statistics.of({name: np.asarray(encoded[name])[held] for name in statistics.columns})
    return statistics, crossed
