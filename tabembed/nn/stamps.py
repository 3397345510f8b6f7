"""The one int32 a row of a table keeps: when it was last updated, and for how many steps at once.

A stamp is ``step * 256 + ahead``: the step of the row's last update, modulo 2 ** 23, and below it for how many steps
(1 to 255) that update was made. 0 is a row that was never updated.
"""

from __future__ import annotations

__all__ = ["LONGEST", "find_leaders", "make_stamp", "steps_ahead", "steps_since", "write_stamps"]

from typing import Any

import tensorflow as tf

BITS = 8
LONGEST = 2**BITS - 1
STEPS = 2 ** (31 - BITS)


def make_stamp(step: Any, ahead: Any) -> Any:
    """Return the stamp of a row that is updated now.

    Args:
        step: int32, of the optimizer.
        ahead: int32, for how many steps at once.

    Returns:
        int32, from 0 on.

    Example:
        >>> int(make_stamp(tf.constant(3), tf.constant(2)))
        770
    """
    return tf.bitwise.left_shift(tf.bitwise.bitwise_and(step, STEPS - 1), BITS) + tf.minimum(ahead, LONGEST)


def steps_ahead(stamp: Any) -> Any:
    """Return for how many steps at once the last update was made, 0 for a row that was never updated.

    Args:
        stamp: (n,) int32.

    Returns:
        (n,) int32, 0 to 255.
    """
    return tf.bitwise.bitwise_and(stamp, LONGEST)


def steps_since(stamp: Any, step: Any) -> Any:
    """Return how many steps ago the last update was; the first step of all is one after none.

    Args:
        stamp: (n,) int32.
        step: int32, of the optimizer.

    Returns:
        (n,) int32, at least 1; more than 2 ** 23 steps ago counts from there anew.

    Example:
        >>> steps_since(make_stamp(tf.constant([3, 9]), 1), 10).numpy().tolist()
        [7, 1]
    """
    return tf.maximum(tf.bitwise.bitwise_and(step - tf.bitwise.right_shift(stamp, BITS), STEPS - 1), 1)


def find_leaders(columns: list[Any], ids: list[Any], sizes: Any) -> tuple[Any, Any]:
    """Read the stamps of a batch in each table, and name one position for each of its ids.

    A column of stamps finds its duplicates itself: every position writes its number at its id, one of those of equal
    ids stays. That takes a time in proportion to the batch, where sorting it takes longer. Each write is made to depend
    on the read before it (by adding a minimum that is always 0), or XLA would copy the column to have both.

    Args:
        columns: an int32 variable (rows,) for each table; a variable stands there once. They hold positions afterwards,
            until ``write_stamps``.
        ids: (n,) ints for each table.
        sizes: (tables,) int32, each table's n.

    Returns:
        Stamps and leaders, int32, for the batches of all tables end to end. The leader is the same position for all
        positions of one id of one table.

    Example:
        >>> stamps, ids = [tf.Variable([0, 7, 9, 0])], [tf.constant([2, 1, 2])]
        >>> old, leaders = find_leaders(stamps, ids, [3])
        >>> write_stamps(stamps, ids, [3], leaders, old + 5)
        >>> stamps[0].numpy().tolist(), len(set(leaders.numpy().tolist()))
        ([0, 12, 14, 0], 2)
    """
    old = _read(columns, ids)
    _write(columns, ids, sizes, tf.range(tf.size(old)) + tf.minimum(old, 0))
    return old, _read(columns, ids)


def write_stamps(columns: list[Any], ids: list[Any], sizes: Any, leaders: Any, stamps: Any) -> None:
    """Write the stamps of a batch, those that ``find_leaders`` read being renewed.

    Args:
        columns: as ``find_leaders`` takes them, like the next two.
        ids: (n,) ints for each table.
        sizes: (tables,) int32.
        leaders: what it gave.
        stamps: int32, for the batches of all tables end to end; equal ids have equal ones.
    """
    _write(columns, ids, sizes, stamps + tf.minimum(leaders, 0))


def _read(columns: list[Any], ids: list[Any]) -> Any:
    return tf.concat([tf.gather(column, some) for column, some in zip(columns, ids, strict=True)], 0)


def _write(columns: list[Any], ids: list[Any], sizes: Any, numbers: Any) -> None:
    parts = tf.split(numbers, sizes, num=len(columns))
    for column, some, part in zip(columns, ids, parts, strict=True):
        column.scatter_update(tf.IndexedSlices(part, some))
