"""Learning the target: its task where none is declared, its scale or its classes."""

from __future__ import annotations

__all__ = [
    "FEW_CLASSES",
    "check_repeats",
    "is_number",
    "is_real",
    "labels_target",
    "learn_labels",
    "learn_target",
    "regression_target",
]

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import DataError, DataWarning
from .bins import sampled
from .cells import codes_of, indicators, label_matrix, missing_cells, plain
from .items import is_list, items_of
from .labels import factorize, label_of
from .moments import Moments
from .numeric import indistinct, numbers_of
from .objectives import best_constant, constant_loss, refuse_values
from .ordinal import declared_order, order_of, refuse_gaps
from .target import Target

FEW_CLASSES = 20


def learn_target(
    values: pa.Array | pa.ChunkedArray,
    declared: str | Target,
    task: str = "auto",
    *,
    gaps: bool = False,
    tally: np.ndarray | None = None,
    moments: Moments | None = None,
    sample: np.ndarray | None = None,
) -> Target:
    """Read the target's task (unless given) and its statistics.

    Args:
        values: (n,) Arrow column.
        declared: what is known of it, or its name alone.
        task: ``"auto"`` or one of ``TASKS``, where only the name is known.
        gaps: whether cells may be missing.
        tally: (n,) rows that hold each value, where ``values`` are the distinct ones of a column.
        moments: of that column's numbers.
        sample: numbers of the column for what moments don't tell, instead of ``values``.

    Raises:
        DataError: for missing cells, a constant target, or values that don't fit the task.
    """
    target = Target(declared, task) if isinstance(declared, str) else declared
    name = target.name
    order, values = order_of(values), plain(values)
    missing = missing_cells(values, name, refuse=not gaps)
    if target.task == "regression":
        _refuse_texts(values, target)  # before the cells without a value go, so that rows keep their number
    if missing.any():
        if missing.all():
            raise DataError(f"target {name!r} must be there in some row, however: all {len(values):,} rows miss it")
        values = values.filter(pa.array(~missing))
    if target.task == "auto":
        guess, reason = _guess(values, name, len(values) if tally is None else int(tally.sum()), order)
        target = replace(target, task=guess, reason=reason)
    if target.task == "regression":
        return _regression(values, target, moments, sample)
    if target.task == "multilabel":
        return _labels(values, target)
    return _classification(values, target, tally, order)


def learn_labels(table: pa.Table, target: Target, *, gaps: bool = False) -> Target:
    """Learn a multilabel target of several columns of 0 and 1.

    Args:
        table: holds ``target.labels``.
        target: declared.
        gaps: whether cells may be missing.

    Raises:
        DataError: for missing cells, other values, or a column that is the same in every row.
    """
    columns = [indicators(table.column(name), name, gaps=gaps) for name in target.labels]
    for name, column in zip(target.labels, columns, strict=True):
        values = column[~np.isnan(column)]
        if not len(values) or values.min() == values.max():
            raise _constant(name, values[0] if len(values) else None, "")
    return labels_target(target, target.labels, np.stack(columns, axis=1))


def labels_target(target: Target, labels: Sequence[Any], matrix: np.ndarray) -> Target:
    """Return a multilabel target.

    Args:
        target: declared.
        labels: what the columns stand for.
        matrix: (n, labels) of 0 and 1, NaN where missing.
    """
    shares = np.nanmean(matrix.astype(np.float64), axis=0)
    counts = np.nansum(matrix, axis=0)
    return replace(target, classes=tuple(labels), counts=tuple(int(n) for n in counts), start=tuple(shares.tolist()))


def _labels(values: pa.Array | pa.ChunkedArray, target: Target) -> Target:
    found = sorted(items_of(values, target.name).labels) if is_list(values.type) else []
    matrix = label_matrix(values, target.name, found)
    if not found:
        raise _constant(target.name, [], "no labels")
    kind = values.type.value_type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return labels_target(target, [_class_value(label, kind) for label in found], matrix)


def _refuse_texts(values: pa.Array | pa.ChunkedArray, target: Target) -> None:
    if not is_number(values.type):
        raise DataError(
            f"target {target.name!r} must hold numbers for regression, however: its type is {values.type}; "
            f"pass another task, or use te.TabularClassifier"
        )
    if target.objective != "mse":
        refuse_values(target.objective, numbers_of(values, target.name, np.float64), target.name)


def is_number(kind: pa.DataType) -> bool:
    """Say whether a type is one of numbers."""
    return pa.types.is_integer(kind) or is_real(kind)


def is_real(kind: pa.DataType) -> bool:
    """Say whether a type is one of numbers with fractions."""
    return pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _regression(
    values: pa.Array | pa.ChunkedArray, target: Target, moments: Moments | None, sample: np.ndarray | None
) -> Target:
    numbers = numbers_of(values, target.name, np.float64) if moments is None or sample is None else sample
    return regression_target(moments or Moments.of(numbers), target, numbers if sample is None else sample)


