"""``EntityEmbedder``: what cross-fitting is for, and that it does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

import tabembed as te
from tabembed.embedders.crossfit import Training, aligned, folds_of, frequent
from tabembed.io import DataError, to_arrow


def quick(**arguments: Any) -> te.EntityEmbedder:
    """Return one that fits in a second or two."""
    settings = {"epochs": 1, "batch_size": 500, "network_options": {"hidden": [4]}, "random_state": 0}
    return te.EntityEmbedder(**{"cv": 2, **settings, **arguments})


def forest() -> RandomForestRegressor:
    """Return the model that is trained on the vectors."""
    return RandomForestRegressor(100, min_samples_leaf=3, oob_score=True, random_state=0)


def test_a_forest_loses_nothing_by_it(X: pd.DataFrame, y: pd.Series) -> None:
    train, test = np.arange(len(X)) < 4000, np.arange(len(X)) >= 4000
    scores = {}
    for cv in (5, None):
        embedder = te.EntityEmbedder(cv=cv, epochs=12, random_state=0)
        vectors = embedder.fit_transform(X[train], y[train])
        scores[cv] = forest().fit(vectors, y[train]).score(embedder.transform(X[test]), y[test])
    assert scores[None] > 0.7
    assert scores[5] > scores[None] - 0.02


def test_a_forest_sees_noise_for_what_it_is(X: pd.DataFrame, noise: np.ndarray) -> None:
    vectors = te.EntityEmbedder(epochs=6, random_state=0).fit_transform(X, noise)
    assert forest().fit(vectors, noise).oob_score_ < 0.05


def test_no_row_knows_its_own_target(X: pd.DataFrame, y: pd.Series) -> None:
    """The target of the held-out fold is spoiled: the vectors of its rows differ only by where they are turned.

    How far the effects reach beside the learned numbers is of all rows, and so the two are compared apart.
    """
    halves = [(np.arange(0, 3000), np.arange(3000, 6000)), (np.arange(3000, 6000), np.arange(0, 3000))]
    spoiled = y.where(np.arange(len(y)) < 3000, y.sample(frac=1, random_state=0).to_numpy())
    lengths: dict[str, list[np.ndarray]] = {"effect": [], "learned": []}
    for target in (y, spoiled):
        out = quick(cv=halves, epochs=2, dim=3, task="regression").fit_transform(X, target)
        vectors = out[[f"store_{i}" for i in range(3)]].to_numpy()[3000:]
        known = X["store"].to_numpy(dtype=float, na_value=np.nan)[3000:]
        places = [np.flatnonzero(known == store)[0] for store in range(100)]
        apart = np.square(vectors[places][:, None] - vectors[places][None])
        lengths["effect"].append(np.sqrt(apart[..., 0]))
        lengths["learned"].append(np.sqrt(apart[..., 1:].sum(axis=2)))
    # The schema (the target's mean and scale) is of all rows, and so differs a little.
    for one, other in lengths.values():
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.98


def test_a_folds_bins_dont_know_the_held_out_targets(X: pd.DataFrame, y: pd.Series) -> None:
    kinds = {"km": te.Numeric(embedding="ple", bins="target", n_bins=8), "store": te.Categorical(dim=2)}
    rows = np.arange(0, 6000, 2)
    spoiled = y.where(np.arange(len(y)) % 2 == 0, 1000 * np.sin(X["km"].fillna(0) * 9))
    found = []
    for target in (y, spoiled):
        table = to_arrow(X.assign(y=target))
        training = Training(te.infer_schema(table, "y", kinds=kinds), table, None, {}, 0)
        found.append([training.bins_of(part)["km"].edges for part in (rows, slice(None))])  # type: ignore[attr-defined]
        assert training.bins_of(slice(None)) == training.narrower
    assert found[0][0] == found[1][0]
    assert found[0][1] != found[1][1]
    out = quick(kinds=kinds, epochs=1).fit_transform(X[:600], y[:600])
    assert np.isfinite(out[["store_0", "store_1"]].to_numpy()).all()


def test_labels_of_one_fold_only_are_unknown_to_it(y: pd.Series) -> None:
    store = np.where(np.arange(len(y)) == 0, "alone", (np.arange(len(y)) % 5).astype(str))
    frame = pd.DataFrame({"store": store})
    halves = [(np.arange(0, 3000), np.arange(3000, 6000)), (np.arange(3000, 6000), np.arange(0, 3000))]
    embedder = quick(cv=halves, epochs=2, dim=2)
    out = embedder.fit_transform(frame, y)
    assert np.isfinite(out.to_numpy()).all()
    assert "alone" in embedder.tables_["store"]
    nearest = np.abs(out.to_numpy()[0] - embedder.tables_["store"]["alone"]).max()
    assert nearest > 0


@pytest.mark.parametrize(
    "cv", [3, KFold(2), [(np.arange(500), np.arange(500, 3000)), (np.arange(500, 3000), range(500))]]
)
@pytest.mark.usefixtures("eagerly")
def test_ways_to_fold(X: pd.DataFrame, y: pd.Series, cv: Any) -> None:
    X, y = X[:3000], y[:3000]
    embedder = quick(cv=cv)
    out = embedder.fit_transform(X, y)
    assert out.shape == embedder.transform(X).shape
    assert out["km"].tolist() == X["km"].tolist()
    assert not np.array_equal(out.to_numpy(), embedder.transform(X).to_numpy())
    np.testing.assert_array_equal(quick(cv=cv).fit_transform(X, y).to_numpy(), out.to_numpy())


def test_frequent_labels_keep_the_vector_of_all_rows() -> None:
    """Of 3 numbers a label must have 300 rows to be frequent."""
    store = np.repeat(["many", "few", "others"], [310, 290, 400])
    X = pd.DataFrame({"store": store, "km": np.arange(1000.0)})
    y = np.random.default_rng(0).normal(size=1000) + (store == "many")
    embedder = quick(dim=3)
    own = (embedder.fit_transform(X, y) == embedder.transform(X)).filter(like="store").all(axis=1)
    assert own.groupby(store).agg(["any", "all"]).T.to_dict("list") == {
        "few": [False, False],
        "many": [True, True],
        "others": [True, True],
    }


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (None, [False, False, True, True, False]),
        ([1, 1, 1, 0.5, 1], [False, False, True, False, False]),
        ([4, 4, 4, 2, 4], [False, False, True, False, False]),
        ([0, 0, 0, 0, 0], [False, False, False, False, False]),
    ],
)
def test_frequent(weights: list[float] | None, expected: list[bool]) -> None:
    """By id: missing, unknown and three labels; a row counts by its weight, and unknown never is frequent."""
    ids = np.repeat(np.arange(5), [10, 500, 300, 200, 199])
    schema = te.infer_schema(pd.DataFrame({"a": ["x", "y", "z"], "t": [0.5, 1.5, 2.5]}), target="t")
    each = None if weights is None else np.asarray(weights, float)[ids]
    training = Training(schema, pa.table({}), each, {}, 0)
    training.__dict__["encoded"] = {"a": ids}
    assert frequent(training, ["a"], 5, 2).tolist() == expected


def test_folds() -> None:
    target = np.array([0] * 90 + [1] * 10)
    folds = list(folds_of(5, target, True, 0))
    assert [target[held].sum() for _, held in folds] == [2] * 5
    assert sorted(np.concatenate([held for _, held in folds])) == list(range(100))
    assert len(list(folds_of(5, np.arange(7), True, 0))) == 5  # a class for each row


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (1, "`cv` must be from 2 to the 100 rows of X, or None, however: cv=1"),
        (101, "`cv` must be from 2 to the 100 rows"),
        ("five", "`cv` must be None, a number of folds, a scikit-learn splitter"),
        (
            [(np.arange(50), np.arange(50, 100))],
            "must hold out each of the 100 rows just once, however: row 0 is held out 0",
        ),
        ([(np.arange(50), np.arange(200))], "must hold out each of the 100 rows just once"),
    ],
)
def test_folds_that_cant_be(cv: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(folds_of(cv, np.zeros(100), False, 0))


def test_aligned_undoes_a_rotation() -> None:
    rng = np.random.default_rng(0)
    target, turn = rng.normal(size=(50, 4)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    weights = rng.integers(0, 3, 50)
    moved = (target + 5) @ turn
    np.testing.assert_allclose(aligned(moved, target, weights), target, atol=1e-5)
    moved[weights == 0] += 100  # not asked where they belong
    np.testing.assert_allclose(aligned(moved, target, weights)[weights > 0], target[weights > 0], atol=1e-5)
    np.testing.assert_array_equal(aligned(target, moved, np.zeros(50)), target.astype(np.float32))


def test_no_cross_fit_is_fit_then_transform(X: pd.DataFrame, y: pd.Series) -> None:
    out = quick(cv=None, epochs=2).fit_transform(X, y)
    pd.testing.assert_frame_equal(out, quick(cv=5, epochs=2).fit(X, y).transform(X))


@pytest.mark.usefixtures("eagerly")
def test_in_scikit_learns_hands(X: pd.DataFrame, y: pd.Series) -> None:
    X, y = X[:3000], y[:3000]
    pipe = make_pipeline(quick(dim=2, cv=2), SimpleImputer(), Ridge())
    assert np.isfinite(cross_val_score(pipe, X, y, cv=2)).all()
    search = GridSearchCV(pipe, {"entityembedder__dim": [1, 2]}, cv=2).fit(X, y)
    assert search.best_params_["entityembedder__dim"] in (1, 2)
    parts = make_column_transformer((quick(dim=2, cv=2), ["store", "day"]), remainder="passthrough")
    model = make_pipeline(parts, KNeighborsRegressor()).fit(X, y)
    assert model[0].transform(X).shape == (len(X), 5)
    assert model[0].get_feature_names_out().tolist()[0] == "entityembedder__store_0"


@pytest.mark.usefixtures("eagerly")
def test_classes_weights_and_schemas(X: pd.DataFrame, y: pd.Series, tmp_path: Path) -> None:
    late = np.where(y > y.mean(), "late", "early")
    embedder = quick(dim=2)
    out = embedder.fit_transform(X, late, sample_weight=np.ones(len(X)))
    assert out.shape == (len(X), 5)
    assert embedder.metrics_["on"] == "held-out rows"
    schema = te.infer_schema(X, kinds={"store": te.Ignored(), "day": te.Categorical(dim=5)})
    of_schema = quick(schema=schema, dim=2, cv=None).fit(X, y)
    assert {name: table.dim for name, table in of_schema.tables_.items()} == {"day": 5}
    assert of_schema.transform(X).columns.tolist()[:2] == ["store", "km"]
    of_schema.save(tmp_path / "e")
    assert te.EntityEmbedder.load(tmp_path / "e").schema == schema
    model = te.TabularRegressor(preset="fast", epochs=1, batch_size=500, verbose=0).fit(X, y, init=embedder)
    assert {name: table.dim for name, table in model.tables_.items()} == {"store": 2, "day": 2}


@pytest.mark.usefixtures("eagerly")
def test_dims(X: pd.DataFrame, y: pd.Series) -> None:
    """Without a dim the embedder's own rule chooses; a dim or another rule is obeyed."""

    def dims(**arguments: Any) -> dict[str, int]:
        tables = quick(cv=None, **arguments).fit(X, y).tables_
        return {name: table.dim for name, table in tables.items()}

    assert dims() == {"store": 3, "day": 6}
    assert dims(dim=1) == {"store": 1, "day": 1}
    assert dims(kinds={"store": te.Categorical(dim=8), "day": te.Categorical(dim_rule="half")}) == {
        "store": 8,
        "day": 4,
    }


