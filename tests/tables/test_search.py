"""Nearest neighbours: exact against a plain float64 search, for any numbers, ties by table order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tabembed.io.errors import DataError, LabelError
from tabembed.tables import EmbeddingTable
from tabembed.tables import search as search_module

METRICS = ["euclidean", "cosine", "dot"]


def plain_distances(vectors: np.ndarray, query: np.ndarray, metric: str) -> np.ndarray:
    """Return all distances, by the definition."""
    x, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        return np.sqrt(((x - q) ** 2).sum(axis=1))
    if metric == "dot":
        return -(x * q).sum(axis=1)
    lengths = np.sqrt((x**2).sum(axis=1)) * np.sqrt((q**2).sum())
    return np.array([1 - np.dot(row, q) / far if far else 1.0 for row, far in zip(x, lengths, strict=True)])


def named(n: int) -> list[str]:
    return [f"l{i}" for i in range(n)]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_exact_on_many_rows(metric: str, offset: float) -> None:
    rng = np.random.default_rng(0)
    t = EmbeddingTable(named(70_000), rng.standard_normal((70_000, 8)) + offset)
    asked = [0, 32_767, 32_768, 69_999]
    answers = t.neighbors([f"l{row}" for row in asked], k=7, metric=metric)
    for row, answer in zip(asked, answers, strict=True):
        distances = plain_distances(t.vectors, t.vectors[row], metric)
        distances[row] = np.inf
        order = np.argsort(distances, kind="stable")[:7]
        assert [label for label, _ in answer] == [f"l{i}" for i in order]
        assert [far for _, far in answer] == pytest.approx(distances[order].tolist(), abs=1e-12)


FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=FINITE),
    st.sampled_from(METRICS),
    st.integers(1, 15),
    st.data(),
)
def test_exact_on_any_numbers(vectors: np.ndarray, metric: str, k: int, data: st.DataObject) -> None:
    query = data.draw(hnp.arrays(np.float32, vectors.shape[1], elements=FINITE))
    t = EmbeddingTable(named(len(vectors)), vectors, metric=metric)
    answer = t.neighbors(query, k=k)
    far = [distance for _, distance in answer]
    expected = plain_distances(vectors, query, metric)
    assert len(answer) == min(k, len(vectors))
    assert far == sorted(far)
    scale = max(1.0, float(np.abs(expected).max()))
    assert far == pytest.approx(np.sort(expected)[: len(far)].tolist(), rel=1e-9, abs=1e-9 * scale)
    assert [(label, far) for label, far in t.neighbors(query, k=100) if (label, far) in answer] == answer


@pytest.mark.parametrize("metric", METRICS)
def test_tiny_blocks_give_the_same(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    t = EmbeddingTable(named(200), rng.integers(-2, 3, (200, 3)), counts=rng.integers(0, 9, 200))  # many ties
    queries = [f"l{i}" for i in range(0, 200, 7)]
    expected = t.neighbors(queries, k=20, metric=metric, min_count=3, exclude=["l1", "l2"])
    monkeypatch.setattr(search_module, "_ROWS", 11)
    monkeypatch.setattr(search_module, "_QUERIES", 3)
    monkeypatch.setattr(search_module, "_MEASURED", 5)
    assert t.neighbors(queries, k=20, metric=metric, min_count=3, exclude=["l1", "l2"]) == expected


def test_ties_come_in_table_order() -> None:
    t = EmbeddingTable(["q", "a", "b", "c", "d"], [[0], [1], [-1], [1], [0]])
    assert t.neighbors("q", k=4) == [("d", 0), ("a", 1), ("b", 1), ("c", 1)]
    assert t.neighbors("q", k=2) == [("d", 0), ("a", 1)]


def test_queries(small: EmbeddingTable) -> None:
    assert small.neighbors("BOS", k=1) == [("LGA", 1.0)]
    assert small.neighbors(["BOS", "SFO"], k=1) == [[("LGA", 1.0)], [("LAX", 2.0)]]
    assert small.neighbors(np.array(["BOS"]), k=1) == [[("LGA", 1.0)]]
    assert small.neighbors(np.array([0.0, 1.0]), k=1) == [("BOS", 0.0)]
    assert small.neighbors(np.array([[0, 1], [5, 5]], np.float32), k=1) == [[("BOS", 0.0)], [("LAX", 0.0)]]
    assert small.neighbors(pa.array(["BOS"]), k=1) == small.neighbors(pd.Series(["BOS"]), k=1) == [[("LGA", 1.0)]]
    assert small.neighbors([]) == []
    assert small.neighbors(np.empty((0, 2))) == []
    assert [label for label, _ in small.neighbors("BOS", k=50)] == ["LGA", "LAX", "SFO"]
    assert EmbeddingTable([7, 8], [[1], [2]]).neighbors([7, 8.0]) == [[("8", 1.0)], [("7", 1.0)]]
    assert EmbeddingTable(["a"], [[1]]).neighbors("a") == []


def test_metrics(small: EmbeddingTable) -> None:
    assert small.neighbors("BOS", k=1, metric="cosine") == [("LGA", 0.0)]
    assert small.neighbors("BOS", k=2, metric="dot") == [("SFO", -7.0), ("LAX", -5.0)]
    assert small.replace(metric="dot").neighbors("BOS", k=1) == [("SFO", -7.0)]
    zero = EmbeddingTable(["o", "a", "b"], [[0, 0], [1, 0], [-1, 0]], metric="cosine")
    assert zero.neighbors("o") == [("a", 1.0), ("b", 1.0)]
    assert zero.neighbors("a") == [("o", 1.0), ("b", 2.0)]


def test_exclude_and_min_count(small: EmbeddingTable) -> None:
    assert [label for label, _ in small.neighbors("BOS", exclude=["LGA"])] == ["LAX", "SFO"]
    assert [label for label, _ in small.neighbors("BOS", exclude="LGA")] == ["LAX", "SFO"]
    assert [label for label, _ in small.neighbors("BOS", min_count=10)] == ["LGA", "LAX"]
    assert small.neighbors("BOS", min_count=100) == []
    with pytest.raises(LabelError, match="'XXX' is none of"):
        small.neighbors("BOS", exclude=["XXX"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k must be a whole number from 1 up, however: k=0"),
        ({"k": True}, "k must be a whole number from 1 up, however: k=True"),
        ({"k": 1.5}, "k must be a whole number from 1 up, however: k=1.5"),
        ({"metric": "l2"}, "metric must be one of euclidean, cosine, dot, however: metric='l2'"),
        ({"query": np.zeros(3)}, r"must hold 2 numbers, however: its shape is \(3,\)"),
        ({"query": np.zeros((1, 1, 2))}, r"must hold 2 numbers, however: its shape is \(1, 1, 2\)"),
        ({"query": np.array([np.nan, 0])}, "must hold finite float32 numbers, however: it holds NaN or infinity"),
        ({"query": np.array([1e39, 0])}, "must hold finite float32 numbers, however: it holds NaN or infinity"),
    ],
)
def test_refusals(small: EmbeddingTable, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        small.neighbors(**{"query": "BOS", **arguments})


def test_min_count_needs_counts() -> None:
    with pytest.raises(DataError, match="min_count=2 needs counts, however: the table has none"):
        EmbeddingTable(["a", "b"], [[1], [2]]).neighbors("a", min_count=2)
