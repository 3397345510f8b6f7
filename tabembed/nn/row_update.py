"""One step of Adam in the batch's rows of many tables at once.

What is the same for all tables is computed once, over the batches of all of them end to end, and tables of one width
are computed as one: 20 tables then take little more than the gathers and scatters that each of them needs.
"""

from __future__ import annotations

__all__ = ["Table", "update_tables"]

import itertools
from typing import Any, NamedTuple

import tensorflow as tf

from .adam_rule import AdamRule, Factors, Rows
from .row_gradients import sum_into_leaders
from .stamps import exchange, make_stamp, steps_ahead, steps_since


class Table(NamedTuple):
    """A table, its slots and its gradient.

    Args:
        ids: (n,) ints; an id may stand there more than once.
        gradient: (n, ...) of the rows of the ids.
        stamps: int32 variable (rows,).
        value: variable (rows, ...).
        first: variable like ``value``, the first moments.
        second: variable like ``value``, the second moments.
        decays: whether the weight decay is for this table too.
    """

    ids: Any
    gradient: Any
    stamps: Any
    value: Any
    first: Any
    second: Any
    decays: bool

    @property
    def kind(self) -> str:
        """Return what tables must have in common to be computed as one."""
        return f"{self.value.dtype.name} {self.value.shape[1:]} {self.decays} {self.ids.dtype.name}"


def update_tables(tables: list[Table], rule: AdamRule, step: Any) -> None:
    """Bring the batch's rows of all tables up to date and make their step.

    Args:
        tables: whose variables are updated in place; none stands there twice.
        rule: Adam's.
        step: scalar int32, 1 at the first step.
    """
    tables = sorted(tables, key=lambda table: table.kind)
    real = tf.float64 if any(table.value.dtype == tf.float64 for table in tables) else tf.float32
    rule = rule._replace(learning_rate=tf.cast(rule.learning_rate, real))
    old, leaders = exchange(
        [table.stamps for table in tables],
        [table.ids for table in tables],
        lambda stamps: make_stamp(step, steps_since(stamps, step)),
    )
    gap, ahead = tf.cast(steps_since(old, step), real), tf.cast(steps_ahead(old), real)
    factors = rule.factors(tf.cast(step, real), gap, ahead)
    start: Any = 0
    for _, some in itertools.groupby(tables, key=lambda table: table.kind):
        group = list(some)
        end = start + sum(tf.size(table.ids) for table in group)
        _update_group(group, rule, leaders[start:end] - start, Factors(*(factor[start:end] for factor in factors)))
        start = end


def _update_group(tables: list[Table], rule: AdamRule, leaders: Any, factors: Factors) -> None:
    """Update tables of one kind, computed as one.

    All positions of one id compute and write the same row. An update is written, not added: TensorFlow adds rows under a
    lock for each of them, several times slower.
    """
    dtype, shape = tables[0].value.dtype, tables[0].value.shape
    real = tf.float64 if dtype == tf.float64 else tf.float32
    if not tables[0].decays:
        rule = rule._replace(weight_decay=0.0)

    def gather(field: str) -> Any:
        return tf.cast(tf.concat([tf.gather(getattr(table, field), table.ids) for table in tables], 0), real)

    def column(numbers: Any) -> Any:
        return tf.reshape(tf.cast(numbers, real), [-1] + [1] * (len(shape) - 1))

    gradient = tf.cast(tf.concat([table.gradient for table in tables], 0), real)
    total = tf.gather(sum_into_leaders(gradient, leaders), leaders)
    rows = rule.step(Rows(*map(gather, Rows._fields)), total, Factors(*map(column, factors)))
    for field, numbers in rows._asdict().items():
        parts = tf.split(tf.cast(numbers, dtype), [tf.size(table.ids) for table in tables])
        for table, part in zip(tables, parts, strict=True):
            getattr(table, field).scatter_update(tf.IndexedSlices(part, table.ids))
