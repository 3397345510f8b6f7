"""Columns that share one table: one vocabulary and one set of vectors for all of them."""

from __future__ import annotations

__all__ = ["share", "sharing", "whole_column"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..io.errors import DataError
from .categorical import Categorical
from .column import Column
from .kind import ColumnKind
from .vocabulary import Vocabulary

_AGREE = ("dim", "dim_rule", "min_count", "max_size", "unknown_rate", "l2", "hash_buckets", "embedding_dropout")


def sharing(kinds: Mapping[str, ColumnKind], name: str) -> list[str]:
    """Return the columns that share a column's table, itself among them, in order.

    Example:
        >>> sharing({"a": Categorical(table="t"), "b": Categorical(), "c": Categorical(table="t")}, "c")
        ['a', 'c']
    """
    table = getattr(kinds[name], "table", None)
    if table is None:
        return [name]
    return [other for other, kind in kinds.items() if isinstance(kind, Categorical) and kind.table == table]


def whole_column(columns: Sequence[Column], name: str) -> Column:
    """Return a column with the rows and missing cells of all columns that share its table."""
    by_name = {column.name: column for column in columns}
    group = [by_name[other] for other in sharing({key: column.kind for key, column in by_name.items()}, name)]
    return replace(by_name[name], rows=sum(c.rows for c in group), missing=sum(c.missing for c in group))


def share(columns: Sequence[Column], before: Iterable[Column] = ()) -> list[Column]:
    """Give the columns of one table one vocabulary: all their labels, the counts summed.

    Args:
        columns: learned ones.
        before: what some of them were until now; columns that shared a table hold its summed counts already.

    Raises:
        DataError: when their settings differ, or a column would leave the others of its table.
    """
    kinds = {column.name: column.kind for column in columns}
    old = {column.name: column.kind for column in before}
    summed = {name for name in old if len(sharing(old, name)) > 1}
    for name in summed:
        _check_stays(name, old[name], kinds[name])
    merged: dict[str, Vocabulary] = {}
    for name, kind in kinds.items():
        if isinstance(kind, Categorical) and kind.table is not None and kind.table not in merged:
            group = sharing(kinds, name)
            _check_settings(kind.table, {other: kinds[other] for other in group})
            known = [other for other in group if other in summed][1:]  # the first one's counts are theirs too
            held = [getattr(kinds[other], "vocabulary", None) for other in group if other not in known]
            merged[kind.table] = Vocabulary.summed(held)
    return [
        replace(column, kind=column.kind.with_vocabulary(merged[column.kind.table]))
        if isinstance(column.kind, Categorical) and column.kind.table is not None
        else column
        for column in columns
    ]


def _check_stays(name: str, old: ColumnKind, new: ColumnKind) -> None:
    """Refuse to take a column out of its table: only the sum of the counts is known."""
    table = getattr(old, "table", None)
    if getattr(new, "table", None) != table:
        came = f"table={new.table!r}" if isinstance(new, Categorical) else type(new).__name__
        raise DataError(
            f"column {name!r} must stay in table {table!r}, whose counts are summed over its columns, however: {came}; "
            f"use te.infer_schema(data, kinds={{{name!r}: ...}})"
        )


def _check_settings(table: str, kinds: Mapping[str, ColumnKind]) -> None:
    (first, kind), *others = kinds.items()
    for name, other in others:
        for setting in _AGREE:
            a, b = _setting(kind, setting), _setting(other, setting)
            if a != b:
                raise DataError(
                    f"columns {first!r} and {name!r} share table {table!r} and must agree on `{setting}`, "
                    f"however: {a!r} and {b!r}; declare it alike for both"
                )


def _setting(kind: ColumnKind, setting: str) -> object:
    """Return a setting as it was declared: a dim that a rule chose is none."""
    return None if setting == "dim" and not getattr(kind, "pinned", False) else getattr(kind, setting)
