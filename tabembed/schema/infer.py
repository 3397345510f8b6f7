"""Inference: what each column is, with the reason."""

from __future__ import annotations

__all__ = ["infer_schema"]

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..io.errors import DataError
from ..io.frames import to_arrow
from ..io.names import did_you_mean
from .column import Column
from .kinds import Boolean, Categorical, ColumnKind, Ignored, Numeric
from .labels import factorize
from .numeric import numbers_of
from .schema import Schema
from .shared import share
from .target import learn_target

_ID_WORDS = {"id", "ids", "code", "codes", "key", "zip", "zipcode", "postcode", "postal", "sku", "uuid", "flight"}
_LAST_WORDS = {"no", "nr", "num", "number"}  # an order_number is an id, a number_of_orders is not
_FEW = 32
_MIN_KEY_ROWS, _KEY_SHARE = 20, 0.95


def infer_schema(
    data: Any,
    target: str | None = None,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    task: str = "auto",
) -> Schema:
    """Read what each column is and learn its statistics.

    Args:
        data: a DataFrame, anything with ``__arrow_c_stream__`` (polars, DuckDB, pyarrow), or a CSV/Parquet path, glob
            or list.
        target: the column to predict, or None.
        kinds: {column: kind} for the columns you declare yourself; ``te.Ignored()`` leaves one out.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``.

    Returns:
        The schema; its repr says why each column was read so.

    Raises:
        DataError: for an empty frame, a target or declared column that isn't there, a missing or constant target,
            infinities, an all-missing column, mixed types.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> te.infer_schema(df, target="delay")["dest"].labels
        ['LAX', 'BOS']
    """
    target = None if target is None else str(target)  # as the frame's own names: pandas numbers unnamed columns
    declared = {str(name): kind for name, kind in (kinds or {}).items()}
    table, names = _read(data, {name for name, kind in declared.items() if isinstance(kind, Ignored)})
    _check_arguments(names, target, declared)
    rows = table.num_rows
    if not rows:
        raise DataError("the data must hold at least one row, however: it has the columns but no rows")
    learned_target = None if target is None else learn_target(table.column(target), target, task)
    columns = []
    for name in names:
        kind = declared.get(name)
        if isinstance(kind, Ignored):
            columns.append(Column(name, kind, rows, 0, kind.reason))
        elif name != target:
            columns.append(_learn(table.column(name), name, kind))
    return Schema(share(columns), learned_target)


def _read(data: Any, ignored: set[str]) -> tuple[pa.Table, list[str]]:
    """Return the table and all its names; an ignored column of a frame isn't even converted, whatever it holds."""
    if not ignored or not isinstance(data, pd.DataFrame | Mapping):
        table = to_arrow(data)
        return table, table.column_names
    names = [str(name) for name in data]
    return to_arrow(data, columns=[name for name in names if name not in ignored]), names


def _check_arguments(names: list[str], target: str | None, declared: Mapping[str, ColumnKind]) -> None:
    if target is not None and target not in names:
        raise DataError(f"target {target!r} is not a column of the data; {did_you_mean(target, names)}")
    for name, kind in declared.items():
        if name not in names:
            raise DataError(f"`kinds` names column {name!r}, which the data does not have; {did_you_mean(name, names)}")
        if not isinstance(kind, ColumnKind):
            raise DataError(
                f"`kinds` must map columns to kinds such as te.Categorical(), however: {name!r} is {kind!r}"
            )
        if name == target:
            raise DataError(f"`kinds` names the target {name!r}; use task= to say what the target is")


def _learn(values: pa.ChunkedArray, name: str, declared: ColumnKind | None) -> Column:
    if values.null_count == len(values):
        raise DataError(
            f"column {name!r} must hold some values, however: all {len(values):,} rows are missing; "
            f"drop it, or leave it out with kinds={{{name!r}: te.Ignored()}}"
        )
    kind, reason = (declared, "declared") if declared is not None else _classify(values, name)
    learned, missing = kind.learn(values, name)
    if missing == len(values):
        raise DataError(
            f"column {name!r} must hold some labels, however: all {len(values):,} rows are empty texts; drop it"
        )
    return Column(name, learned, len(values), missing, reason)


