"""Columns of lists of records: the records of a row are the steps of a sequence, known by the column's type alone."""

from __future__ import annotations

__all__ = ["apart", "records_kind"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .column import Column
from .kinds import ColumnKind, Ignored
from .kinds import Sequence as Steps
from .sequence import STEP_KINDS


def records_kind(name: str, found: Mapping[str, tuple[ColumnKind, str] | None]) -> tuple[ColumnKind, str]:
    """Say what a column of lists of records is.

    Args:
        name: the column's.
        found: {field: its kind, and why}, None for a field that every record misses.

    Returns:
        The kind and the reason: a sequence of the fields that a step may hold, if there is one.

    Example:
        >>> from tabembed.schema.kinds import Numeric
        >>> found = {"km": (Numeric(), "real numbers"), "gate": None}
        >>> records_kind("stops", found)[1]
        'lists of records; km: real numbers; gate left out: empty'
    """
    steps, why = {}, ["lists of records"]
    for field, (own, reason) in ((field, answer or (Ignored(), "empty")) for field, answer in found.items()):
        if type(own) in STEP_KINDS.values():
            steps[field] = own
            why.append(f"{field}: {reason}")
        else:
            why.append(f"{field} left out: {reason.removeprefix('set aside: ')}")
    reason = "; ".join(why)
    return (Steps(steps, records=name), reason) if steps else (Ignored(reason), f"set aside: {reason}")


def apart(columns: Sequence[Column], taken: Iterable[str]) -> list[Column]:
    """Return columns in which records whose steps would be called like another column are set aside.

    Args:
        columns: learned ones.
        taken: names that a step can't have, beside theirs.
    """
    names = {*taken, *(column.name for column in columns)}
    whole = []
    for column in columns:
        kind = column.kind
        if isinstance(kind, Steps) and kind.records is not None and column.reason != "declared":
            double = next((step for step in kind.named if step in names), None)
            names.update(kind.named)
            if double is not None:
                why = f"lists of records with a step {double!r}, as another column is called"
                column = replace(column, kind=Ignored(why), reason=f"set aside: {why}")
        whole.append(column)
    return whole
