"""One step of Adam in the batch's rows of many tables at once.

What is the same for all tables is computed once, over the rows of all of them end to end, and tables of one width are
computed as one: 20 tables then take little more than the gathers and scatters that each of them needs. A table of few
rows is read and written whole, which is faster than to pick its rows; what happens to them is the same. Such tables are
computed as one whatever their width, up to a factor: the narrow ones are filled up with zeros.
"""

from __future__ import annotations

__all__ = ["SMALL", "Table", "update_tables"]

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import tensorflow as tf

from .adam_rule import AdamRule, Factors, Rows
from .stamps import exchange, make_stamp, steps_ahead, steps_since

SMALL = 512  # rows: up to here reading all of a table takes no longer than picking the rows of a batch


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
    def small(self) -> bool:
        """Return whether all rows are read and written."""
        return bool(self.value.shape[0] <= SMALL)

    @property
    def kind(self) -> str:
        """Return what tables must have in common to be computed as one."""
        shape = (max(8, 2 ** (self.width - 1).bit_length()),) if self.small else self.value.shape[1:]
        return f"{self.value.dtype.name} {shape} {self.decays} {self.ids.dtype.name}"

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return math.prod(self.value.shape[1:])

    @property
    def size(self) -> Any:
        """Return how many rows are read and written, a row as often as its id stands in the batch."""
        return self.value.shape[0] if self.small else tf.size(self.ids)

    def read(self, variable: Any) -> Any:
        """Return those rows of the table or of a slot."""
        return tf.convert_to_tensor(variable) if self.small else tf.gather(variable, self.ids)

    def write(self, variable: Any, rows: Any) -> None:
        """Set those rows; adding to them would be slower, since TensorFlow adds each row under a lock."""
        if self.small:
            variable.assign(rows)
        else:
            variable.scatter_update(tf.IndexedSlices(rows, self.ids))


def update_tables(tables: list[Table], rule: AdamRule, step: Any) -> None:
    """Bring the batch's rows of all tables up to date and make their step.

    Args:
        tables: whose variables are updated in place; none stands there twice.
        rule: Adam's.
        step: scalar int32, 1 at the first step.
    """
    tables = sorted(tables, key=lambda table: table.kind)
    picked, whole = ([table for table in tables if table.small is small] for small in (False, True))
    if picked:
        _update_picked(picked, rule, step)
    if whole:
        _update_whole(whole, rule, step)


def _update_picked(tables: list[Table], rule: AdamRule, step: Any) -> None:
    """Update the rows of the batch; all positions of one id compute and write the same row."""
    ids = [table.ids for table in tables]
    old, leaders = exchange([table.stamps for table in tables], ids, lambda stamps: _renew(stamps, step))
    factors = _factors(tables, rule, old, step)
    for group, rows in _groups(tables):
        places = leaders[rows] - rows.start
        total = tf.math.unsorted_segment_sum(_join(group, "gradient"), places, tf.size(places))
        _step(group, rule, tf.gather(total, places), Factors(*(factor[rows] for factor in factors)))


def _update_whole(tables: list[Table], rule: AdamRule, step: Any) -> None:
    """Update all rows; those outside the batch are written back as they were."""
    old = tf.concat([table.read(table.stamps) for table in tables], 0)
    factors, renewed = _factors(tables, rule, old, step), _renew(old, step)
    for group, rows in _groups(tables):
        starts = itertools.accumulate((table.size for table in group[:-1]), initial=0)
        places = tf.concat([table.ids + start for table, start in zip(group, starts, strict=True)], 0)
        count = rows.stop - rows.start
        hit = tf.math.unsorted_segment_sum(tf.ones_like(places), places, count) > 0
        total = tf.math.unsorted_segment_sum(_join(group, "gradient"), places, count)
        _step(group, rule, total, Factors(*(factor[rows] for factor in factors)), hit)
        _write(group, "stamps", tf.where(hit, renewed[rows], old[rows]))


def _step(group: list[Table], rule: AdamRule, total: Any, factors: Factors, hit: Any = True) -> None:
    """Update the rows of tables of one kind, computed as one; only where ``hit``."""
    dtype, real = group[0].value.dtype, _real(group)
    if not group[0].decays:
        rule = rule._replace(weight_decay=0.0)

    def column(numbers: Any) -> Any:
        """Return numbers of the rows in a shape that goes with them."""
        return tf.reshape(numbers, [-1] + [1] * (len(total.shape) - 1))

    old = Rows(*(_join(group, field) for field in Rows._fields))
    new = rule.step(
        Rows(*(tf.cast(rows, real) for rows in old)),
        tf.cast(total, real),
        Factors(*(column(tf.cast(factor, real)) for factor in factors)),
    )
    for field, before, after in zip(Rows._fields, old, new, strict=True):
        after = tf.cast(after, dtype)
        _write(group, field, after if hit is True else tf.where(column(hit), after, before))


def _groups(tables: list[Table]) -> Iterator[tuple[list[Table], slice]]:
    """Yield tables of one kind, and where their rows are among those of all tables."""
    start: Any = 0
    for _, tables_of_kind in itertools.groupby(tables, key=lambda table: table.kind):
        group = list(tables_of_kind)
        end = start + sum(table.size for table in group)
        yield group, slice(start, end)
        start = end


def _join(group: list[Table], field: str) -> Any:
    """Return the gradients, or the rows of the values or of a slot, end to end; those of small tables in one width."""
    parts = [getattr(table, field) if field == "gradient" else table.read(getattr(table, field)) for table in group]
    if group[0].small:
        widest = max(table.width for table in group)
        parts = [
            tf.pad(tf.reshape(part, [-1, table.width]), [[0, 0], [0, widest - table.width]])
            for table, part in zip(group, parts, strict=True)
        ]
    return tf.concat(parts, 0)


def _write(group: list[Table], field: str, rows: Any) -> None:
    for table, part in zip(group, tf.split(rows, [table.size for table in group]), strict=True):
        variable = getattr(table, field)
        if table.small and len(part.shape) > 1:
            part = tf.reshape(part[:, : table.width], variable.shape)
        table.write(variable, part)


def _renew(stamps: Any, step: Any) -> Any:
    """Return the stamps of rows that are moved ahead now for as many steps as they were away."""
    return make_stamp(step, steps_since(stamps, step))


def _factors(tables: list[Table], rule: AdamRule, stamps: Any, step: Any) -> Factors:
    real = _real(tables)
    rule = rule._replace(learning_rate=tf.cast(rule.learning_rate, real))
    return rule.factors(*(tf.cast(x, real) for x in (step, steps_since(stamps, step), steps_ahead(stamps))))


def _real(tables: list[Table]) -> Any:
    """Return the precision of the arithmetic: single for half-precision tables too."""
    return tf.float64 if any(table.value.dtype == tf.float64 for table in tables) else tf.float32
