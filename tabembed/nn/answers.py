"""What a batch teaches: the target, or each of several with the rows that miss it weighing nothing."""

from __future__ import annotations

__all__ = ["answers", "side_by_side"]

from typing import Any

import tensorflow as tf

from ..schema.targets import AnyTarget, Targets


def answers(target: AnyTarget, truth: tf.Tensor, weight: tf.Tensor | None = None) -> tuple[Any, ...]:
    """Return (truth,) or (truth, weight) as Keras takes them, of several targets by output.

    **Shape**: (batch, width) and (batch,)

    Args:
        target: of the schema.
        truth: (batch,) or (batch, width) what ``encode_table`` gave.
        weight: (batch,) of the rows, or None.

    Example:
        >>> from tabembed.schema.target import Target
        >>> both = Targets((Target("a", "regression"), Target("b", "regression")))
        >>> truths, weights = answers(both, tf.constant([[1.0, float("nan")]]))
        >>> truths["b"].numpy().tolist(), weights["b"].numpy().tolist()
        ([[0.0]], [0.0])
    """
    if not isinstance(target, Targets):
        whole = truth[:, None] if truth.shape.rank == 1 else truth
        return (whole,) if weight is None else (whole, weight)
    truths, weights = {}, {}
    # Not just any value: a loss that is infinite there would be NaN when it weighs nothing.
    fills = {one.name: 0.0 if one.is_classification else one.baseline[0] for one in target.parts}
    for name, part in target.truths(truth).items():
        gone = tf.math.is_nan(part)
        output = target.output_names[name]
        truths[output] = tf.where(gone, tf.cast(fills[name], part.dtype), part)
        there = 1 - tf.reduce_max(tf.cast(gone, tf.float32), axis=1)
        weights[output] = there if weight is None else there * weight
    return truths, weights


def side_by_side(target: AnyTarget, output: Any) -> tf.Tensor:
    """Return a model's output as one (batch, sum of the widths), several targets in their order.

    Args:
        target: of the schema.
        output: what the model gives, a tensor or {output: tensor}.
    """
    if not isinstance(target, Targets):
        return output
    return tf.concat([output[target.output_names[part.name]] for part in target.parts], axis=1)
