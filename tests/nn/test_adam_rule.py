"""A row that comes again after a gap is where Adam over the whole table would have it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tabembed.nn.adam_rule import AdamRule, Rows
from tabembed.nn.stamps import LONGEST

RATE, EPSILON = 1e-3, 1e-100
START = 100_000  # so late that the correction for the moments' start is over


def whole_table(gradients: dict[int, float], last: int, beta_1: float, beta_2: float) -> np.ndarray:
    """Return (value, first, second) after `last` steps of Adam, which takes one with or without a gradient."""
    value, first, second = 1.0, 0.0, 0.0
    for step in range(1, last + 1):
        gradient = gradients.get(step, 0.0)
        first += (gradient - first) * (1 - beta_1)
        second += (gradient**2 - second) * (1 - beta_2)
        value -= RATE * first / (np.sqrt(second) + EPSILON)
    return np.array([value, first, second])


def by_rows(gradients: dict[int, float], beta_1: float, beta_2: float, decay: float = 0.0) -> tuple[Rows, int]:
    """Return the row after the last gradient and how many steps it was moved ahead."""
    rule = AdamRule(beta_1, beta_2, EPSILON, decay, tf.constant(RATE, tf.float64))
    row, last, ahead = Rows(*(tf.constant(x, tf.float64) for x in (1.0, 0.0, 0.0))), 0, 0
    for step, gradient in sorted(gradients.items()):
        factors = rule.factors(*(tf.constant(x, tf.float64) for x in (START + step, step - last, ahead)))
        row = rule.step(row, tf.constant(gradient, tf.float64), factors)
        last, ahead = step, step - last
    return row, min(ahead, LONGEST)


touches = st.dictionaries(st.integers(1, 250), st.floats(0.1, 1) | st.floats(-1, -0.1), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(touches, st.sampled_from([(0.9, 0.999), (0.9, 0.95), (0.0, 0.99), (0.5, 0.25), (0.9, 0.8)]))
def test_moments_are_those_of_the_whole_table(gradients: dict[int, float], betas: tuple[float, float]) -> None:
    row, _ = by_rows(gradients, *betas)
    expected = whole_table(gradients, max(gradients), *betas)
    np.testing.assert_allclose([row.first, row.second], expected[1:], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(touches, st.sampled_from([(0.9, 0.999), (0.9, 0.95), (0.0, 0.99), (0.5, 0.25)]))
def test_the_value_is_that_of_the_whole_table_after_the_steps_it_is_ahead(
    gradients: dict[int, float], betas: tuple[float, float]
) -> None:
    row, ahead = by_rows(gradients, *betas)
    expected = whole_table(gradients, max(gradients) + ahead - 1, *betas)
    np.testing.assert_allclose(row.value, expected[0], atol=1e-9)


@pytest.mark.parametrize("gap", [1, 2, 7, 40])
def test_a_constant_gradient_at_constant_gaps_moves_a_row_as_the_whole_table(gap: int) -> None:
    gradients = dict.fromkeys(range(gap, 30 * gap, gap), 0.5)
    row, ahead = by_rows(gradients, 0.9, 0.999)
    assert ahead == gap
    np.testing.assert_allclose(row.value, whole_table(gradients, 30 * gap - 1, 0.9, 0.999)[0], atol=1e-9)


def test_decay_is_that_of_all_steps_up_to_now() -> None:
    gradients = {3: 0.0, 50: 0.0}
    row, _ = by_rows(gradients, 0.0, 0.999, decay=2.0)
    np.testing.assert_allclose(row.value, (1 - RATE * 2.0) ** 50, rtol=1e-9)


def test_the_tail_is_a_sum_of_powers() -> None:
    for beta_1, beta_2 in [(0.9, 0.999), (0.5, 0.25), (0.9, 0.8), (0.0, 0.5)]:
        rule = AdamRule(beta_1, beta_2, EPSILON, 0.0, 1.0)
        ratio = beta_1 / np.sqrt(beta_2)
        for count in (0, 1, 2, 50, 1000):
            expected = sum(ratio**power for power in range(min(count, LONGEST)))
            np.testing.assert_allclose(rule.tail(tf.constant(count, tf.float64)), expected, rtol=1e-9)
