"""``LDAEmbedder`` beside scikit-learn's linear discriminants on the one-hot code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import OneHotEncoder

import tabembed as te
from tabembed.embedders import lda as module
from tabembed.io import DataError


@pytest.fixture
def table() -> pd.DataFrame:
    """4,000 rows: 60 shops, whose remainder by 3 decides the class 6 times of 10."""
    rng = np.random.default_rng(0)
    shop = (60 * rng.random(4000) ** 2).astype(int)
    of_class = np.where(rng.random(4000) < 0.6, shop % 3, rng.integers(0, 3, 4000))
    return pd.DataFrame({"shop": [f"s{at}" for at in shop], "day": rng.integers(0, 7, 4000).astype(str), "y": of_class})


@pytest.mark.parametrize("shrinkage", [0.01, 0.1, 0.7])
def test_lda_is_scikit_learns(table: pd.DataFrame, shrinkage: float) -> None:
    shops = te.LDAEmbedder(dim=2, shrinkage=shrinkage).fit(table[["shop", "day"]], table["y"]).tables_["shop"]
    encoder = OneHotEncoder(sparse_output=False)
    code = encoder.fit_transform(table[["shop"]])
    judge = LinearDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage).fit(code, table["y"])
    want, mine = judge.transform(np.eye(60))[:, :2], shops.lookup(encoder.categories_[0])
    np.testing.assert_allclose(mine * np.sign((want * mine).sum(axis=0)), want, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(shops.unknown, np.mean(code @ mine, axis=0), atol=1e-5)


def test_many_labels_are_solved_without_a_matrix_of_them(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = te.LDAEmbedder(dim=2).fit(table[["shop"]], table["y"])
    monkeypatch.setattr(module, "_DENSE", 0)
    other = te.LDAEmbedder(dim=2).fit(table[["shop"]], table["y"])
    np.testing.assert_allclose(other.tables_["shop"].vectors, whole.tables_["shop"].vectors, rtol=1e-4, atol=1e-4)


def test_a_hundred_thousand_labels() -> None:
    rng = np.random.default_rng(0)
    customer = rng.integers(0, 100_000, 300_000)
    y = np.where(rng.random(300_000) < 0.8, customer % 3, rng.integers(0, 3, 300_000))
    frame = pd.DataFrame({"customer": customer})
    table = te.LDAEmbedder(dim=2, kinds={"customer": te.Categorical()}).fit(frame, y.astype(str)).tables_["customer"]
    often = range(2000)
    vectors = table.lookup([str(at) for at in often if str(at) in table])
    kept = np.array([at % 3 for at in often if str(at) in table])
    centres = np.stack([vectors[kept == part].mean(axis=0) for part in range(3)])
    nearest = np.linalg.norm(vectors[:, None] - centres[None], axis=2).argmin(axis=1)
    assert np.mean(nearest == kept) > 0.8


def test_labels_of_one_class_are_near(table: pd.DataFrame) -> None:
    shops = te.LDAEmbedder(dim=2).fit(table[["shop"]], table["y"]).tables_["shop"]
    found = shops.neighbors(list(shops.labels), k=5)
    right = [
        int(near[1:]) % 3 == int(label[1:]) % 3
        for label, row in zip(shops.labels, found, strict=True)
        for near, _ in row
    ]
    assert np.mean(right) > 0.9


def test_a_number_is_cut_into_classes(table: pd.DataFrame) -> None:
    embedder = te.LDAEmbedder(dim=4, bins=5).fit(table[["shop", "day"]], table["y"] + np.linspace(0, 0.5, 4000))
    assert embedder.dims_ == {"shop": 4, "day": 4}
    with pytest.raises(DataError, match=r"`dim` must be at most 4, however: dim=5; there are at most as many direc"):
        te.LDAEmbedder(dim=5, bins=5).fit(table[["shop", "day"]], table["y"] + np.linspace(0, 0.5, 4000))


def test_of_two_classes_there_is_one_direction(table: pd.DataFrame) -> None:
    assert te.LDAEmbedder().fit(table[["shop"]], table["y"] > 0).dims_ == {"shop": 1}


def test_row_order_does_not_matter(table: pd.DataFrame) -> None:
    mixed = table.sample(frac=1, random_state=1)
    one, other = (te.LDAEmbedder(dim=2).fit(rows[["shop"]], rows["y"]).tables_["shop"] for rows in (table, mixed))
    np.testing.assert_allclose(one.vectors, other.lookup(one.labels), atol=1e-5)


def test_refusals(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="requires y to be passed"):
        te.LDAEmbedder().fit(table[["shop"]])
    with pytest.raises(DataError, match="LDAEmbedder takes one target, however: y holds shop, y; fit one for each"):
        te.LDAEmbedder().fit(table[["shop"]].rename(columns={"shop": "where"}), table[["shop", "y"]])
    with pytest.raises(DataError, match="takes numbers or classes, however: y holds lists; fit one for each label"):
        te.LDAEmbedder().fit(table[["shop"]], pd.Series([["a"], ["a", "b"]] * 2000, name="tags"))
    for share in (0, 1, "auto", True):
        with pytest.raises(DataError, match=r"`shrinkage` must be a number in \(0, 1\), however"):
            te.LDAEmbedder(shrinkage=share).fit(table[["shop"]], table["y"])
    with pytest.raises(DataError, match="`bins` must be a whole number of 2 or more, however: bins=1"):
        te.LDAEmbedder(bins=1).fit(table[["shop"]], table["y"])
