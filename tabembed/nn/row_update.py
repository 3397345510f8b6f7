"""One step of Adam in the batch's rows of many tables at once.

What is the same for all tables is computed once, over the rows of all of them end to end, and tables of one width are
computed as one: 20 tables then take little more than the gathers and scatters that each of them needs. A table of few
rows is read and written whole, which is faster than to pick its rows; what happens to them is the same. Such tables are
computed as one whatever their width, entry by entry. Each operation that is saved here saves a millisecond before the
first step, too, and a network of few columns has more of them here than in its layers.
"""

from __future__ import annotations

__all__ = ["SMALL", "Table", "update_tables"]

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from .adam_rule import AdamRule, Rows
from .flat import Flat
from .stamps import find_leaders, make_stamp, steps_ahead, steps_since, write_stamps

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
    def slots(self) -> Rows:
        """Return the variables of a value and its moments."""
        return Rows(self.value, self.first, self.second)

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return math.prod(self.value.shape[1:])

    @property
    def small(self) -> bool:
        """Return whether all rows are read and written."""
        return bool(self.value.shape[0] <= SMALL)

    @property
    def kind(self) -> tuple[bool, str, str, bool, str]:
        """Return what tables must have in common to be computed as one; those that are picked from come first."""
        shape = "" if self.small else str(self.value.shape[1:])
        return self.small, shape, self.value.dtype.name, self.decays, self.ids.dtype.name


def update_tables(tables: Sequence[Table], rule: AdamRule, step: Any) -> None:
    """Bring the batch's rows of all tables up to date and make their step.

    Args:
        tables: whose variables are updated in place; none stands there twice.
        rule: Adam's.
        step: scalar int32, 1 at the first step.
    """
    tables = sorted(tables, key=lambda table: table.kind)
    picked, whole = ([table for table in tables if table.small is small] for small in (False, True))
    columns, ids = [table.stamps for table in picked], [table.ids for table in picked]
    sizes, rows = [tf.size(some) for some in ids], [table.value.shape[0] for table in whole]
    read, leaders = find_leaders(columns, ids, sizes) if picked else (None, None)
    old = tf.concat([*([read] if picked else []), *(table.stamps for table in whole)], 0)
    gap = steps_since(old, step)
    real = tf.float64 if any(table.value.dtype == tf.float64 for table in tables) else tf.float32
    rule = rule._replace(learning_rate=tf.cast(rule.learning_rate, real))
    factors = rule.factors(*(tf.cast(numbers, real) for numbers in (step, gap, steps_ahead(old))))
    new = make_stamp(step, gap)  # now they are moved ahead for as many steps as they were away
    counts = [*([tf.size(read)] if picked else []), *([sum(rows)] if whole else [])]
    halves = list(zip(*(_parted(each, counts) for each in (factors, new, old)), strict=True))
    if picked:
        write_stamps(columns, ids, sizes, leaders, halves[0][1])
        for group, own, start, some, places in _by_kind(picked, sizes, halves[0][0], leaders):
            _update_picked(group, own, rule, some, places - start)
    if whole:
        for group, own, _, *parts in _by_kind(whole, rows, *halves[-1]):
            _update_whole(group, own, rule, *parts)


def _by_kind(tables: Sequence[Table], sizes: Sequence[Any], *along: Any) -> Iterator[Any]:
    """Yield the tables of one kind, their sizes, and where in what lies along the rows of all tables their part is."""
    by_kind = itertools.groupby(zip(tables, sizes, strict=True), key=lambda pair: pair[0].kind)
    groups = [tuple(zip(*pairs, strict=True)) for _, pairs in by_kind]
    counts = [sum(own) for _, own in groups] if len(groups) > 1 else [0]
    starts = itertools.accumulate(counts[:-1], initial=0)
    for (group, own), start, *parts in zip(groups, starts, *(_parted(each, counts) for each in along), strict=True):
        yield group, own, start, *parts


def _parted(values: Any, counts: Sequence[Any]) -> Sequence[Any]:
    """Return parts of the last axis, so long each; one is all of it."""
    parts: Sequence[Any] = [values] if len(counts) == 1 else tf.split(values, counts, axis=-1)
    return parts


def _update_picked(group: Sequence[Table], sizes: Any, rule: AdamRule, factors: Any, leaders: Any) -> None:
    """Update the rows of the batch; all positions of one id compute and write the same row."""
    ids = [table.ids for table in group]
    slots = list(zip(*(table.slots for table in group), strict=True))
    gradient = tf.concat([table.gradient for table in group], 0)
    total = tf.gather(tf.math.unsorted_segment_sum(gradient, leaders, tf.size(leaders)), leaders)
    old = Rows(*(tf.concat([tf.gather(*one) for one in zip(slot, ids, strict=True)], 0) for slot in slots))
    factors = tf.reshape(factors, [factors.shape[0], -1, *(1 for _ in total.shape[1:])])
    new, sizes = _step(group, rule, old, total, factors), tf.stack(sizes)
    for slot, rows in zip(slots, new, strict=True):
        parts = tf.split(rows, sizes, num=len(ids))
        for variable, some, part in zip(slot, ids, parts, strict=True):
            # To add to the rows would be slower, since TensorFlow adds each row under a lock.
            variable.scatter_update(tf.IndexedSlices(part, some))


def _update_whole(group: Sequence[Table], rows: Any, rule: AdamRule, factors: Any, stamps: Any, before: Any) -> None:
    """Update all rows, entry by entry; those outside the batch are written back as they were."""
    layout = Flat([table.value.shape for table in group])
    starts = itertools.accumulate(rows[:-1], initial=0)
    places = tf.concat([table.ids + start for table, start in zip(group, starts, strict=True)], 0)
    hit = tf.math.unsorted_segment_sum(tf.ones_like(places), places, sum(rows)) > 0
    totals = [
        tf.math.unsorted_segment_sum(table.gradient, table.ids, count) for table, count in zip(group, rows, strict=True)
    ]
    row_of = np.repeat(np.arange(sum(rows), dtype=np.int32), np.repeat([table.width for table in group], rows))
    slots = list(zip(*(table.slots for table in group), strict=True))
    old = Rows(*map(layout.join, slots))
    new = _step(group, rule, old, layout.join(totals), tf.gather(factors, row_of, axis=1))
    moved = tf.gather(hit, row_of)
    for slot, earlier, later in zip(slots, old, new, strict=True):
        for variable, part in zip(slot, layout.part(tf.where(moved, later, earlier)), strict=True):
            variable.assign(part)
    for table, part in zip(group, tf.split(tf.where(hit, stamps, before), rows), strict=True):
        table.stamps.assign(part)


def _step(group: Sequence[Table], rule: AdamRule, old: Rows, total: Any, factors: Any) -> Rows:
    """Return what comes of rows of tables of one kind, in the tables' precision."""
    real = factors.dtype
    rule = rule if group[0].decays else rule._replace(weight_decay=0.0)
    new = rule.step(Rows(*(tf.cast(rows, real) for rows in old)), tf.cast(total, real), factors)
    return Rows(*(tf.cast(rows, old.value.dtype) for rows in new))
