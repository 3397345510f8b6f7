"""A column of a schema: its kind with its counts and the reason."""

from __future__ import annotations

__all__ = ["Column"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

    def to_dict(self, input_name: str | None) -> dict[str, Any]:
        """Return the column as plain JSON values.

        Args:
            input_name: the model input's.
        """
        named = {"name": self.name, "input": input_name, "kind": self.kind.key}
        return {**named, "rows": self.rows, "missing": self.missing, "reason": self.reason, **self.kind.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], kinds: Mapping[str, type[ColumnKind]]) -> Column:
        """Return the column that ``to_dict`` gave.

        Args:
            data: what it gave.
            kinds: {key: class}.
        """
        fields = dict(data)
        name, kind, rows, missing, reason = (fields.pop(key) for key in ("name", "kind", "rows", "missing", "reason"))
        fields.pop("input")
        return cls(name, kinds[kind].from_dict(fields), rows, missing, reason)
