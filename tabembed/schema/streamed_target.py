"""The target of files larger than memory: the same as from a frame of their rows."""

from __future__ import annotations

__all__ = ["sampled_target", "stream_target"]

from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from ..io.counting import countable, counted
from ..io.errors import DataError
from ..io.row_groups import RowGroups
from .bins import sampled
from .labels import factorize
from .learn_target import (
    FEW_CLASSES,
    check_repeats,
    is_number,
    is_real,
    learn_labels,
    learn_target,
    regression_target,
)
from .moments import Moments
from .numeric import numbers_of
from .objectives import refuse_values
from .streamed import is_text, is_whole, moments_of, numbers_in
from .target import Target


def sampled_target(groups: RowGroups, target: Target) -> np.ndarray:
    """Return the target's cells in the sampled rows (``bins.sampled``), as ``Target.encode`` gives them.

    Args:
        groups: the files.
        target: learned.

    Raises:
        DataError: when a file can't be read.
    """
    cells = (target.encode_table(batch) for batch in groups.batches([*target.columns]))
    return sampled(cells, groups.rows)


def stream_target(groups: RowGroups, target: Target, *, gaps: bool = False) -> Target:
    """Learn the target of Parquet files; see ``learn_target``.

    Args:
        groups: the files.
        target: declared.
        gaps: whether cells may be missing.

    Raises:
        DataError: as ``learn_target``, and when a file can't be read.
    """
    if target.labels:
        return learn_labels(groups.table([*target.labels]), target, gaps=gaps)
    name, task = target.name, target.task
    kind = groups.schema.field(name).type
    whole = partial(learn_target, declared=target, gaps=gaps)
    if pa.types.is_dictionary(kind) or not countable(kind):
        return whole(groups.column(name))
    moments = moments_of(groups, name) if is_number(kind) else None
    if moments is not None and moments.present == moments.rows:
        if task == "regression":
            return _regression(groups, target, moments)
        if task == "auto" and is_real(kind) and not is_whole(groups, name):
            return regression_target(moments, replace(target, task="regression", reason="real numbers"))
    with counted(groups, name) as counts:
        distinct, present = counts.summary()
        if present == groups.rows:
            if moments is not None and task == "auto" and distinct > FEW_CLASSES:
                reason = f"whole numbers, {distinct:,} distinct"
                return regression_target(moments, replace(target, task="regression", reason=reason))
            if moments is None and task == "auto":
                check_repeats(name, distinct, present, lambda: _first(groups, name))
            values, rows = counts.values()
            if task != "ordinal" and not target.classes and (not is_text(kind) or "" not in values.to_pylist()):
                return learn_target(values, target, tally=rows, moments=moments)
    return whole(groups.column(name))  # it says what is wrong with it


def _regression(groups: RowGroups, target: Target, moments: Moments) -> Target:
    if target.objective == "mse":
        return regression_target(moments, target)
    try:
        refuse_values(target.objective, np.array([moments.low]), target.name)
    except DataError:
        refuse_values(target.objective, numbers_of(groups.column(target.name), target.name, np.float64), target.name)
        raise
    sample = sampled(numbers_in(groups, target.name), groups.rows)
    return regression_target(moments, target, sample)


def _first(groups: RowGroups, name: str) -> str:
    return factorize(next(groups.batches([name])).column(0), name)[1][0]
