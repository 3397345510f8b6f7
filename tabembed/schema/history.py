"""From a long frame to list columns: what the earlier rows of each row's group held."""

from __future__ import annotations

__all__ = ["check_length", "group_numbers", "history", "names_of", "past_lists", "time_ranks"]

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from ..io.frames import to_arrow
from .labels import factorize


def history(
    data: Any,
    *,
    group_by: str | Sequence[str],
    order_by: str | Sequence[str],
    columns: str | Sequence[str],
    length: int = 8,
    prefix: str = "past_",
) -> Any:
    """Return the data with list columns added: what the earlier rows of each row's group held, oldest first.

    A row never sees itself, nor a later row, nor a row of equal time. A row whose group is missing has no history and
    is in nobody's.

    Args:
        data: anything ``infer_schema`` takes.
        group_by: the column, or columns, that say which rows belong together.
        order_by: the column, or columns, that say which row was earlier: numbers, times, or texts that sort as times.
        columns: whose values are gathered.
        length: at most so many of the latest earlier rows.
        prefix: of the new columns' names.

    Returns:
        A pandas or polars frame where ``data`` is one, else an Arrow table: all rows, all columns and the new ones.

    Raises:
        LabelError: for a column that isn't there.
        DataError: for a missing time, a bad ``length``, or a new name that is taken.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"tail": ["N1", "N2", "N1", "N1"], "hour": [7, 8, 12, 9], "dest": list("abcd")})
        >>> history(flights, group_by="tail", order_by="hour", columns="dest")["past_dest"].map(list).tolist()
        [[], [], ['a', 'd'], ['a']]
    """
    groups, orders, chosen = (
        names_of(group_by, "group_by"),
        names_of(order_by, "order_by"),
        names_of(columns, "columns"),
    )
    check_length(length)
    table = to_arrow(data, list(dict.fromkeys([*groups, *orders, *chosen])))
    names = [str(name) for name in getattr(data, "columns", [])] or to_arrow(data).column_names
    taken = next((prefix + name for name in chosen if prefix + name in names), None)
    if taken is not None:
        raise DataError(f"the data must not have column {taken!r} yet, which te.history adds; choose another prefix=")
    lists = past_lists(table, groups, orders, chosen, int(length))
    return _added(data, {prefix + name: values for name, values in lists.items()})


def check_length(length: Any) -> None:
    """Refuse a history's length that is no whole number of 1 or more.

    Raises:
        DataError: for such a length.
    """
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise DataError(f"`length` must be a whole number of 1 or more, however: length={length!r}")


def names_of(names: Any, argument: str) -> list[str]:
    """Return the names of one column or several.

    Args:
        names: one name, or a sequence of some.
        argument: what the caller calls them, for the error.

    Raises:
        DataError: for none.

    Example:
        >>> names_of("tailnum", "group_by"), names_of(("tailnum", "date"), "group_by")
        (['tailnum'], ['tailnum', 'date'])
    """
    listed = [names] if isinstance(names, str) or not isinstance(names, Iterable) else list(names)
    if not listed:
        raise DataError(f"`{argument}` must name a column, or several, however: {argument}={names!r}")
    return [str(name) for name in listed]


def _added(data: Any, lists: dict[str, pa.LargeListArray]) -> Any:
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return data.assign(
            **{
                name: pandas.Series(pandas.array(values, pandas.ArrowDtype(values.type)), index=data.index)
                for name, values in lists.items()
            }
        )
    if polars is not None and isinstance(data, polars.DataFrame):
        return data.with_columns([polars.from_arrow(values).alias(name) for name, values in lists.items()])
    table = to_arrow(data)
    for name, values in lists.items():
        table = table.append_column(name, values)
    return table


def past_lists(
    table: pa.Table, group_by: Sequence[str], order_by: Sequence[str], columns: Sequence[str], length: int
) -> dict[str, pa.LargeListArray]:
    """Return {column: (n,) lists} of the values that the earlier rows of each row's group hold, oldest first.

    Args:
        table: (n, columns).
        group_by: which rows belong together.
        order_by: which row was earlier.
        columns: whose values are gathered.
        length: of a list at most.

    Raises:
        DataError: for a missing time.
    """
    rows, lengths = _earlier(group_numbers(table, group_by), time_ranks(table, order_by), length)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int64())
    taken = pa.array(rows)
    return {name: pa.LargeListArray.from_arrays(offsets, _whole(table.column(name)).take(taken)) for name in columns}


def _whole(values: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece; labels as themselves, since lists of codes are understood by few."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return pa.concat_arrays([*values.chunks, pa.array([], values.type)])


def group_numbers(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    """Return (n,) the number of each row's group, -1 where a part of it is missing.

    Args:
        table: (n, columns).
        names: the columns whose equal values make a group.

    Example:
        >>> group_numbers(pa.table({"tail": ["N2", None, "N1", "N2"]}), ["tail"]).tolist()
        [0, -1, 1, 0]
    """
    groups = np.zeros(table.num_rows, np.int64)
    for name in names:
        codes, _ = factorize(table.column(name), name)
        joint = np.where((codes < 0) | (groups < 0), -1, groups * (int(codes.max(initial=0)) + 1) + codes)
        # Numbered anew, so that many columns don't overflow.
        distinct, groups = np.unique(joint, return_inverse=True)
        groups = groups - int(distinct[:1].tolist() == [-1])
    return groups


def time_ranks(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    """Return (n,) ranks that rise with time; rows of equal time have equal ones.

    Args:
        table: (n, columns).
        names: the columns that say which row was earlier, the first one above all.

    Raises:
        DataError: for a missing time, or values without an order.

    Example:
        >>> time_ranks(pa.table({"day": [2, 1, 2], "hour": [7, 9, 7]}), ["day", "hour"]).tolist()
        [1, 0, 1]
    """
    ranks = np.zeros(table.num_rows, np.int64)
    for name in names:
        values = _whole(table.column(name))
        if values.null_count:
            row = int(np.argmax(values.is_null().to_numpy(zero_copy_only=False)))
            raise DataError(
                f"column {name!r} must hold a time in every row to order by, however: {values.null_count:,} of "
                f"{len(values):,} are missing, first in row {row}; drop these rows or order by another column"
            )
        try:
            own = pc.rank(values, tiebreaker="dense").to_numpy().astype(np.int64)
        except (pa.ArrowNotImplementedError, pa.ArrowTypeError):
            raise DataError(
                f"column {name!r} must hold numbers, times or texts to order by, however: its type is {values.type}"
            ) from None
        _, ranks = np.unique(ranks * (int(own.max(initial=0)) + 1) + own, return_inverse=True)
    return ranks


def _earlier(groups: np.ndarray, ranks: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the rows that each row sees, end to end, and (n,) how many these are."""
    order = np.lexsort((ranks, groups))
    group, rank = groups[order], ranks[order]
    place = np.arange(len(order))
    new_group = np.diff(group, prepend=-2) != 0
    new_time = new_group | (np.diff(rank, prepend=-1) != 0)
    # Of each place in the sorted rows: where its group begins, and where the rows of its own time do.
    begin = np.maximum.accumulate(np.where(new_group, place, 0))
    end = np.maximum.accumulate(np.where(new_time, place, 0))
    start = np.maximum(begin, end - length)
    seen = np.where(group < 0, 0, end - start)
    lengths = np.empty_like(seen)
    starts = np.empty_like(start)
    lengths[order], starts[order] = seen, start
    behind = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return order[np.repeat(starts, lengths) + behind], lengths
