"""List columns: the values of all rows end to end, and how many each row has."""

from __future__ import annotations

__all__ = ["flat_lists", "flat_records", "is_list", "is_records", "say_row"]

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.columns import plain
from ..io.errors import DataError
from ..io.names import did_you_mean

Result = TypeVar("Result")


def is_list(kind: pa.DataType) -> bool:
    """Say whether a column of this type holds lists.

    Example:
        >>> is_list(pa.list_(pa.string())), is_list(pa.string())
        (True, False)
    """
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def flat_lists(values: pa.Array | pa.ChunkedArray, name: str) -> tuple[pa.Array, np.ndarray]:
    """Return the values of all rows end to end, and how many each row has; a missing list is an empty one.

    Args:
        values: (n,) lists.
        name: the column's name, for the error.

    Returns:
        (total,) values and (n,) int64 lengths.

    Raises:
        DataError: for a column that holds no lists.

    Example:
        >>> values, lengths = flat_lists(pa.array([["a", "b"], None, ["c"]]), "past")
        >>> values.to_pylist(), lengths.tolist()
        (['a', 'b', 'c'], [2, 0, 1])
    """
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if values.null_count == len(values):  # whatever its type is: a frame of one row can't know it
        inner = values.type.value_type if is_list(values.type) else pa.null()
        return pa.array([], inner), np.zeros(len(values), np.int64)
    if not is_list(values.type):
        row = next(at for at in range(len(values)) if values[at].is_valid)
        raise DataError(
            f"column {name!r} must hold lists, however: its type is {values.type}, first {values[row].as_py()!r} in "
            f"row {row}; make lists of it, as te.history does, or declare another kind"
        )
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    return values.flatten(), lengths.to_numpy(zero_copy_only=False).astype(np.int64)


def is_records(kind: pa.DataType) -> bool:
    """Say whether a column of this type holds lists of records: Arrow structs, Python dicts.

    Example:
        >>> is_records(pa.list_(pa.struct({"dest": pa.string()}))), is_records(pa.list_(pa.string()))
        (True, False)
    """
    return is_list(kind) and bool(pa.types.is_struct(kind.value_type))


def flat_records(
    values: pa.Array | pa.ChunkedArray, name: str, fields: Iterable[str] | None = None
) -> tuple[dict[str, pa.Array], np.ndarray]:
    """Return the fields of all rows' records end to end, and how many records each row has.

    Args:
        values: (n,) lists of records. A missing list is an empty one; a missing record misses every field.
        name: the column's name, for the error.
        fields: the fields to return; None for all.

    Returns:
        {field: (total,) values} and (n,) int64 lengths.

    Raises:
        DataError: for a column that holds no lists of records, or a field that no record has.

    Example:
        >>> cells, lengths = flat_records(pa.array([[{"dest": "BOS"}, None], [], [{"dest": "LAX"}]]), "stops")
        >>> cells["dest"].to_pylist(), lengths.tolist()
        (['BOS', None, 'LAX'], [2, 0, 1])
    """
    rows, lengths = flat_lists(values, name)
    if pa.types.is_null(rows.type):
        return {field: pa.nulls(len(rows)) for field in fields or ()}, lengths
    if not pa.types.is_struct(rows.type):
        at = int(np.argmax(lengths > 0))
        raise DataError(
            f"column {name!r} must hold lists of records, however: its items are {rows.type}, first "
            f"{rows[0].as_py()!r} in row {at}; leave out `records`, or declare another kind"
        )
    held = dict(zip((rows.type.field(at).name for at in range(rows.type.num_fields)), rows.flatten(), strict=True))
    for field in fields or ():
        if field not in held:
            raise DataError(
                f"column {name!r} must hold records with the field {field!r}, however: they hold "
                f"{', '.join(map(repr, held))}; {did_you_mean(field, held, 'fields')}"
            )
    return {field: plain(held[field]) for field in (held if fields is None else fields)}, lengths


def say_row(call: Callable[[pa.Array, str], Result], values: pa.Array, lengths: np.ndarray, name: str) -> Result:
    """Return what a function makes of the values of all lists; its error says the row whose list is at fault.

    Args:
        call: takes values and the column's name.
        values: (total,) end to end.
        lengths: (n,) how many each row has.
        name: the column's.

    Raises:
        DataError: the function's own, about the first row that has one.

    Example:
        >>> from tabembed.schema.numeric import numbers_of
        >>> say_row(numbers_of, pa.array([1.0, float("inf")]), np.array([1, 1]), "past_delay")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: column 'past_delay' must hold finite numbers, however: ... (the list of row 1)
    """
    try:
        return call(values, name)
    except DataError as error:
        ends = np.cumsum(lengths)
        good, bad = 0, len(lengths)  # rows before `good` are fine together, those before `bad` aren't
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if _refusal(call, values[: ends[middle - 1]], name) is None else (good, middle)
        own = _refusal(call, values[ends[good] - lengths[good] : ends[good]], name)
        raise DataError(f"{own or error} (the list of row {good})") from error


def _refusal(call: Callable[[pa.Array, str], Result], values: pa.Array, name: str) -> DataError | None:
    try:
        call(values, name)
    except DataError as error:
        return error
    return None
