"""One step of Adam for all variables that a batch moves whole, each by one operation that TensorFlow has for it.

A network of many columns has many small variables. Keras takes some fifty operations for each, the learning rate's
schedule among them twice, and to trace, optimize and run these costs more than the network itself.
"""

from __future__ import annotations

__all__ = ["Dense", "update_dense"]

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import tensorflow as tf

from .adam_rule import AdamRule
from .stamps import make_stamp


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


def update_dense(variables: Sequence[Dense], rule: AdamRule, step: Any) -> None:
    """Update variables and their slots.

    Args:
        variables: one or more.
        rule: Adam's.
        step: scalar int32, 1 at the first step.
    """
    common: dict[Any, Any] = {}
    for one in variables:
        kind = one.value.dtype
        if kind not in common:
            common[kind] = _Common.of(rule, tf.cast(step, kind))
        _update(one, common[kind])
    stamp = make_stamp(step, 1)
    for stamps in (one.stamps for one in variables if one.stamps is not None):
        stamps.assign(tf.fill(stamps.shape, stamp))


class _Common(NamedTuple):
    """What is the same for all variables of one precision: Adam's numbers in it, and the share that decays."""

    adam: Mapping[str, Any]
    decay: Any

    @classmethod
    def of(cls, rule: AdamRule, step: Any) -> Self:
        """Return them in the precision of the step."""
        rate = tf.cast(rule.learning_rate, step.dtype)
        beta_1, beta_2, epsilon = (
            tf.constant(number, step.dtype) for number in (rule.beta_1, rule.beta_2, rule.epsilon)
        )
        powers = {"beta1_power": beta_1**step, "beta2_power": beta_2**step}
        adam = {"lr": rate, "beta1": beta_1, "beta2": beta_2, "epsilon": epsilon, **powers}
        return cls(adam, rate * rule.weight_decay if rule.weight_decay else None)


def _update(one: Dense, common: _Common) -> None:
    """Update a variable by TensorFlow's own kernel, in place."""
    if one.decays and common.decay is not None:
        one.value.assign_sub(one.value * common.decay)
    tf.raw_ops.ResourceApplyAdam(
        var=one.value.handle,
        m=one.first.handle,
        v=one.second.handle,
        grad=tf.cast(one.gradient, one.value.dtype),
        **common.adam,
    )