def regression_target(moments: Moments, target: Target, sample: np.ndarray | None = None) -> Target:
    """Return a target of numbers.

    Args:
        moments: of its values.
        target: declared.
        sample: (n,) of its numbers; not needed for the objective ``mse``.

    Raises:
        DataError: for a constant target, or a spread that float32 can't square.
    """
    name = target.name
    if moments.low == moments.high:
        raise _constant(name, moments.low, "n_samples = 1" if moments.rows == 1 else "")
    mean, scale = moments.mean, moments.scale
    if not 1e-15 < scale < 1e15:  # float32 holds its square, the unit of the loss, up to 1e38
        raise DataError(
            f"target {name!r} must have a standard deviation between 1e-15 and 1e15, however: it is {scale:.3g}; "
            f"multiply it by a constant first"
        )
    if scale < abs(mean) * 1e-5:
        warnings.warn(indistinct(f"target {name!r}", mean, scale), DataWarning, stacklevel=6)
    target = replace(target, mean=mean, scale=scale)
    if target.objective == "mse" or sample is None:
        return target
    numbers = sampled([sample[~np.isnan(sample)]], int((~np.isnan(sample)).sum()))
    start = best_constant(target.objective, numbers, target.quantiles)
    delta = target.delta * scale
    unit = constant_loss(target.objective, numbers, start, quantiles=target.quantiles, power=target.power, delta=delta)
    return replace(target, start=start, unit=unit or scale)


def _classification(
    values: pa.Array | pa.ChunkedArray, target: Target, tally: np.ndarray | None, order: Sequence[str] | None
) -> Target:
    name, task = target.name, target.task
    if is_real(values.type):
        numbers_of(values, name, np.float64)  # refuses infinities
    codes, labels = factorize(values, name)
    if target.classes:
        positions = {str(label_of(c)): at for at, c in enumerate(target.classes)}
        counts = np.bincount(codes_of(values, name, positions), tally, minlength=len(positions))
        return replace(target, counts=tuple(int(n) for n in counts))
    classes = [_class_value(label, values.type) for label in labels]
    rank = sorted(range(len(classes)), key=classes.__getitem__)
    if task == "ordinal":
        refuse_gaps(values, name, codes, labels, order)
        rank = declared_order(labels, order) if order else rank
    if len(classes) < 2:
        raise _constant(name, classes[0], "1 class")
    if task == "binary" and len(classes) != 2:
        raise DataError(
            f"target {name!r} must have 2 classes for task='binary', however: it has {len(classes)}; "
            f"pass task='multiclass'"
        )
    counts = np.bincount(codes, tally, minlength=len(classes))
    return replace(target, classes=tuple(classes[i] for i in rank), counts=tuple(int(counts[i]) for i in rank))


def _class_value(label: str, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return label == "True"
    if pa.types.is_integer(kind):
        return int(label)
    if is_real(kind):
        return float(label)
    return label


def _constant(name: str, value: Any, what: str) -> DataError:
    return DataError(
        f"target {name!r} must take two values or more, however: it is {value!r} in every row"
        f"{what and f' ({what})'}; choose another target"
    )


def _guess(values: pa.Array | pa.ChunkedArray, name: str, rows: int, order: Sequence[str] | None) -> tuple[str, str]:
    """Return the task and the reason for it."""
    if is_list(values.type):
        return "multilabel", "lists of labels"
    if is_real(values.type):
        numbers = numbers_of(values, name, np.float64)
        if len(numbers) and not np.array_equal(numbers, np.round(numbers)):
            return "regression", "real numbers"
    _, labels = factorize(values, name)
    distinct = len(labels)
    if order is not None and distinct > 2:
        return "ordinal", f"{distinct} categories in an order"
    by_count = "binary" if distinct <= 2 else "multiclass"
    if not is_number(values.type):
        check_repeats(name, distinct, rows, lambda: labels[0])
        return by_count, f"{distinct} classes"
    whole = sorted(math.floor(float(label)) for label in labels)
    if distinct == 2 and whole == [0, 1]:
        return "binary", "0 and 1"
    if distinct > FEW_CLASSES:
        return "regression", f"whole numbers, {distinct:,} distinct"
    if distinct >= 2 and whole != list(range(distinct)):
        guess = "binary" if distinct == 2 else "regression"
        other = "regression" if distinct == 2 else "multiclass"
        warnings.warn(
            f"target {name!r} has {distinct} distinct whole numbers ({whole[0]} to {whole[-1]}): read as {guess}; "
            f"pass task={guess!r} to confirm, or task={other!r}",
            DataWarning,
            stacklevel=5,
        )
        return guess, f"{distinct} distinct whole numbers"
    return by_count, f"class codes 0 to {distinct - 1}"


def check_repeats(name: str, distinct: int, rows: int, first: Callable[[], str]) -> None:
    """Refuse a target of texts that hardly repeat.

    Args:
        name: the target's.
        distinct: labels.
        rows: that hold them.
        first: returns the first label.

    Raises:
        DataError: for more than 20 labels and more than one in two rows.
    """
    if distinct > max(FEW_CLASSES, rows // 2):
        raise DataError(
            f"target {name!r} must be numbers or classes that repeat, however: {distinct:,} distinct values in "
            f"{rows:,} rows (first {first()!r}); convert it to numbers, or pass task='multiclass'"
        )
