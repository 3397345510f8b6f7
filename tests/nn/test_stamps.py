"""A stamp tells when a row was last updated and for how many steps at once; the stamps find the duplicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tabembed.nn.stamps import LONGEST, STEPS, find_leaders, make_stamp, steps_ahead, steps_since, write_stamps


def renew(columns: list[Any], ids: list[Any], new: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return old stamps and leaders; `new` gives the new stamps of the old ones."""
    sizes = [tf.size(some) for some in ids]
    old, leaders = find_leaders(columns, ids, sizes)
    write_stamps(columns, ids, sizes, leaders, new(old))
    return old, leaders


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1), st.integers(1, STEPS - 1))
@settings(max_examples=100, deadline=None)
def test_a_stamp_gives_back_what_was_stamped(step: int, ahead: int, later: int) -> None:
    later = min(later, 2**31 - 1 - step)
    stamp = make_stamp(tf.constant(step), tf.constant(ahead))
    assert stamp >= 0
    assert steps_ahead(stamp) == min(ahead, LONGEST)
    assert steps_since(stamp, tf.constant(step + later)) == max(later, 1)


def test_no_stamp_is_a_row_that_was_never_updated() -> None:
    assert steps_ahead(tf.constant(0)) == 0
    assert steps_since(tf.constant(0), tf.constant(1)) == 1
    assert steps_since(tf.constant(0), tf.constant(500)) == 500


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_equal_ids_have_one_leader_and_all_rows_are_renewed(compiled: bool, dtype: str) -> None:
    ids = np.random.default_rng(0).integers(0, 500, 300).astype(dtype)
    before = np.random.default_rng(1).integers(0, 2**31 - 1, 600).astype("int32")
    stamps = tf.Variable(before)
    run = tf.function(lambda ids: renew([stamps], [ids], lambda old: old // 2), jit_compile=compiled)
    old, leaders = (tensor.numpy() for tensor in run(tf.constant(ids)))
    np.testing.assert_array_equal(old, before[ids])
    np.testing.assert_array_equal(ids[leaders], ids)
    assert len(set(leaders)) == len(set(ids))
    expected = before.copy()
    expected[ids] = before[ids] // 2
    np.testing.assert_array_equal(stamps.numpy(), expected)


def test_a_batch_without_ids_changes_nothing() -> None:
    stamps = tf.Variable([3, 4])
    old, leaders = renew([stamps], [tf.constant([], tf.int32)], lambda old: old + 1)
    assert old.shape == leaders.shape == (0,)
    assert stamps.numpy().tolist() == [3, 4]


def test_tables_are_renewed_end_to_end() -> None:
    columns = [tf.Variable([10, 11, 12]), tf.Variable([20, 21])]
    old, leaders = renew(columns, [tf.constant([1, 1]), tf.constant([1, 0, 1])], lambda old: old + 100)
    assert old.numpy().tolist() == [11, 11, 21, 20, 21]
    assert leaders[0] == leaders[1]
    assert leaders[2] == leaders[4]
    assert len(set(leaders.numpy().tolist())) == 3
    assert [column.numpy().tolist() for column in columns] == [[10, 111, 12], [120, 121]]
