"""Columns that the data doesn't hold itself: they are made of others, as a cross is of the two that it crosses."""

from __future__ import annotations

__all__ = ["is_made", "made", "with_sources"]

from collections.abc import Iterable, Mapping, Sequence

from ..io.errors import DataError
from ..io.names import did_you_mean
from .ignored import Ignored
from .kind import ColumnKind


def is_made(kind: object, name: str) -> bool:
    """Say whether a kind reads other columns than the one it is named by.

    Example:
        >>> is_made(Ignored(), "dest")
        False
    """
    return isinstance(kind, ColumnKind) and name not in kind.sources(name)


def made(declared: Mapping[str, ColumnKind], names: Iterable[str]) -> list[str]:
    """Return the declared columns that the data doesn't hold, in the order they were declared."""
    held = set(names)
    return [name for name in declared if name not in held]


def with_sources(
    declared: Mapping[str, ColumnKind], names: Sequence[str], targets: Sequence[str] = ()
) -> dict[str, ColumnKind]:
    """Return what is declared, and columns that others consume set aside, unless they are declared themselves.

    Args:
        declared: {column: kind}.
        names: the columns of the data.
        targets: the columns to predict, which no other may read.

    Raises:
        DataError: when a kind reads a column that isn't there, or the target.
    """
    whole = dict(declared)
    for name, kind in declared.items():
        if is_made(kind, name) and name in names:
            raise DataError(
                f"column {name!r} is made of {', '.join(map(repr, kind.sources(name)))} and must have a name of its "
                f"own, however: the data has a column of that name; choose another"
            )
        for source in kind.sources(name):
            if source not in names:
                raise DataError(
                    f"column {name!r} reads column {source!r}, which the data does not have; "
                    f"{did_you_mean(source, names)}"
                )
            if source in targets and source in kind.seen(name):
                raise DataError(f"column {name!r} must not read the target {source!r}: it would know the answer")
        for source in kind.consumed(name):
            whole.setdefault(source, Ignored(f"part of {name!r}"))
    return whole
