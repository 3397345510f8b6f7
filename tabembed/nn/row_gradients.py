"""Gradients that touch few rows of a table: summing duplicates and clipping, with static shapes and no dense copy."""

from __future__ import annotations

__all__ = ["RowGradient", "clip_global_norm", "clip_norm", "clip_value", "leaders_by_sorting", "sum_into_leaders"]

from typing import Any, NamedTuple

import tensorflow as tf


class RowGradient(NamedTuple):
    """A ``tf.IndexedSlices`` that can be divided by a number, as Keras does to undo a loss scale.

    Args:
        slices: ids (n,), values (n, ...); an id may stand there more than once.
    """

    slices: Any

    def __truediv__(self, scale: float) -> RowGradient:
        return RowGradient(_with_values(self.slices, self.slices.values / scale))


def leaders_by_sorting(ids: Any) -> Any:
    """Name one position for each id, the same for all positions that hold this id.

    Args:
        ids: (n,) ints.

    Returns:
        (n,) int32, ``leaders[i]`` is the first position that holds ``ids[i]``. Shapes are static, as XLA wants them.

    Example:
        >>> leaders_by_sorting(tf.constant([7, 3, 7, 7, 5])).numpy().tolist()
        [0, 1, 0, 0, 4]
    """
    count = tf.size(ids)
    order = tf.argsort(ids, stable=True)
    ranked = tf.gather(ids, order)
    begins = tf.concat([tf.zeros_like(ranked[:1]), tf.cast(ranked[1:] != ranked[:-1], ids.dtype)], 0)
    run = tf.cumsum(tf.cast(begins, tf.int32))
    leader_of_run = tf.math.unsorted_segment_min(order, run, count)
    return tf.scatter_nd(order[:, None], tf.gather(leader_of_run, run), count[None])


def sum_into_leaders(values: Any, leaders: Any) -> Any:
    """Sum the values of each id at its leader's position; all other positions hold 0.

    Args:
        values: (n, ...).
        leaders: (n,) int32, as ``leaders_by_sorting`` gives them.

    Returns:
        (n, ...).

    Example:
        >>> sum_into_leaders(tf.constant([1.0, 2.0, 4.0]), tf.constant([0, 1, 0])).numpy().tolist()
        [5.0, 2.0, 0.0]
    """
    return tf.math.unsorted_segment_sum(values, leaders, tf.size(leaders))


def clip_value(gradient: Any, limit: float) -> Any:
    """Clip each entry to [-limit, limit]; the values of one row are summed before.

    Args:
        gradient: a tensor or a ``tf.IndexedSlices``.
        limit: > 0.

    Returns:
        The same kind.
    """
    return _map_values(lambda values: tf.clip_by_value(values, -limit, limit), sum_duplicates(gradient))


def clip_norm(gradient: Any, limit: float) -> Any:
    """Scale a gradient down to the norm ``limit``; the values of one row are summed before.

    Args:
        gradient: a tensor or a ``tf.IndexedSlices``.
        limit: > 0.

    Returns:
        The same kind.
    """
    return _map_values(lambda values: tf.clip_by_norm(values, limit), sum_duplicates(gradient))


def clip_global_norm(gradients: list[Any], limit: float) -> list[Any]:
    """Scale all gradients by one factor so that their common norm is at most ``limit``; not finite stays not finite.

    Args:
        gradients: tensors and ``tf.IndexedSlices``.
        limit: > 0.

    Returns:
        The same kinds, in the same order.
    """
    summed = [sum_duplicates(gradient) for gradient in gradients]
    clipped, _ = tf.clip_by_global_norm([getattr(gradient, "values", gradient) for gradient in summed], limit)
    return [
        _with_values(gradient, values) if isinstance(gradient, tf.IndexedSlices) else values
        for gradient, values in zip(summed, clipped, strict=True)
    ]


def sum_duplicates(gradient: Any) -> Any:
    """Give each id all of its gradient in one place, and zeros in its other places.

    Args:
        gradient: a tensor, which is returned as it is, or a ``tf.IndexedSlices``.

    Returns:
        The same kind and shape.
    """
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    return _with_values(gradient, sum_into_leaders(gradient.values, leaders_by_sorting(gradient.indices)))


def _map_values(function: Any, gradient: Any) -> Any:
    if isinstance(gradient, tf.IndexedSlices):
        return _with_values(gradient, function(gradient.values))
    return function(gradient)


def _with_values(slices: Any, values: Any) -> Any:
    return tf.IndexedSlices(values, slices.indices, slices.dense_shape)
