"""``partial_fit``: one more pass over new rows, with room for their labels."""

from __future__ import annotations

__all__ = ["partial_fit"]

from copy import copy
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..io.frames import are_paths
from ..nn.bags import bag_of, parts_of
from ..nn.dataset import check_weights
from ..nn.grow import grow_model
from ..nn.model import build_model
from ..nn.recipe import train_more
from ..nn.seeds import Seeds
from ..nn.statistics_lookup import statistics_of
from ..schema.schema import Schema
from ..tables.grids import checked
from .metrics import evaluate
from .rows import taken, target_columns, with_targets

_SHARE = 0.1
"""Of the recipe's learning rate, which falls to 0 along its cosine."""

_ON = "rows of the last partial_fit, before it learned from them"


def partial_fit(estimator: Any, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
    """Train an estimator on rows; see ``TabularEstimator.partial_fit``."""
    if are_paths(X):
        raise DataError(
            f"`X` must hold rows for partial_fit, however: it names files ({X!r}); read them one by one, as in "
            f"partial_fit(pd.read_parquet(path), y)"
        )
    fitted = hasattr(estimator, "model_")
    est = estimator if fitted else copy(estimator)  # a refusal leaves nothing behind
    X, given = taken(X, sample_weight)
    X = checked(est, X, reset=not fitted)
    table, schema = _continued(est, X, y, classes) if fitted else _first(est, X, y, classes)
    weights = None if given is None else check_weights(given, table.num_rows)
    recipe = est._recipe(statistics_of(est.model_) if fitted else None)
    seeds = Seeds(est.random_state)
    for _ in range(est.n_epochs_ if fitted else 0):  # another order at each call
        seeds.next()
    # Those of the fit, whatever the preset would take by now, unless they were set anew.
    of_fit = {**getattr(est, "network_options_", {}), **(est.network_options or {})}
    options, drawn = of_fit if fitted else est._options(), seeds.next()
    if fitted:
        metrics = _before(est, table, weights)
        model = grow_model(est.model_, est.schema_, schema, est._network, random_state=drawn, **options)
        est._set_model(schema, model)
    else:
        each = range(drawn, drawn + est._preset.bags)
        models = [build_model(schema, est._network, random_state=seed, **options) for seed in each]
        est._set_model(schema, bag_of(models))
        est.history_, est.n_epochs_, est.network_options_ = {}, 0, options
        metrics = _before(est, table, weights)
    encoded, truth = schema.encode(table), schema.encode_target(table)
    rate = recipe.learning_rate * _SHARE
    trained = est._weights(schema).by_class(weights, truth)
    losses = []
    for part in parts_of(est.model_):
        how = {"random_state": seeds.next(), "sample_weight": trained}
        losses += train_more(part, schema, encoded, truth, recipe, rate, **how).history["loss"]
    est.history_ = {**est.history_, "loss": [*est.history_.get("loss", []), float(np.mean(losses))]}
    est.n_epochs_, est.metrics_ = est.n_epochs_ + 1, metrics
    vars(estimator).update(vars(est))


def _first(estimator: Any, X: Any, y: Any, classes: Any) -> tuple[pa.Table, Schema]:
    """Return the rows with their target, and a schema of them."""
    table, names = with_targets(X, y)
    estimator._check_classes(classes, table.select(names))
    return table, estimator._infer(table, names, classes)


def _continued(estimator: Any, X: Any, y: Any, classes: Any) -> tuple[pa.Table, Schema]:
    """Return the rows of the schema's columns with their target, and the schema that has grown by them."""
    schema = estimator.schema_
    names = schema.need_targets().columns
    table, targets = schema.table(X), target_columns(y, names)
    if len(targets[0]) != table.num_rows:
        raise DataError(f"X and y must be equally long, however: {table.num_rows:,} and {len(targets[0]):,} rows")
    estimator._check_classes(classes, pa.table(dict(zip(names, targets, strict=True))))
    for name, column in zip(names, targets, strict=True):
        table = table.append_column(name, column)
    return table, schema.grown(table)


def _before(estimator: Any, table: pa.Table, weights: Any) -> dict[str, Any]:
    """Return the metrics of rows that the model hasn't learned from."""
    encoded, truth = estimator.schema_.encode(table), estimator.schema_.encode_target(table)
    return {"on": _ON, **evaluate(estimator.schema_.need_targets(), truth, estimator._output(encoded), weights)}
