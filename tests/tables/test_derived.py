"""Whitened tables, and tables side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed import DataError, EmbeddingTable


def drawn(n: int, dim: int, seed: int = 0) -> EmbeddingTable:
    """Return a table whose dimensions go together and are of very different lengths."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dim)) @ rng.normal(size=(dim, dim)) * 10.0 ** np.arange(dim) + 3
    return EmbeddingTable([f"l{i}" for i in range(n)], vectors, counts=np.arange(n), missing=vectors[0], name="c")


@given(st.integers(2, 4), st.integers(20, 60), st.integers(0, 99))
def test_a_whitened_table_has_no_direction_before_others(dim: int, n: int, seed: int) -> None:
    table = drawn(n, dim, seed)
    white = table.whiten()
    np.testing.assert_allclose(np.cov(white.vectors.T, ddof=0).reshape(white.dim, -1), np.eye(white.dim), atol=2e-2)
    np.testing.assert_allclose(white.vectors.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_array_equal(white.missing, white.vectors[0])
    assert (white.labels, white.counts.tolist(), white.name) == (table.labels, table.counts.tolist(), "c")


def test_whitening_leaves_out_what_does_not_differ() -> None:
    base = drawn(30, 2)
    wide = base.replace(
        vectors=np.hstack([base.vectors, base.vectors[:, :1], np.ones((30, 1))]), missing=None, unknown=None
    )
    assert wide.whiten().dim == 2
    with pytest.raises(DataError, match=r"must have labels that differ to be whitened, however: table 'c' has 30 la"):
        base.replace(vectors=np.ones((30, 2))).whiten()
    with pytest.raises(DataError, match="has 1 labels"):
        base.subset(["l3"]).whiten()


def test_what_several_ways_learned_stands_side_by_side() -> None:
    a = EmbeddingTable(["x", "y"], [[1.0], [2.0]], counts=[3, 4], missing=[8.0], unknown=[9.0], name="a")
    b = EmbeddingTable(["y", "z"], [[5.0, 6.0], [7.0, 8.0]], missing=[0.0, 1.0], unknown=[2.0, 3.0], metric="cosine")
    both = a.concat(b, a)
    assert both.labels == ("x", "y", "z")
    assert both.vectors.tolist() == [[1, 2, 3, 1], [2, 5, 6, 2], [9, 7, 8, 9]]
    assert (both.missing.tolist(), both.unknown.tolist()) == ([8, 0, 1, 8], [9, 2, 3, 9])
    assert (both.counts.tolist(), both.name, both.metric) == ([3, 4, 0], "a", "euclidean")
    assert a.concat() == a
    with pytest.raises(
        DataError, match=r"must share labels, however: the table has none of table 'a': \('q',\), \('x'"
    ):
        a.concat(EmbeddingTable(["q"], [[1.0]]))
