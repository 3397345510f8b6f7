"""The rows to learn from: X and y as one table, and the weights that stand in a column."""

from __future__ import annotations

__all__ = ["refuse_feature", "taken", "target_columns", "with_targets"]

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import column_or_1d

from ..io.errors import DataError, LabelError
from ..io.frames import column_of, to_arrow
from ..io.names import did_you_mean
from ..nn.weights import weight_cells
from ..schema.schema import Schema


def with_targets(X: Any, y: Any) -> tuple[pa.Table, list[str]]:
    """Return the columns and the target as one table, and what the target is called there.

    Args:
        X: (n, columns) anything ``to_arrow`` takes.
        y: (n,) the target, or (n, targets) several.

    Raises:
        DataError: when they aren't equally long.

    Example:
        >>> table, targets = with_targets({"dest": ["BOS", "LAX"]}, [1.5, 2.5])
        >>> table.column_names, targets
        (['dest', 'target'], ['target'])
    """
    table = to_arrow(X)
    names = _target_names(y, table.column_names)
    for name, column in zip(names, target_columns(y, names), strict=True):
        if len(column) != table.num_rows:
            raise DataError(f"X and y must be equally long, however: {table.num_rows:,} and {len(column):,} rows")
        table = table.append_column(name, column)
    return table, names


def target_columns(y: Any, names: Sequence[str]) -> list[pa.Array | pa.ChunkedArray]:
    """Return the targets as Arrow columns; of a frame or matrix of one column with scikit-learn's warning.

    Args:
        y: (n,) the target, or (n, targets) several.
        names: what to call them in errors.

    Raises:
        DataError: for another number of targets.
    """
    if not _is_wide(y):
        one_column = hasattr(y, "__arrow_c_stream__") and len(getattr(y, "shape", (0,))) == 1
        columns = [column_of(y if one_column else column_or_1d(y, warn=True), names[0])]
    else:
        columns = to_arrow(y).columns
    if len(columns) != len(names):
        raise DataError(f"`y` must hold the targets {', '.join(names)}, however: it has {len(columns)} columns")
    return columns


def _is_wide(y: Any) -> bool:
    """Say whether y holds several targets."""
    shape = getattr(y, "shape", None)
    if shape is None and isinstance(y, list) and y and isinstance(y[0], list | tuple | np.ndarray):
        shape = np.shape(y)
    return isinstance(y, dict) or (shape is not None and len(shape) == 2 and shape[1] > 1)


def _target_names(y: Any, columns: Sequence[str]) -> list[str]:
    """Return the targets' own names, or "target" (with underscores where a column has that name)."""
    if not _is_wide(y):
        name = str(getattr(y, "name", None) or "")
        own = ["target" if not name or name in columns else name]
    elif hasattr(y, "columns") or isinstance(y, dict):
        own = to_arrow(y).column_names
    else:
        own = [f"target_{at}" for at in range(np.shape(y)[1])]
    names: list[str] = []
    for name in own:
        while name in columns or name in names:
            name += "_"
        names.append(name)
    return names


def taken(X: Any, sample_weight: Any) -> tuple[Any, Any]:
    """Return the rows and their weights; a column that holds the weights is taken out of the rows.

    Args:
        X: (n, columns) anything ``to_arrow`` takes.
        sample_weight: (n,) weights, the name of a column, or None.

    Raises:
        DataError: for a weight that is missing or negative, with its row.
        LabelError: for a column that isn't there.

    Example:
        >>> table, weights = taken({"dest": ["BOS", "LAX"], "n": [2, 1]}, "n")
        >>> table.column_names, weights.tolist()
        (['dest'], [2.0, 1.0])
    """
    if not isinstance(sample_weight, str):
        return X, sample_weight
    table = to_arrow(X)
    if sample_weight not in table.column_names:
        closest = did_you_mean(sample_weight, table.column_names)
        raise LabelError(f"`sample_weight` names column {sample_weight!r}, which the data does not have; {closest}")
    weights = weight_cells(table.column(sample_weight), sample_weight)
    if not weights.any():
        raise DataError(f"`sample_weight` column {sample_weight!r} must not be zero in every row")
    return table.drop_columns([sample_weight]), weights


def refuse_feature(schema: Schema, sample_weight: Any) -> None:
    """Refuse weights in a column that the model would learn from.

    Raises:
        DataError: when the schema holds it as a feature.
    """
    if isinstance(sample_weight, str) and sample_weight in schema.sources:
        raise DataError(
            f"`sample_weight` column {sample_weight!r} must be no feature, however: the schema reads it; leave it out "
            f"with kinds={{{sample_weight!r}: te.Ignored()}}"
        )
