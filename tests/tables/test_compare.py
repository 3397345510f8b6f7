"""Two tables side by side: a rotation changes nothing, noise changes what it should."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable
from tabembed.tables.compare import rotation_onto


@pytest.fixture
def table() -> EmbeddingTable:
    """Two hundred labels without any structure."""
    vectors = np.random.default_rng(0).standard_normal((200, 6))
    return EmbeddingTable([str(i) for i in range(200)], vectors, counts=np.arange(200))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_rotation_changes_nothing(table: EmbeddingTable, metric: str) -> None:
    table = table.replace(metric=metric)
    turned = table.replace(
        vectors=table.vectors @ ortho_group.rvs(6, random_state=0) + (5 if metric == "euclidean" else 0)
    )
    result = table.compare(turned)
    assert result.fit == pytest.approx(1, abs=1e-6)
    assert result.mean_overlap == pytest.approx(1, abs=0.01)
    assert result.moved.max() < 1e-4
    assert np.allclose(result.rotation @ result.rotation.T, np.eye(6))


def test_the_label_that_moved_is_found(table: EmbeddingTable) -> None:
    vectors = table.vectors @ ortho_group.rvs(6, random_state=0)
    vectors[17] += 20
    other = table.replace(vectors=vectors).merge(EmbeddingTable(["new"], np.ones((1, 6))))
    result = table.compare(other, k=5)
    assert result.most_moved(1)[0][0] == "17"
    frame = result.to_frame()
    assert frame.columns.tolist() == ["label", "moved", "overlap"]
    assert frame["label"][0] == "17"
    assert (result.only_here, result.only_there) == (0, 1)
    assert repr(result).splitlines()[0] == "Comparison of 200 shared labels (0 only here, 1 only there)"
    assert "neighbour overlap@5" in repr(result)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.k = 3  # type: ignore[misc]


def test_unrelated_tables_overlap_by_chance(table: EmbeddingTable) -> None:
    other = table.replace(vectors=np.random.default_rng(1).standard_normal((200, 6)))
    result = table.compare(other)
    assert result.chance == pytest.approx(10 / 199)
    assert result.mean_overlap == pytest.approx(result.chance, abs=0.03)
    assert result.fit < 0.3


def test_other_widths_and_order(table: EmbeddingTable) -> None:
    narrow = table.reduce(4)
    shuffled = narrow.subset(narrow.labels[::-1])
    assert table.compare(narrow).fit == pytest.approx(table.compare(shuffled).fit)
    assert shuffled.compare(table).labels == shuffled.labels
    assert 0.4 < table.compare(shuffled).fit < 0.9


def test_many_labels_are_sampled() -> None:
    vectors = np.random.default_rng(0).standard_normal((5000, 3))
    t = EmbeddingTable([str(i) for i in range(5000)], vectors)
    result = t.compare(t)
    assert np.isfinite(result.overlap).sum() == 2000
    assert result.mean_overlap == 1


def test_rotation_agrees_with_scipy() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 20, 4))
    assert np.allclose(rotation_onto(one, other), orthogonal_procrustes(one, other)[0])


def test_refusals(table: EmbeddingTable) -> None:
    with pytest.raises(DataError, match="tables to compare must share at least 3 labels, however: they share 1"):
        table.compare(EmbeddingTable(["1", "x"], [[1], [2]]))
    with pytest.raises(DataError, match="k must be from 1 to 199, one less than the shared labels, however: k=200"):
        table.compare(table, k=200)
