"""Named rules for the dimensions of a column's vectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed.io import DataError
from tabembed.schema.dims import DEFAULT_RULE, DIM_RULES, dim_for


@pytest.mark.parametrize(
    ("rule", "labels", "dim"),
    [
        ("half", 1, 1),
        ("half", 12, 6),
        ("half", 1_115, 50),
        ("fastai", 12, 6),
        ("fastai", 1_000_000, 600),
        ("realmlp", 9, 9),
        ("realmlp", 10, 8),
        ("realmlp", 4_000, 8),
        ("rows", 1, 1),
        ("rows", 2, 1),
        ("rows", 5, 4),
        ("rows", 12, 10),
        ("rows", 200, 5),
        ("rows", 6_250, 3),
        ("rows", 6_251, 1),
    ],
)
def test_the_rules(rule: str, labels: int, dim: int) -> None:
    assert dim_for(rule, labels, 100_000) == dim


@given(st.sampled_from(sorted(DIM_RULES)), st.integers(0, 10**7), st.integers(0, 10**9))
def test_every_rule_gives_a_dim(rule: str, labels: int, rows: int) -> None:
    dim = dim_for(rule, labels, rows)
    assert isinstance(dim, int)
    assert 1 <= dim <= max(1, 600)


@given(st.integers(3, 10**5), st.integers(1, 100))
def test_the_default_is_narrow_where_labels_have_few_rows(labels: int, each: int) -> None:
    few, many = (dim_for(DEFAULT_RULE, labels, labels * rows) for rows in (each, 1_000 * each))
    assert few <= many <= 64


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(DataError, match="`dim_rule` must be one of fourth_root, half, .*, however: dim_rule='sqrt'"):
        dim_for("sqrt", 3, 3)
