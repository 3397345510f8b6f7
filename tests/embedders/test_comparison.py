"""Ways to embed, side by side."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.embedders.comparison import neighbour_agreement
from tabembed.io import DataError

mpl.use("Agg")
SIDE = {"store": {store: store % 5 for store in range(30)}}
WAYS = [te.PCAEmbedder(dim=4), te.LDAEmbedder(dim=4), te.LDAEmbedder(dim=1, bins=2)]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Stores of five sorts, which the target hangs on; goods that tell nothing; a number with gaps."""
    rng = np.random.default_rng(0)
    store = rng.integers(0, 30, 900)
    km = np.where(rng.random(900) < 0.9, rng.normal(size=900), np.nan)
    return pd.DataFrame({"store": store.astype(str), "goods": rng.choice(list("abcdef"), 900), "km": km})


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> Any:
    """What the comparison finds, with a target of which LDA learns and PCA does not."""
    y = np.array([3.0, -1.0, 7.0, 0.0, -5.0])[frame["store"].astype(int) % 5]
    y = y + 0.1 * np.random.default_rng(1).normal(size=len(y))
    return te.compare_embedders(frame, y, WAYS, side=SIDE)


def test_what_it_tells(found: Any) -> None:
    assert found.frame.index.tolist() == ["PCA", "LDA", "LDA 2"]
    assert found.frame.columns.tolist() == ["seconds", "KNN", "linear", "trees", "agreement", "chance"]
    assert found.metric == "R2"
    assert found.frame.loc["LDA", ["KNN", "trees"]].min() > 0.95
    assert found.frame.loc["LDA", "agreement"] > 0.9
    assert found.frame.loc["PCA", "agreement"] < 0.4
    assert found.frame["chance"].tolist() == pytest.approx([5 / 29] * 3)
    assert found.embedders["LDA 2"].tables_["store"].dim == 1
    assert (found.frame["seconds"] > 0).all()
    assert repr(found).startswith("EmbedderComparison (R2)\n")


def test_no_fold_is_scored_on_its_own_rows(frame: pd.DataFrame) -> None:
    rows = pd.DataFrame({"row": [f"r{i}" for i in range(300)], "goods": frame["goods"][:300]})
    noise = np.random.default_rng(2).normal(size=300)
    assert te.compare_embedders(rows, noise, [te.LDAEmbedder(dim=2)]).frame.loc["LDA", "KNN"] < 0.2


@pytest.mark.parametrize(("classes", "metric"), [(["no", "yes"], "AUC"), (["a", "b", "c"], "accuracy")])
def test_classes(frame: pd.DataFrame, classes: list[str], metric: str) -> None:
    y = [classes[int(store) % len(classes)] for store in frame["store"]]
    found = te.compare_embedders(frame, y, {"mine": te.LDAEmbedder(dim=1)}, cv=2)
    assert found.metric == metric
    assert found.frame.index.tolist() == ["mine"]
    assert found.frame.loc["mine", "trees"] > 0.95


def test_a_picture(found: Any) -> None:
    axes = found.plot()
    assert [ax.get_xlabel() for ax in axes] == ["R2", "neighbours of one side", "seconds to fit"]
    assert [text.get_text() for text in axes[0].get_yticklabels()] == ["PCA", "LDA", "LDA 2"]
    assert len(axes[0].patches) == 9
    assert [bar.get_width() for bar in axes[1].patches] == found.frame["agreement"].tolist()


def test_neighbour_agreement_of_a_known_table() -> None:
    table = te.EmbeddingTable([str(i) for i in range(6)], [[0.0], [1.0], [2.0], [10.0], [11.0], [12.5]], name="c")
    side = {0: "x", 1: "x", 2: "y", 3: "y", 4: "y", 99: "x"}
    agreement, chance = neighbour_agreement(table, side, k=1)
    assert agreement == pytest.approx(4 / 5)
    assert chance == pytest.approx((2 * 1 + 3 * 2) / 20)
    with pytest.raises(DataError, match=r"`side` must tell of more than k=5 labels of column 'c', however: 5 of its 6"):
        neighbour_agreement(table, side)


def test_refusals(frame: pd.DataFrame) -> None:
    y = np.arange(len(frame)) / 2
    with pytest.raises(DataError, match=r"`embedders` must be embedders, one or more, however: \[\]"):
        te.compare_embedders(frame, y, [])
    with pytest.raises(DataError, match=r"`embedders` must be embedders, one or more, however: \[7\]"):
        te.compare_embedders(frame, y, {"x": 7})  # type: ignore[dict-item]
    with pytest.raises(DataError, match=r"`side` must be of columns that have a table, however: 'km' isn't one"):
        te.compare_embedders(frame, y, WAYS[:1], side={"km": {}})
    with pytest.raises(DataError, match="compare_embedders takes one target, however: y holds "):
        te.compare_embedders(frame, pd.DataFrame({"a": y, "b": y}), WAYS[:1])
