"""Fitting an estimator on files, the target in the files."""

from __future__ import annotations

__all__ = ["fit_files", "fit_stream", "refuse_weights"]

from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.base import is_classifier

from ..io.counting import countable, counted
from ..io.errors import DataError
from ..io.names import did_you_mean
from ..io.row_groups import RowGroups
from ..io.streams import open_rows
from ..nn.model import build_model
from ..nn.packed import columns_of
from ..nn.seeds import Seeds
from ..nn.stream import Stream
from ..nn.stream_recipe import train_stream
from ..schema.infer import infer_schema
from ..schema.schema import Schema
from ..tables.grids import checked
from .metrics import evaluate


def fit_files(estimator: Any, paths: Any, target: Any, sample_weight: Any, init: Any) -> Any:
    """Fit an estimator on CSV or Parquet files, in a stream.

    Args:
        estimator: unfitted.
        paths: a path, a glob, a folder, or a list of these.
        target: the name of the target's column.
        sample_weight: must be None.
        init: as in ``fit``.

    Returns:
        The estimator, fitted.

    Raises:
        DataError: when the target isn't named, weights are given, or a file can't be read or learned from.
    """
    if not isinstance(target, str):
        raise DataError(
            f"`y` must be the name of the target's column when X names files, however: it is a "
            f"{type(target).__name__}; call it as in fit('data/*.parquet', 'arr_delay')"
        )
    refuse_weights(sample_weight)
    groups = open_rows(paths)
    _check_target(target, groups.names)
    schema = infer_schema(groups, target, kinds=estimator.kinds, task=_task(estimator, groups, target))
    return fit_stream(estimator, schema, groups, init)


def fit_stream(estimator: Any, schema: Schema, groups: RowGroups, init: Any = None) -> Any:
    """Build the model of a schema and train it on files.

    Args:
        estimator: unfitted.
        schema: with a target.
        groups: the files, all their columns.
        init: as in ``fit``.

    Returns:
        The estimator, fitted.
    """
    target = schema.need_target()
    checked(estimator, groups.schema.empty_table().drop_columns([target.name]), reset=True)
    groups = groups.select([*schema.sources, target.name])
    recipe, seeds = estimator._recipe(), Seeds(estimator.random_state)
    options = dict(estimator.network_options or {})
    model = build_model(schema, estimator.network, init=init, random_state=seeds.next(), **options)
    history, parts = train_stream(model, schema, groups, recipe, random_state=seeds.next())
    estimator._set_model(schema, model)
    estimator._set_history(history)
    found = _metrics(estimator, schema, parts.judged)
    estimator.metrics_ = {"on": "training rows" if parts.held is None else "held-out rows", **found}
    return estimator


def refuse_weights(sample_weight: Any) -> None:
    """Refuse weights for rows that are streamed.

    Raises:
        DataError: unless they are None.
    """
    if sample_weight is not None:
        raise DataError("`sample_weight` must be None when X names files; read them into a frame to weigh the rows")


def _check_target(target: str, names: list[str]) -> None:
    if target not in names:
        raise DataError(f"target {target!r} is not a column of the files; {did_you_mean(target, names)}")


def _task(estimator: Any, groups: RowGroups, target: str) -> str:
    """Return the task; a classifier's depends on how many classes there are, however often."""
    kind = groups.schema.field(target).type
    if not is_classifier(estimator):
        return "regression"
    if pa.types.is_dictionary(kind) or not countable(kind):
        return str(estimator._task_of(groups.column(target), target))
    with counted(groups, target) as counts:
        distinct, _ = counts.summary()
        return str(estimator._task_of(counts.values()[0] if distinct else groups.column(target), target))


def _metrics(estimator: Any, schema: Schema, judged: Stream) -> dict[str, Any]:
    outputs, truths = [], []
    for packed, truth in judged.blocks(8192):
        outputs.append(estimator._output(columns_of(schema, packed)))
        truths.append(truth)
    return evaluate(schema.need_target(), np.concatenate(truths), np.concatenate(outputs))
