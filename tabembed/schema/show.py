"""The schema as an aligned table of text."""

from __future__ import annotations

__all__ = ["table_rows", "table_text"]

from collections.abc import Sequence

from .column import Column
from .targets import AnyTarget

HEADER = ("column", "kind", "labels", "missing", "dim", "why")


def table_rows(columns: Sequence[Column], target: AnyTarget | None) -> list[tuple[str, ...]]:
    """Return a row of texts for each column, the target last: column, kind, labels, missing share, dim, why."""
    rows: list[tuple[str, ...]] = []
    for column in columns:
        labels, dim = column.kind.describe()
        share = "" if not column.missing else f"{100 * column.missing / column.rows:.1f} %"
        rows.append((_short(column.name), column.kind.key, labels, share, dim, _line(column.reason)))
    for part in target.parts if target is not None else ():
        classes = f"{len(part.classes)}" if part.is_classification else ""
        how = "" if part.objective == "mse" else f" by {part.objective}"
        rows.append((_short(part.name), "target", classes, "", "", f"{part.task}{how}: {part.reason}"))
    return rows


def _short(name: str) -> str:
    name = _line(name)
    return name if len(name) <= 40 else name[:37] + "..."


def _line(text: str) -> str:
    """Return a text that stays in its line: a line break shows as its escape."""
    return text if text.isprintable() else repr(text)[1:-1]


def table_text(columns: Sequence[Column], target: AnyTarget | None) -> str:
    """Return the aligned table."""
    rows = [HEADER, *table_rows(columns, target)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    right = {2, 3}
    lines = [
        "  ".join(
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)
