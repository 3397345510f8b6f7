"""Choosing columns by name: duplicates and missing ones are refused with the name, and the closest one that exists."""

from __future__ import annotations

__all__ = ["did_you_mean", "positions", "same_columns"]

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence

from .errors import DataError, LabelError

_LISTED = 8


def did_you_mean(name: str, names: Iterable[str], noun: str = "columns") -> str:
    """Say which existing name is closest to one that isn't there.

    Args:
        name: what was asked for.
        names: what exists.
        noun: what the names are, in the plural.

    Returns:
        The tail of an error message: the closest name, or the first few that exist.

    Example:
        >>> did_you_mean("arr_dely", ["arr_delay", "dest"])
        "did you mean 'arr_delay'?"
        >>> did_you_mean("price", ["arr_delay", "dest"])
        "the columns are 'arr_delay', 'dest'"
    """
    known = list(names)
    folded = {other.casefold(): other for other in reversed(known)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    listed = ", ".join(map(repr, known[:_LISTED]))
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"the {noun} are {listed}{more}" if known else f"there are no {noun}"


def positions(names: Sequence[str], columns: Sequence[str] | None = None, where: str = "the data") -> list[int]:
    """Find the places of the columns that are wanted.

    Args:
        names: the columns that exist, as strings.
        columns: the wanted ones, in the order they are wanted (a repeated one counts once); None for all.
        where: what holds the columns, for the errors.

    Returns:
        One position in ``names`` for each wanted column.

    Raises:
        DataError: when nothing is there, or a wanted name stands there twice.
        LabelError: when a wanted name isn't there.

    Example:
        >>> positions(["a", "b", "c"], ["c", "a"])
        [2, 0]
    """
    if not names:
        raise DataError(f"{where} must hold at least one column, however: there is none")
    place = {name: at for at, name in enumerate(names)}
    wanted = names if columns is None else list(dict.fromkeys(map(str, columns)))
    if len(place) < len(names):
        _refuse_duplicates(names, set(wanted), where)
    for name in wanted:
        if name not in place:
            raise LabelError(f"column {name!r} is missing from {where}; {did_you_mean(name, names)}")
    return [place[name] for name in wanted]


def same_columns(names: Sequence[str], where: str, expected: Sequence[str], first: str) -> None:
    """Refuse a file that doesn't hold the columns of the first one; their order may differ.

    Args:
        names: the file's columns.
        where: what the file is called, for the errors.
        expected: the first file's columns.
        first: what the first file is called.

    Raises:
        LabelError: when a column is missing.
        DataError: when there is one more.

    Example:
        >>> same_columns(["b", "a"], "file 'y.csv'", ["a", "b"], "file 'x.csv'")
    """
    for name in expected:
        if name not in names:
            raise LabelError(f"column {name!r} of {first} is missing from {where}; {did_you_mean(name, names)}")
    for name in names:
        if name not in expected:
            raise DataError(
                f"column {name!r} of {where} is missing from {first}; files read together must hold the same columns"
            )


def _refuse_duplicates(names: Sequence[str], wanted: set[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and name in wanted]
    if twice:
        raise DataError(
            f"column names must differ, however: {where} holds {twice[0]!r} {names.count(twice[0])} times; rename them"
        )
