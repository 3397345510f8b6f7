"""The one int32 a row of a table keeps: when it was last updated, and for how many steps at once.

A stamp is ``step * 256 + ahead``: the step of the row's last update, modulo 2 ** 23, and below it for how many steps
(1 to 255) that update was made. 0 is a row that was never updated.
"""

from __future__ import annotations

__all__ = ["LONGEST", "exchange", "make_stamp", "steps_ahead", "steps_since"]

from collections.abc import Callable
from typing import Any

import tensorflow as tf

LONGEST = 255
STEPS = 2**23


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
    return tf.math.floormod(step, STEPS) * (LONGEST + 1) + tf.minimum(ahead, LONGEST)


def steps_ahead(stamp: Any) -> Any:
    """Return for how many steps at once the last update was made, 0 for a row that was never updated.

    Args:
        stamp: (n,) int32.

    Returns:
        (n,) int32, 0 to 255.
    """
    return tf.math.floormod(stamp, LONGEST + 1)


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
    return tf.maximum(tf.math.floormod(step - tf.math.floordiv(stamp, LONGEST + 1), STEPS), 1)


def exchange(stamps: Any, ids: Any, renew: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Renew the stamps of a batch, and name one position for each of its ids.

    The column of stamps itself finds the duplicates: every position writes its number at its id, one of those of equal
    ids stays. That takes a time in proportion to the batch, where sorting it takes longer. Each write is made to depend
    on the read before it (by adding a minimum that is always 0), or XLA would copy the column to have both.

    Args:
        stamps: int32 variable (rows,).
        ids: (n,) ints.
        renew: the new stamps (n,) of the old ones (n,).

    Returns:
        (n,) int32 old stamps, and (n,) int32 leaders: the same position for all positions of one id.

    Example:
        >>> stamps = tf.Variable([0, 0, 0, 0])
        >>> old, leaders = exchange(stamps, tf.constant([2, 1, 2]), lambda old: old + 5)
        >>> stamps.numpy().tolist(), len(set(leaders.numpy().tolist()))
        ([0, 5, 5, 0], 2)
    """
    old = tf.gather(stamps, ids)
    stamps.scatter_update(tf.IndexedSlices(tf.range(tf.size(ids)) + tf.minimum(old, 0), ids))
    leaders = tf.gather(stamps, ids)
    stamps.scatter_update(tf.IndexedSlices(renew(old) + tf.minimum(leaders, 0), ids))
    return old, leaders
