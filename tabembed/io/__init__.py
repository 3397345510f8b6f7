"""Frames, Arrow, CSV and Parquet into Arrow tables; this room knows no schema, and its import loads nothing heavy."""

from __future__ import annotations

__all__ = ["DataError", "DataWarning", "LabelError", "column_of", "to_arrow"]

from typing import TYPE_CHECKING, Any

from .errors import DataError, DataWarning, LabelError

if TYPE_CHECKING:
    from .frames import column_of, to_arrow


def __getattr__(name: str) -> Any:
    """Import the frame readers (pyarrow, NumPy) only when they are asked for."""
    if name in ("column_of", "to_arrow"):
        from . import frames

        return getattr(frames, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
