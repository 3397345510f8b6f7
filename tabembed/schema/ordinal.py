"""Classes in an order: where the order comes from, and what has none."""

from __future__ import annotations

__all__ = ["declared_order", "order_of", "refuse_gaps"]

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .labels import factorize
from .numeric import numbers_of


def order_of(values: pa.Array | pa.ChunkedArray) -> list[str] | None:
    """Return the labels of an ordered category in their order, None for other columns.

    Example:
        >>> kind = pa.dictionary(pa.int8(), pa.string(), ordered=True)
        >>> order_of(pa.DictionaryArray.from_arrays([1, 0], ["low", "high"], ordered=True))
        ['low', 'high']
    """
    if not pa.types.is_dictionary(values.type) or not values.type.ordered:
        return None
    if isinstance(values, pa.ChunkedArray):
        values = values.unify_dictionaries().combine_chunks()
    return factorize(values.dictionary)[1]


def declared_order(labels: Sequence[str], order: Sequence[str]) -> list[int]:
    """Return the positions of the labels, sorted by an order.

    Example:
        >>> declared_order(["high", "low"], ["low", "mid", "high"])
        [1, 0]
    """
    places = {label: at for at, label in enumerate(order)}
    return sorted(range(len(labels)), key=lambda at: places[labels[at]])


def refuse_gaps(
    values: pa.Array | pa.ChunkedArray, name: str, codes: np.ndarray, labels: Sequence[str], order: object
) -> None:
    """Refuse an ordinal target whose classes have no order, or whole numbers that leave some out.

    Args:
        values: (n,) plain Arrow column, none missing.
        name: the target's.
        codes: of each row.
        labels: what the codes count.
        order: of the classes, where they have one of their own.

    Raises:
        DataError: with the first row after a gap.
    """
    if order is not None:
        return
    fix = f"give the order with te.Target({name!r}, 'ordinal', classes=[...])"
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise DataError(
            f"target {name!r} must be an ordered category or whole numbers for task='ordinal', however: its type is "
            f"{values.type}, first {labels[0]!r}; {fix}"
        )
    numbers = numbers_of(values, name, np.float64)
    if (numbers != np.round(numbers)).any():
        row = int(np.argmax(numbers != np.round(numbers)))
        raise DataError(
            f"target {name!r} must hold whole numbers for task='ordinal', however: {numbers[row]:g} in row {row}; {fix}"
        )
    distinct = np.unique(numbers)
    after = np.flatnonzero(np.diff(distinct) > 1)
    if len(after):
        before, then = distinct[after[0]], distinct[after[0] + 1]
        row = int(np.argmax(numbers == then))
        raise DataError(
            f"target {name!r} must be whole numbers without gaps for task='ordinal', however: {then:g} in row {row}, "
            f"and no row between {before:g} and {then:g}; {fix}"
        )
