"""Row gradients are clipped as the dense gradients they stand for would be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tabembed.nn.row_gradients import (
    RowGradient,
    clip_global_norm,
    clip_norm,
    clip_value,
    leaders_by_sorting,
    sum_duplicates,
    sum_into_leaders,
)

ROWS = 7


def slices(ids: list[int], seed: int = 0) -> tf.IndexedSlices:
    values = np.random.default_rng(seed).normal(size=(len(ids), 3)).astype("float32")
    return tf.IndexedSlices(tf.constant(values), tf.constant(ids, tf.int32), tf.constant([ROWS, 3]))


def dense(gradient: Any) -> np.ndarray:
    return tf.convert_to_tensor(gradient).numpy()


some_ids = st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=20)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 2**31 - 1), max_size=20))
def test_the_leader_is_the_first_position_of_an_id(ids: list[int]) -> None:
    assert leaders_by_sorting(tf.constant(ids, tf.int32)).numpy().tolist() == [ids.index(i) for i in ids]


@settings(max_examples=25, deadline=None)
@given(some_ids)
def test_summing_duplicates_keeps_the_gradient_and_puts_it_in_one_place(ids: list[int]) -> None:
    before, after = slices(ids), sum_duplicates(slices(ids))
    np.testing.assert_allclose(dense(after), dense(before), rtol=1e-5, atol=1e-6)
    assert int((np.abs(after.values) > 0).any(1).sum()) == len(set(ids))


@settings(max_examples=25, deadline=None)
@given(some_ids, st.floats(0.01, 10))
def test_clipping_is_that_of_the_dense_gradient(ids: list[int], limit: float) -> None:
    rows, other = slices(ids), tf.constant([[3.0, -4.0]])
    whole = dense(rows)
    clipped = clip_global_norm([rows, other], limit)
    assert [isinstance(gradient, tf.IndexedSlices) for gradient in clipped] == [True, False]
    mine = [clip_value(rows, limit), clip_norm(rows, limit), *clipped]
    theirs = [np.clip(whole, -limit, limit), tf.clip_by_norm(whole, limit)]
    theirs += tf.clip_by_global_norm([whole, other], limit)[0]
    for ours, expected in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(dense(ours), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("clip", [clip_value, clip_norm])
def test_tensors_are_clipped_too(clip: Any) -> None:
    np.testing.assert_allclose(clip(tf.constant([0.0, -2.0]), 1.0), [0, -1])


@pytest.mark.parametrize("clip", [clip_norm, lambda gradient, limit: clip_global_norm([gradient], limit)[0]])
def test_a_gradient_of_zeros_stays_zero(clip: Any) -> None:
    zeros = tf.IndexedSlices(tf.zeros((2, 3)), tf.constant([1, 1]), tf.constant([ROWS, 3]))
    np.testing.assert_array_equal(clip(zeros, 1.0).values, np.zeros((2, 3)))


def test_works_under_xla() -> None:
    ids = [3, 1, 3, 0]
    values = tf.function(
        lambda g, i: sum_into_leaders(g, leaders_by_sorting(i)), jit_compile=True, reduce_retracing=True
    )(slices(ids).values, tf.constant(ids))
    np.testing.assert_allclose(values[0], slices(ids).values[0] + slices(ids).values[2], rtol=1e-6)
    np.testing.assert_array_equal(values[2], np.zeros(3))


def test_a_row_gradient_is_divided() -> None:
    halved = RowGradient(slices([1, 2])) / 2.0
    np.testing.assert_array_equal(halved.slices.values, slices([1, 2]).values / 2)
