"""``PCAEmbedder`` beside scikit-learn's PCA, and what it makes of labels that keep the same company."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

import tabembed as te
from tabembed.embedders import pca as module
from tabembed.io import DataError


@pytest.fixture
def table() -> pd.DataFrame:
    """3,000 rows: 40 shops in 4 regions, which decide the goods; a number; cells are missing."""
    rng = np.random.default_rng(0)
    shop = rng.integers(0, 40, 3000)
    goods = np.where(rng.random(3000) < 0.8, shop % 4 * 10 + rng.integers(0, 10, 3000), rng.integers(0, 40, 3000))
    frame = pd.DataFrame({"shop": [f"s{at}" for at in shop], "goods": [f"g{at}" for at in goods]})
    frame["price"] = rng.normal(size=3000) + shop % 4
    frame.loc[rng.random(3000) < 0.05, "goods"] = None
    frame.loc[rng.random(3000) < 0.05, "price"] = np.nan
    return frame


def dense_profiles(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the shops' profiles the plain way."""
    goods = pd.get_dummies(frame["goods"].fillna("(none)"), dtype=float)
    price = (frame["price"] - frame["price"].mean()) / frame["price"].std(ddof=0)
    return goods.assign(price=price).groupby(frame["shop"]).mean()


def test_pca_is_scikit_learns(table: pd.DataFrame) -> None:
    embedder = te.PCAEmbedder(dim=5).fit(table)
    profiles = dense_profiles(table)
    fitted = PCA(5, svd_solver="full").fit(profiles)
    want, mine = fitted.transform(profiles), embedder.tables_["shop"].lookup(profiles.index.tolist())
    signs = np.sign((want * mine).sum(axis=0))
    np.testing.assert_allclose(mine * signs, want, atol=1e-5)
    np.testing.assert_allclose(embedder.explained_variance_ratio_["shop"], fitted.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(embedder.tables_["shop"].unknown, 0)


def test_many_labels_are_decomposed_sparsely(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = te.PCAEmbedder(dim=4, random_state=0).fit(table)
    monkeypatch.setattr(module, "_DENSE", 0)
    sparse = te.PCAEmbedder(dim=4, random_state=0).fit(table)
    for name, dense in whole.tables_.items():
        np.testing.assert_allclose(sparse.tables_[name].vectors, dense.vectors, atol=1e-4)
        np.testing.assert_allclose(
            sparse.explained_variance_ratio_[name], whole.explained_variance_ratio_[name], rtol=1e-4
        )


def test_a_hundred_thousand_labels() -> None:
    rng = np.random.default_rng(0)
    customer = rng.integers(0, 100_000, 400_000)
    frame = pd.DataFrame({"customer": customer, "shop": (customer % 5 * 20 + rng.integers(0, 20, 400_000))})
    kinds = {"customer": te.Categorical(), "shop": te.Categorical()}
    embedder = te.PCAEmbedder(dim=4, kinds=kinds, random_state=0).fit(frame)
    vectors = embedder.tables_["customer"].lookup([str(at) for at in range(1000)])
    near = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    same = np.arange(1000) % 5 == (np.arange(1000) % 5)[:, None]
    assert near[same].mean() < 0.8 * near[~same].mean()


def test_row_order_does_not_matter(table: pd.DataFrame) -> None:
    one, other = (
        te.PCAEmbedder(dim=3).fit(rows).tables_["shop"] for rows in (table, table.sample(frac=1, random_state=1))
    )
    np.testing.assert_allclose(one.vectors, other.lookup(one.labels), atol=1e-5)


def test_labels_of_the_same_company_are_near(table: pd.DataFrame) -> None:
    shops = te.PCAEmbedder(dim=4).fit(table).tables_["shop"]
    found = shops.neighbors(list(shops.labels), k=5)
    right = [
        int(near[1:]) % 4 == int(label[1:]) % 4
        for label, row in zip(shops.labels, found, strict=True)
        for near, _ in row
    ]
    assert np.mean(right) > 0.95


def test_a_missing_cell_has_the_company_of_missing_cells(table: pd.DataFrame) -> None:
    gone = table.assign(goods=table["goods"].where(table["shop"].str[1:].astype(int) % 4 != 1))
    goods = te.PCAEmbedder(dim=3).fit(gone).tables_["goods"]
    assert np.linalg.norm(goods.missing) > 0.1
    assert goods.unknown.tolist() == [0, 0, 0]


def test_columns_that_share_a_table() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 10, 500), rng.integers(0, 10, 500)
    shared = te.Categorical(table="place")
    frame = pd.DataFrame(
        {"a": [f"p{x}" for x in a], "b": [f"p{x}" for x in b], "size": np.where(a % 2, 1.5, -1.5) + b % 2}
    )
    tables = te.PCAEmbedder(dim=2, kinds={"a": shared, "b": shared}).fit(frame).tables_
    assert tables["a"] is tables["b"]
    assert tables["a"].neighbors("p1", k=4)[0][0] in {"p3", "p5", "p7", "p9"}


def test_fewer_dims_where_labels_are_few(table: pd.DataFrame) -> None:
    frame = table.assign(kind=np.where(table["price"] > 0, "up", "down"))
    embedder = te.PCAEmbedder(dim=6).fit(frame)
    assert embedder.dims_ == {"shop": 6, "goods": 6, "kind": 1}
    with pytest.raises(DataError, match=r"`dim` must be at most 39, however: dim=40; a column has at most one"):
        te.PCAEmbedder(dim=40).fit(frame)
    with pytest.raises(DataError, match=r"column 'kind' must have a dim of at most 1, however: 3; a column"):
        te.PCAEmbedder(kinds={"kind": te.Categorical(dim=3)}).fit(frame)


def test_what_it_cant_learn_from(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="column 'shop' must stand beside another one of labels or numbers"):
        te.PCAEmbedder().fit(table[["shop"]])
    with pytest.raises(
        DataError, match=r"column 'goods' must have two labels or more to learn vectors for, however: it"
    ):
        te.PCAEmbedder(kinds={"goods": te.Categorical()}).fit(table.assign(goods="g1"))


def test_it_needs_no_tensorflow() -> None:
    code = "import sys, tabembed as te; te.PCAEmbedder, te.LDAEmbedder; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_labels_that_all_keep_the_same_company() -> None:
    frame = pd.DataFrame({"shop": ["a", "b"] * 10, "day": ["x", "x", "y", "y"] * 5})
    embedder = te.PCAEmbedder(dim=1).fit(frame)
    assert embedder.tables_["shop"].vectors.tolist() == [[0.0], [0.0]]
    assert embedder.explained_variance_ratio_["shop"] == [0.0]