def _classify(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    """Return the kind a column is read as, and why."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _read_labels(values, name, "a category")
    if pa.types.is_boolean(kind):
        _, labels = factorize(values, name)
        return _aside(labels[0]) if _constant(values, len(labels)) else (Boolean(), "true and false")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _read_labels(values, name, "text")
    if pa.types.is_integer(kind):
        return _read_whole(numbers_of(values, name, np.float64), values, name, "whole numbers")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _read_numbers(values, name)
    return Ignored(f"{kind}: no kind reads it by itself; declare one"), f"set aside: {kind}"


def _aside(label: str) -> tuple[ColumnKind, str]:
    return Ignored(f"constant, {label}"), f"set aside: constant ({label[:20]})"


def _constant(values: pa.ChunkedArray, distinct: int) -> bool:
    """Tell a constant column; one value with gaps is not constant, its gaps may tell something."""
    return distinct == 1 and values.null_count == 0


def _is_key(rows: int, distinct: int) -> bool:
    """Tell a key, or nearly one: labels of a single row teach nothing."""
    return rows >= _MIN_KEY_ROWS and distinct > _KEY_SHARE * rows


def _key(rows: int, distinct: int) -> tuple[ColumnKind, str]:
    unique = distinct == rows
    what = "a unique key, another value in every row" if unique else f"nearly a key, {_repeats(rows, distinct)}"
    return Ignored(f"unique key, {distinct:,} values"), f"set aside: {what}"


def _read_labels(values: pa.ChunkedArray, name: str, what: str) -> tuple[ColumnKind, str]:
    codes, labels = factorize(values, name)
    rows = np.bincount(codes + 1, minlength=1)[1:]  # of each label; a pandas category may list some that no row has
    present, distinct = int(rows.sum()), int(np.count_nonzero(rows))
    if distinct == 1 and present == len(codes):
        return _aside(labels[codes[0]])
    if _is_key(present, distinct):
        return _key(present, distinct)
    return Categorical(), f"{what}, {_repeats(present, distinct)}"


def _repeats(rows: int, distinct: int) -> str:
    return f"{distinct:,} distinct in {rows:,} rows"


def _read_numbers(values: pa.ChunkedArray, name: str) -> tuple[ColumnKind, str]:
    numbers = numbers_of(values, name, np.float64)
    present = numbers[~np.isnan(numbers)]
    if np.array_equal(present, np.round(present)):
        return _read_whole(numbers, values, name, "whole numbers, as floats")
    if present.min() == present.max() and len(present) == len(numbers):
        return _aside(f"{present[0]:g}")
    return Numeric(), "real numbers"


def _read_whole(numbers: np.ndarray, values: pa.ChunkedArray, name: str, what: str) -> tuple[ColumnKind, str]:
    """Tell ids from amounts: by name, by how few values there are, or by how they fill their range."""
    present = numbers[~np.isnan(numbers)]
    distinct, counts = np.unique(present, return_counts=True)
    rows, size = len(present), len(distinct)
    if size == 1 and rows == len(numbers):
        return _aside(f"{distinct[0]:.0f}")
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    named = not _ID_WORDS.isdisjoint(words) or not _LAST_WORDS.isdisjoint(words[-1:])
    density = size / (distinct[-1] - distinct[0] + 1)
    if _is_key(rows, size) and (named or (size == rows and density > 0.9)):
        return _key(rows, size)
    if named and size < rows:
        return Categorical(), f"{what} named as an id, {_repeats(rows, size)}"
    if size <= min(_FEW, rows // 2):
        return Categorical(), f"{what}, few: {_repeats(rows, size)}"
    if distinct[0] >= 0 and rows >= 20 * size and density > 0.3 and _rough(counts):
        return Categorical(), f"{what} that behave as ids (dense, no smooth shape), {_repeats(rows, size)}"
    return Numeric(), f"{what} that behave as amounts, {_repeats(rows, size)}"


def _rough(counts: np.ndarray) -> bool:
    """Tell whether neighbouring values have unrelated counts, as ids do and amounts don't."""
    logs = np.log(counts)
    if len(logs) < 3 or logs.std() == 0:
        return True
    a, b = logs[:-1], logs[1:]
    spread = a.std() * b.std()
    return bool(spread == 0 or ((a - a.mean()) * (b - b.mean())).mean() / spread < 0.3)
