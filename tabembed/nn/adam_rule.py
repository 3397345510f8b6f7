"""What Adam does to rows that were away for some steps: the arithmetic, without the tables."""

from __future__ import annotations

__all__ = ["AdamRule", "Rows"]

import math
from typing import Any, NamedTuple

import tensorflow as tf

from .stamps import LONGEST


class Rows(NamedTuple):
    """The rows of one batch, or the changes to be added to them.

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
        longest: of how many steps without a gradient the tail is counted at most.
    """

    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float
    learning_rate: Any
    longest: int = LONGEST

    def change(self, rows: Rows, gradient: Any, step: Any, gap: Any, ahead: Any) -> Rows:
        """Return what to add to the rows, to bring them up to date and to make the step.

        Args:
            rows: as they were left ``gap`` steps ago.
            gradient: (n, ...) of this step.
            step: scalar, 1 at the first step.
            gap: (n, 1, ...) steps since the rows' last update, at least 1.
            ahead: (n, 1, ...) for how many steps that update was made.

        Returns:
            The changes.
        """
        first = gradient * (1 - self.beta_1) - rows.first * (1 - self.beta_1**gap)
        second = tf.square(gradient) * (1 - self.beta_2) - rows.second * (1 - self.beta_2**gap)
        owed = self._rate(tf.maximum(step - gap, 1)) * (self.tail(gap) - self.tail(ahead))
        move = owed * self._direction(rows.first, rows.second)
        move += self._rate(step) * self.tail(gap) * self._direction(rows.first + first, rows.second + second)
        if self.weight_decay:
            move += rows.value * (1 - (1 - self.learning_rate * self.weight_decay) ** gap)
        return Rows(-move, first, second)

    def tail(self, count: Any) -> Any:
        """Return how long ``count`` steps are that follow one gradient, in units of the first of them.

        Args:
            count: of steps; the first moment falls by ``beta_1`` in each, the root of the second by ``sqrt(beta_2)``.

        Returns:
            ``1 + r + ... + r ** (count - 1)`` with ``r = beta_1 / sqrt(beta_2)``.

        Example:
            >>> AdamRule(0.5, 0.25, 0.0, 0.0, 1.0).tail(tf.constant(3.0)).numpy().item()
            3.0
        """
        ratio, count = self.beta_1 / math.sqrt(self.beta_2), tf.minimum(count, self.longest)
        return count if ratio == 1 else (1 - ratio**count) / (1 - ratio)

    def _rate(self, step: Any) -> Any:
        return self.learning_rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)

    def _direction(self, first: Any, second: Any) -> Any:
        return first / (tf.sqrt(second) + self.epsilon)
