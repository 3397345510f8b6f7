"""What Adam does to rows that were away for some steps: the arithmetic, without the tables."""

from __future__ import annotations

__all__ = ["AdamRule", "Rows"]

import math
from typing import Any, NamedTuple

import tensorflow as tf

from .stamps import LONGEST


class Rows(NamedTuple):
    """The rows of one batch.

    Args:
        value: (n, ...) of the table.
        first: (n, ...) first moments.
        second: (n, ...) second moments.
    """

    value: Any
    first: Any
    second: Any


class AdamRule(NamedTuple):
    """Adam with decoupled decay, for rows that come again after a gap.

    Args:
        beta_1: decay of the first moment a step.
        beta_2: decay of the second moment a step.
        epsilon: added to the root of the second moment.
        weight_decay: decoupled, a step; 0 for none.
        learning_rate: scalar.
    """

    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float
    learning_rate: Any

    def factors(self, step: Any, gap: Any, ahead: Any) -> Any:
        """Return what rows are multiplied by that come again.

        Args:
            step: scalar, 1 at the first step.
            gap: (n,) steps since the rows' last update, at least 1.
            ahead: (n,) for how many steps that update was made.

        Returns:
            (4, n), with weight decay (5, n): the change of the first moment since the last update, as a share of it,
            and of the second; how far to go in the direction of the last update, for the steps it was not moved ahead
            for, and in the direction of this one; the share of the value that decays.
        """
        times = tf.stack([gap, tf.maximum(step - gap, 1)])
        (first, first_then), (second, second_then) = (
            tf.unstack(_change(beta, times)) for beta in (self.beta_1, self.beta_2)
        )
        tail, tail_then = tf.unstack(self.tail(tf.stack([gap, ahead])))
        owed = self.learning_rate * tf.sqrt(second_then * -1.0) / first_then * (tail_then - tail)
        factors = [first, second, owed, self.rate(step) * tail]
        if self.weight_decay:
            factors.append(1 - (1 - self.learning_rate * self.weight_decay) ** gap)
        return tf.stack(factors)

    def rate(self, step: Any) -> Any:
        """Return the learning rate, corrected for moments that began at zero.

        Args:
            step: scalar float, 1 at the first step.
        """
        # In the step's precision only after single precision, as Keras has it.
        first, second = (tf.cast(beta, step.dtype) ** step for beta in (self.beta_1, self.beta_2))
        return self.learning_rate * tf.sqrt(1 - second) / (1 - first)

    def step(self, rows: Rows, gradient: Any, factors: Any) -> Rows:
        """Bring rows up to date and make their step.

        Args:
            rows: as their last updates left them.
            gradient: (n, ...) of this step.
            factors: of the rows, (4 or 5, n, ...) in a shape that broadcasts with theirs.

        Returns:
            The rows after it.
        """
        of_first, of_second, owed, ahead, *decayed = tf.unstack(factors)
        first = rows.first + gradient * (1 - self.beta_1) + rows.first * of_first
        second = rows.second + tf.square(gradient) * (1 - self.beta_2) + rows.second * of_second
        move = owed * self._direction(rows.first, rows.second) + ahead * self._direction(first, second)
        if self.weight_decay:
            move += decayed[0] * rows.value
        return Rows(rows.value - move, first, second)

    def tail(self, count: Any) -> Any:
        """Return how long ``count`` steps are that follow one gradient, in units of the first of them.

        Args:
            count: of steps; the first moment falls by ``beta_1`` in each, the root of the second by ``sqrt(beta_2)``.

        Returns:
            ``1 + r + ... + r ** (count - 1)`` with ``r = beta_1 / sqrt(beta_2)``; no more than 255 terms.

        Example:
            >>> AdamRule(0.5, 0.25, 0.0, 0.0, 1.0).tail(tf.constant(3.0)).numpy().item()
            3.0
        """
        ratio, count = self.beta_1 / math.sqrt(self.beta_2), tf.minimum(count, LONGEST)
        return count if ratio == 1 else _change(ratio, count) / (ratio - 1)

    def _direction(self, first: Any, second: Any) -> Any:
        return first / (tf.sqrt(second) + self.epsilon)


def _change(base: float, power: Any) -> Any:
    """Return ``base ** power - 1``, exact for a base near 1, and computed in vectors.

    Never to be negated: TensorFlow would make one operation of the two that computes number by number.
    """
    return tf.math.expm1(power * math.log(max(base, 1e-30)))
