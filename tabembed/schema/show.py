"""The schema as an aligned table of text."""

from __future__ import annotations

__all__ = ["table_rows", "table_text"]

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import Schema

HEADER = ("column", "kind", "labels", "missing", "dim", "why")


def table_rows(schema: Schema) -> list[tuple[str, ...]]:
    """Return a row of texts for each column, the target last: column, kind, labels, missing share, dim, why."""
    rows = []
    for column in schema.columns:
        labels, dim = column.kind.describe()
        share = "" if not column.missing else f"{100 * column.missing / column.rows:.1f} %"
        rows.append((_short(column.name), column.kind.key, labels, share, dim, column.reason))
    target = schema.target
    if target is not None:
        classes = f"{len(target.classes)}" if target.is_classification else ""
        rows.append((_short(target.name), "target", classes, "", "", f"{target.task}: {target.reason}"))
    return rows


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:37] + "..."


def table_text(schema: Schema) -> str:
    """Return the aligned table."""
    rows = [HEADER, *table_rows(schema)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    right = {2, 3}
    lines = [
        "  ".join(cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
    rows_read = f"{schema.columns[0].rows:,} rows" if schema.columns else "no columns"
    return "\n".join([f"Schema of {len(schema)} columns, {rows_read}", *lines])
