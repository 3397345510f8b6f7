"""Fitting an estimator on files, the target in the files."""

from __future__ import annotations

__all__ = ["fit_files", "fit_stream"]

import time
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.base import is_classifier

from ..io.counting import countable, counted
from ..io.errors import DataError, LabelError
from ..io.names import did_you_mean
from ..io.row_groups import RowGroups
from ..io.streams import open_rows
from ..nn.bags import bag_of
from ..nn.model import build_model
from ..nn.packed import columns_of
from ..nn.seeds import Seeds
from ..nn.stream import Stream
from ..nn.stream_recipe import StreamParts, train_stream
from ..nn.time_limit import TimeLimit
from ..nn.warm_start import warm_options
from ..nn.weights import weight_cells
from ..schema.infer import infer_schema
from ..schema.kinds import Ignored
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import Targets
from ..tables.grids import checked
from .learn import learn
from .metrics import evaluate
from .rows import refuse_feature
from .split import check_validation

_AT_ONCE = 500_000
"""Files of up to so many rows are read whole where there are target statistics to learn, which streams have not."""


def fit_files(estimator: Any, paths: Any, target: Any, sample_weight: Any, init: Any) -> Any:
    """Fit an estimator on CSV or Parquet files, in a stream.

    Args:
        estimator: unfitted.
        paths: a path, a glob, a folder, or a list of these.
        target: the name of the target's column, or a list of these.
        sample_weight: the name of the column that holds the weights, or None.
        init: as in ``fit``.

    Returns:
        The estimator, fitted.

    Raises:
        DataError: when the target isn't named, weights are given, or a file can't be read or learned from.
    """
    several = isinstance(target, list) and all(isinstance(one, str) for one in target)
    if not isinstance(target, str) and not several:
        raise DataError(
            f"`y` must be the name of the target's column when X names files, however: it is a "
            f"{type(target).__name__}; call it as in fit('data/*.parquet', 'arr_delay')"
        )
    started = time.monotonic()
    groups = open_rows(paths)
    names = list(target) if several else [target]
    for name in names:
        _check_target(name, groups.names)
    kinds = dict(estimator.kinds or {})
    if isinstance(sample_weight, str) and sample_weight in groups.names:
        kinds[sample_weight] = Ignored("the rows' weights")
    numeric = estimator._preset.numeric_kind(len(names))
    schema = infer_schema(groups, _aims(estimator, groups, names), kinds=kinds, numeric=numeric)
    return fit_stream(estimator, schema, groups, sample_weight, init, started)


def fit_stream(
    estimator: Any,
    schema: Schema,
    groups: RowGroups,
    sample_weight: Any = None,
    init: Any = None,
    started: float | None = None,
) -> Any:
    """Build the model of a schema and train it on files.

    Args:
        estimator: unfitted.
        schema: with a target.
        groups: the files, all their columns.
        sample_weight: the name of the column that holds the weights, or None.
        init: as in ``fit``.
        started: when ``fit`` began, by ``time.monotonic``; None for now.

    Returns:
        The estimator, fitted.
    """
    started = time.monotonic() if started is None else started
    target, weights = schema.need_targets(), estimator._weights(schema, _weight_column(groups, sample_weight))
    refuse_feature(schema, sample_weight)
    aside = [*target.columns, *weights.columns]
    checked(estimator, groups.schema.empty_table().drop_columns(aside), reset=True)
    groups = groups.select(list(dict.fromkeys([*schema.sources, *aside])))
    check_validation(estimator.validation, files=True)
    if estimator._preset.pairs is not None and groups.rows <= _AT_ONCE:
        table = groups.table(groups.names)
        cells = None if weights.column is None else weight_cells(table.column(weights.column), weights.column)
        return learn(estimator, schema, table, cells, init, started=started)
    rounds = TimeLimit.rounds(estimator.time_limit, started, estimator._preset.bags)
    recipe, seeds = estimator._recipe(), Seeds(estimator.random_state)
    options = warm_options(init, estimator._network, estimator._options(groups.rows))
    parts = StreamParts.of(schema, groups, recipe.validation_fraction, seeds.next(), weights)
    models, histories = [], []
    for limit in rounds:
        model = build_model(schema, estimator._network, init=init, random_state=seeds.next(), **options)
        histories.append(train_stream(model, schema, parts, recipe, random_state=seeds.next(), callbacks=limit))
        models.append(model)
    estimator._set_model(schema, bag_of(models))
    estimator.network_options_ = options
    estimator._set_history(histories)
    found = _metrics(estimator, schema, parts.judged)
    estimator.metrics_ = {"on": "training rows" if parts.held is None else "held-out rows", **found}
    return estimator


def _weight_column(groups: RowGroups, sample_weight: Any) -> str | None:
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, str):
        raise DataError(
            f"`sample_weight` must be the name of a column when X names files, however: it is a "
            f"{type(sample_weight).__name__}; read the files into a frame, or write the weights into them"
        )
    if sample_weight not in groups.names:
        closest = did_you_mean(sample_weight, groups.names)
        raise LabelError(f"`sample_weight` names column {sample_weight!r}, which the data does not have; {closest}")
    cells = (weight_cells(batch.column(0), sample_weight) for batch in groups.batches([sample_weight]))
    try:
        some = max((float(part.max(initial=0)) for part in cells), default=0) > 0
    except DataError:
        weight_cells(groups.column(sample_weight), sample_weight)  # says which of all rows it is
        raise
    if not some:
        raise DataError(f"`sample_weight` column {sample_weight!r} must not be zero in every row")
    return sample_weight


def _check_target(target: str, names: list[str]) -> None:
    if target not in names:
        raise DataError(f"target {target!r} is not a column of the files; {did_you_mean(target, names)}")


def _aims(estimator: Any, groups: RowGroups, names: list[str]) -> list[Target]:
    """Return the declared targets; a classifier's task depends on how many classes there are, however often."""
    if not is_classifier(estimator) or estimator.task != "auto":
        return list(estimator._aims(groups.schema.empty_table(), names))
    return [_aim(estimator, groups, name) for name in names]


def _aim(estimator: Any, groups: RowGroups, name: str) -> Target:
    kind = groups.schema.field(name).type
    if pa.types.is_dictionary(kind) or not countable(kind):
        return estimator._declared(groups.column(name), name)
    with counted(groups, name) as counts:
        distinct, _ = counts.summary()
        return estimator._declared(counts.values()[0] if distinct else groups.column(name), name)


def _metrics(estimator: Any, schema: Schema, judged: Stream) -> dict[str, Any]:
    target = schema.need_targets()
    outputs, truths, weights = [], [], []
    for packed, truth, weight in judged.blocks(8192):
        outputs.append(estimator._output(columns_of(schema, packed)))
        truths.append(truth)
        weights.append(weight)
    given = None if weights[0] is None else np.concatenate([weight for weight in weights if weight is not None])
    if isinstance(target, Targets):
        joined: Any = {part.name: np.concatenate([output[part.name] for output in outputs]) for part in target.parts}
    else:
        joined = np.concatenate(outputs)
    return evaluate(target, np.concatenate(truths), joined, given)
