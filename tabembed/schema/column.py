"""A column of a schema: its kind with its counts and the reason."""

from __future__ import annotations

__all__ = ["Column"]

from dataclasses import dataclass

from .kind import ColumnKind


@dataclass(frozen=True)
class Column:
    """One column of a schema.

    Args:
        name: the column's own name.
        kind: what it is, learned.
        rows: rows that the statistics were learned from.
        missing: how many of them missed the cell.
        reason: why it was read as this kind.
    """

    name: str
    kind: ColumnKind
    rows: int
    missing: int
    reason: str
