"""What Adam does to rows that were away for some steps: the arithmetic, without the tables."""

from __future__ import annotations

__all__ = ["AdamRule", "Factors", "Rows"]

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


class Factors(NamedTuple):
    """What the rows of one batch are multiplied by; each is (n,).

    Args:
        first_lost: the share of the first moment that is gone since the row's last update.
        second_lost: the share of the second moment.
        owed: how far to go in the direction of the last update, for the steps it was not moved ahead for.
        ahead: how far to go in the direction of this update.
        decayed: the share of the value that decays.
    """

    first_lost: Any
    second_lost: Any
    owed: Any
    ahead: Any
    decayed: Any


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

    def factors(self, step: Any, gap: Any, ahead: Any) -> Factors:
        """Return what rows are multiplied by that come again.

        Args:
            step: scalar, 1 at the first step.
            gap: (n,) steps since the rows' last update, at least 1.
            ahead: (n,) for how many steps that update was made.

        Returns:
            The factors.
        """
        tail = self.tail(gap)
        return Factors(
            first_lost=1 - self.beta_1**gap,
            second_lost=1 - self.beta_2**gap,
            owed=self._rate(tf.maximum(step - gap, 1)) * (tail - self.tail(ahead)),
            ahead=self._rate(step) * tail,
            decayed=1 - (1 - self.learning_rate * self.weight_decay) ** gap,
        )

    def step(self, rows: Rows, gradient: Any, factors: Factors) -> Rows:
        """Bring rows up to date and make their step.

        Args:
            rows: as their last updates left them.
            gradient: (n, ...) of this step.
            factors: of the rows, each of a shape that broadcasts with theirs.

        Returns:
            The rows after it.
        """
        first = rows.first + gradient * (1 - self.beta_1) - rows.first * factors.first_lost
        second = rows.second + tf.square(gradient) * (1 - self.beta_2) - rows.second * factors.second_lost
        move = factors.owed * self._direction(rows.first, rows.second) + factors.ahead * self._direction(first, second)
        if self.weight_decay:
            move += factors.decayed * rows.value
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
        return count if ratio == 1 else (1 - ratio**count) / (1 - ratio)

    def _rate(self, step: Any) -> Any:
        return self.learning_rate * tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)

    def _direction(self, first: Any, second: Any) -> Any:
        return first / (tf.sqrt(second) + self.epsilon)
