"""Columns that share one table: one vocabulary and one set of vectors for all of them."""

from __future__ import annotations

__all__ = ["labelled", "share", "sharing", "whole_column"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..io.errors import DataError
from .categorical import Categorical
from .column import Column
from .kind import ColumnKind
from .sequence import Sequence as Steps
from .vocabulary import Vocabulary

_AGREE = ("dim", "dim_rule", "min_count", "max_size", "unknown_rate", "l2", "hash_buckets", "embedding_dropout")


def labelled(kinds: Mapping[str, ColumnKind]) -> dict[str, Categorical]:
    """Return {column: kind} of the columns of labels, those of a sequence's steps among them.

    Example:
        >>> list(labelled({"a": Categorical(), "history": Steps({"past_a": Categorical()})}))
        ['a', 'past_a']
    """
    flat = {
        key: own
        for name, kind in kinds.items()
        for key, own in (kind.named.items() if isinstance(kind, Steps) else [(name, kind)])
    }
    return {name: kind for name, kind in flat.items() if isinstance(kind, Categorical)}


def sharing(kinds: Mapping[str, ColumnKind], name: str) -> list[str]:
    """Return the columns that share a column's table, itself among them, in order.

    Args:
        kinds: {column: kind}.
        name: a column, or one of a sequence's steps.

    Example:
        >>> sharing({"a": Categorical(table="t"), "b": Categorical(), "c": Categorical(table="t")}, "c")
        ['a', 'c']
    """
    known = labelled(kinds)
    table = known[name].table if name in known else None
    if table is None:
        return [name]
    return [other for other, kind in known.items() if kind.table == table]


def _flat(columns: Iterable[Column]) -> dict[str, Column]:
    """Return the columns of labels, those of a sequence's steps among them."""
    flat = [own for c in columns for own in (c.kind.columns if isinstance(c.kind, Steps) else [c])]
    return {column.name: column for column in flat if isinstance(column.kind, Categorical)}


def _folded(columns: Iterable[Column], flat: Mapping[str, Column]) -> list[Column]:
    """Return the columns, those of labels as they are in ``flat``."""
    return [
        replace(c, kind=c.kind.with_columns(flat))
        if isinstance(c.kind, Steps)
        else flat[c.name]
        if isinstance(c.kind, Categorical)
        else c
        for c in columns
    ]


def whole_column(columns: Sequence[Column], name: str) -> Column:
    """Return a column with the rows and missing cells of all columns that share its table."""
    column = next(column for column in columns if column.name == name)
    flat = _flat(columns)
    kinds = {key: own.kind for key, own in flat.items()}
    whole = {}
    for key in _flat([column]):
        group = [flat[other] for other in sharing(kinds, key)]
        whole[key] = replace(flat[key], rows=sum(c.rows for c in group), missing=sum(c.missing for c in group))
    return _folded([column], whole)[0]


def share(columns: Sequence[Column], before: Iterable[Column] = ()) -> list[Column]:
    """Give the columns of one table one vocabulary: all their labels, the counts summed.

    Args:
        columns: learned ones.
        before: what some of them were until now; columns that shared a table hold its summed counts already.

    Raises:
        DataError: when their settings differ, or a column would leave the others of its table.
    """
    flat = _flat(columns)
    kinds: dict[str, ColumnKind] = {name: column.kind for name, column in flat.items()}
    every = {**{column.name: column.kind for column in columns}, **kinds}
    old = {name: column.kind for name, column in _flat(before).items()}
    summed = {name for name in old if len(sharing(old, name)) > 1}
    for name in summed:
        _check_stays(name, old[name], every[name])
    merged: dict[str, Vocabulary] = {}
    for name, kind in kinds.items():
        if isinstance(kind, Categorical) and kind.table is not None and kind.table not in merged:
            group = sharing(kinds, name)
            _check_settings(kind.table, {other: kinds[other] for other in group})
            known = [other for other in group if other in summed][1:]  # the first one's counts are theirs too
            held = [getattr(kinds[other], "vocabulary", None) for other in group if other not in known]
            merged[kind.table] = Vocabulary.summed(held)
    for name, kind in kinds.items():
        if isinstance(kind, Categorical) and kind.table is not None:
            flat[name] = replace(flat[name], kind=kind.with_vocabulary(merged[kind.table]))
    return _folded(columns, flat)


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