@pytest.mark.usefixtures("eagerly")
def test_the_first_number_is_what_a_label_adds(X: pd.DataFrame, y: pd.Series) -> None:
    for target in (y, y > y.mean(), np.digitize(y, [-1, 1])):
        embedder = quick().fit(X, target)
        mean = pd.Series(np.asarray(target, float)).groupby(X["store"].astype("string")).mean()
        first = [embedder.tables_["store"][label][0] for label in mean.index]
        assert abs(np.corrcoef(first, mean)[0, 1]) > 0.9


def test_refusals(X: pd.DataFrame, y: pd.Series, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="EntityEmbedder requires y to be passed, but the target y is None"):
        quick().fit(X)
    with pytest.raises(DataError, match="X and y must be equally long, however: 6,000 and 5,999 rows"):
        quick().fit(X, y[1:])
    with pytest.raises(DataError, match="`cv` must be from 2"):
        quick(cv=1).fit_transform(X, y)
    fitted = quick(cv=None).fit(X, y).set_params(cv=KFold(2))
    with pytest.raises(DataError, match=r"saved with plain settings only, however: KFold.*set that argument"):
        fitted.save(tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_vectors_of_ordered_labels_end_with_their_number() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"month": rng.integers(1, 13, 3000), "place": rng.choice(list("abcdefg"), 3000)})
    y = np.where(X["month"] % 2, 1.0, -1.0) + rng.normal(size=3000)
    embedder = quick(kinds={"month": te.Categorical(ordered=True)})
    vectors = embedder.fit_transform(X, y)
    month = [name for name in vectors if name.startswith("month_")]
    plain = quick(kinds={"month": te.Categorical()}).fit(X, y).tables_["month"]
    table = embedder.tables_["month"]
    assert len(month) == table.dim == plain.dim > 2
    numbers = np.array([int(label) for label in table.labels])
    assert np.corrcoef(table.vectors[:, -1], numbers)[0, 1] == pytest.approx(1)
    assert abs(np.corrcoef(plain.vectors[:, -1], numbers)[0, 1]) < 0.9
    assert table.missing is not None
    assert abs(table.missing[-1]) < 0.05 * table.vectors[:, -1].std()
    # cross-fitted rows have the same number
    np.testing.assert_allclose(vectors[month[-1]], embedder.transform(X)[month[-1]], atol=1e-6)
    two = quick(dim=2, kinds={"month": te.Categorical(ordered=True)}).fit(X, y).tables_["month"]
    assert abs(np.corrcoef(two.vectors[:, -1], numbers)[0, 1]) < 0.9, "the effect and one of the network's"
