"""The target beside the columns: X and y as one table."""

from __future__ import annotations

__all__ = ["target_column", "with_target"]

from typing import Any

import pyarrow as pa
from sklearn.utils.validation import column_or_1d

from ..io.errors import DataError
from ..io.frames import column_of, to_arrow


def with_target(X: Any, y: Any) -> tuple[pa.Table, str]:
    """Return the columns and the target as one table, and what the target is called there.

    Args:
        X: (n, columns) anything ``to_arrow`` takes.
        y: (n,) the target.

    Raises:
        DataError: when they aren't equally long.

    Example:
        >>> table, target = with_target({"dest": ["BOS", "LAX"]}, [1.5, 2.5])
        >>> table.column_names, target
        (['dest', 'target'], 'target')
    """
    table = to_arrow(X)
    name = _target_name(y, table.column_names)
    target = target_column(y, name)
    if len(target) != table.num_rows:
        raise DataError(f"X and y must be equally long, however: {table.num_rows:,} and {len(target):,} rows")
    return table.append_column(name, target), name


def target_column(y: Any, name: str) -> pa.Array | pa.ChunkedArray:
    """Return the target as an Arrow column; of a frame or matrix its one column, with scikit-learn's warning.

    Args:
        y: (n,) the target.
        name: what to call it in errors.
    """
    one_column = hasattr(y, "__arrow_c_stream__") and len(getattr(y, "shape", (0,))) == 1
    return column_of(y if one_column else column_or_1d(y, warn=True), name)


def _target_name(y: Any, columns: list[str]) -> str:
    """Return the target's own name, or "target" (with underscores where a column has that name)."""
    name = str(getattr(y, "name", None) or "")
    name = "target" if not name or name in columns else name
    while name in columns:
        name += "_"
    return name
