"""One step of Adam for all variables that a batch moves whole, the small ones end to end as one.

A network of many columns has many small variables. Keras takes some fifty operations for each, the learning rate's
schedule among them twice, and to trace, optimize and run these costs more than the network itself.
"""

from __future__ import annotations

__all__ = ["Dense", "update_dense"]

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from .adam_rule import AdamRule
from .flat import Flat
from .stamps import make_stamp

_SMALL = 4_096  # entries: up to here copying a variable takes no longer than operations of its own


class Dense(NamedTuple):
    """A variable, its slots and its gradient.

    Args:
        gradient: a tensor of the variable's shape.
        value: variable.
        first: variable like ``value``, the first moments.
        second: variable like ``value``, the second moments.
        stamps: int32 variable (rows,), where the variable may be a table; or None.
        decays: whether the weight decay is for this variable too.
    """

    gradient: Any
    value: Any
    first: Any
    second: Any
    stamps: Any
    decays: bool

    @property
    def kind(self) -> tuple[str, bool, str]:
        """What variables must have in common to be computed as one; a large one is computed on its own."""
        alone = "" if math.prod(self.value.shape) <= _SMALL else str(id(self.value))
        return self.value.dtype.name, self.decays, alone


def update_dense(variables: Sequence[Dense], rule: AdamRule, step: Any) -> None:
    """Update variables and their slots.

    Args:
        variables: one or more.
        rule: Adam's.
        step: scalar int32, 1 at the first step.
    """
    rates: dict[Any, Any] = {}
    for _, group in itertools.groupby(sorted(variables, key=lambda one: one.kind), key=lambda one: one.kind):
        first, *more = group
        kind = first.value.dtype
        own = rule._replace(learning_rate=tf.cast(rule.learning_rate, kind))
        if kind not in rates:
            rates[kind] = own.rate(tf.cast(step, kind))
        _update([first, *more], own, rates[kind])
    stamp = make_stamp(step, 1)
    for stamps in (one.stamps for one in variables if one.stamps is not None):
        stamps.assign(tf.fill(stamps.shape, stamp))


def _update(group: Sequence[Dense], rule: AdamRule, rate: Any) -> None:
    """Update the variables of one kind as one, in the operations and the order of Keras' Adam."""
    layout = Flat([one.value.shape for one in group], keep_one=True)
    gradient = tf.cast(layout.join([one.gradient for one in group]), group[0].value.dtype)
    value, first, second = map(layout.join, zip(*((one.value, one.first, one.second) for one in group), strict=True))
    first += (gradient - first) * (1 - rule.beta_1)
    second += (tf.square(gradient) - second) * (1 - rule.beta_2)
    if group[0].decays and rule.weight_decay:
        value -= value * tf.cast(rule.weight_decay, value.dtype) * rule.learning_rate
    value -= first * rate / (tf.sqrt(second) + rule.epsilon)
    for one, *parts in zip(group, *map(layout.part, (value, first, second)), strict=True):
        for variable, part in zip((one.value, one.first, one.second), parts, strict=True):
            variable.assign(part)
