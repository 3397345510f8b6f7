"""A few rows as plain Python values: for these, a column's trip through Arrow costs more than all its cells."""

from __future__ import annotations

__all__ = ["FEW_ROWS", "few_cells"]

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Cells: TypeAlias = list[str | None] | list[int | None] | list[float | None] | list[bool | None]

FEW_ROWS = 32
"""Above so many, Arrow is faster."""
_EXACT = 2**53  # whole numbers below are the same in int64 and float64
_PLAIN: dict[type, type] = {
    **{kind: kind for kind in (str, int, float, bool)},
    np.int64: int,
    np.float64: float,
    np.bool_: bool,
}


def few_cells(data: Any, columns: Iterable[str]) -> dict[str, Cells]:
    """Read the cells of a few rows, where there is no doubt that Arrow would read the same values.

    Args:
        data: a pandas DataFrame, a dict of lists or arrays, or a list of dicts; for anything else nothing is read.
        columns: the wanted ones.

    Returns:
        {column: cells}, all str, int, float or bool, and None where missing. What is missing here (a column of another
        or of mixed types, all of them where a length or a name is wrong) is for ``to_arrow`` to read or to refuse.

    Example:
        >>> few_cells({"dest": ["BOS", None], "delay": [float("nan"), 3.5], "x": [1, "a"]}, ["dest", "delay", "x"])
        {'dest': ['BOS', None], 'delay': [None, 3.5]}
    """
    cells = {name: _plain(values) for name, values in _listed(data, list(columns)).items()}
    return {name: values for name, values in cells.items() if values is not None}


def _listed(data: Any, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns as lists of equal lengths, not yet looked at."""
    if type(data) is dict:
        return _of_dict(data, columns)
    if type(data) is list:
        return _of_rows(data, columns)
    pandas = sys.modules.get("pandas")
    if pandas is not None and type(data) is pandas.DataFrame:
        return _of_pandas(data, columns)
    return {}


def _of_dict(data: dict[Any, Any], columns: Sequence[str]) -> dict[str, list[Any]]:
    if not all(type(key) is str for key in data) or not all(name in data for name in columns):
        return {}
    values = [data[name] for name in columns]
    lengths = {len(each) if hasattr(each, "__len__") else -1 for each in values}
    if len(lengths) != 1 or not 1 <= lengths.pop() <= FEW_ROWS:
        return {}
    listed = zip(columns, map(_as_list, values), strict=True)
    return {name: cells for name, cells in listed if cells is not None}


def _as_list(values: Any) -> list[Any] | None:
    if type(values) is list:
        return values
    if type(values) is np.ndarray and values.ndim == 1 and _is_exact(values.dtype):
        plain: list[Any] = values.tolist()
        return plain
    return None


def _of_rows(rows: list[Any], columns: Sequence[str]) -> dict[str, list[Any]]:
    if not 1 <= len(rows) <= FEW_ROWS or not all(type(row) is dict for row in rows):
        return {}
    keys = {key for row in rows for key in row}
    if not all(type(key) is str for key in keys) or not all(name in keys for name in columns):
        return {}
    return {name: [row.get(name) for row in rows] for name in columns}


def _of_pandas(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[Any]]:
    if not 1 <= len(frame) <= FEW_ROWS or len(frame.columns) > 2 * len(columns):  # all columns are read below
        return {}
    keys = frame.columns.tolist()
    place = {key: at for at, key in enumerate(keys) if type(key) is str}
    if len(place) < len(keys) or not all(name in place for name in columns):
        return {}
    dtypes, rows = frame.dtypes.tolist(), frame.to_numpy(dtype=object).tolist()
    return {name: [row[at] for row in rows] for name in columns if _is_exact(dtypes[at := place[name]])}


def _is_exact(dtype: Any) -> bool:
    """Say whether the cells of a dtype, as Python objects, still tell all that the column told (float32 does not)."""
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iubOU" or dtype == np.float64
    name = type(dtype).__name__
    return name == "StringDtype" or (name == "CategoricalDtype" and _is_exact(dtype.categories.dtype))


def _plain(values: list[Any]) -> Cells | None:
    """Return the values as one plain type, None where missing; None for the whole column where that is in doubt."""
    cells: list[Any] = []
    kinds = set()
    for value in values:
        kind = _PLAIN.get(type(value))
        if kind is None:
            if value is not None and type(value).__name__ != "NAType":
                return None
            cells.append(None)
        elif value != value:  # NaN
            cells.append(None)
        elif (kind is int and not -_EXACT < value < _EXACT) or (kind is str and not _is_text(value)):
            return None
        else:
            kinds.add(kind)
            cells.append(kind(value))
    return cells if len(kinds) <= 1 else None


def _is_text(value: str) -> bool:
    """Say whether a string is Unicode text; a lone surrogate is none, and Arrow refuses it."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
