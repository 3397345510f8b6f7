"""Embedders, tables and estimators in one pipeline, under one search, and in other processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

import tabembed as te

QUICK: dict[str, Any] = {
    "epochs": 1,
    "batch_size": 3000,
    "validation_fraction": 0,
    "network_options": {"hidden": [4]},
    "random_state": 0,
}
eagerly = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def days() -> dict[str, te.EmbeddingTable]:
    """A table of the days, made elsewhere."""
    return {"day": te.EmbeddingTable(range(7), np.eye(7)[:, :2])}


def pipeline(days: dict[str, te.EmbeddingTable]) -> Pipeline:
    """Return learned vectors for the store, known ones for the day, and what is left as it is."""
    parts = ColumnTransformer(
        [("learned", te.EntityEmbedder(dim=2, cv=2, **QUICK), ["store"]), ("known", te.TableEncoder(days), ["day"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    return make_pipeline(parts, SimpleImputer(), Ridge())


@eagerly
def test_both_in_one_pipeline(X: pd.DataFrame, y: pd.Series, days: dict[str, te.EmbeddingTable]) -> None:
    model = clone(pipeline(days)).fit(X, y)
    names = ["store_0", "store_1", "day_0", "day_1", "km"]
    assert model[:-2].get_feature_names_out().tolist() == names
    assert np.isfinite(model.predict(X)).all()
    parts = clone(pipeline(days)[0]).set_output(transform="polars")
    for out in (parts.fit_transform(X, y), parts.transform(X)):
        assert isinstance(out, pl.DataFrame)
        assert list(out.columns) == names


@eagerly
@pytest.mark.parametrize(
    ("output", "make", "kind"), [("pandas", pl.from_pandas, pd.DataFrame), ("polars", pd.DataFrame, pl.DataFrame)]
)
def test_the_output_asked_for(X: pd.DataFrame, y: pd.Series, output: str, make: Any, kind: type) -> None:
    given = make(X)
    embedder = clone(te.EntityEmbedder(dim=2, cv=2, **QUICK).set_output(transform=output))
    for out in (embedder.fit_transform(given, y), embedder.transform(given)):
        assert isinstance(out, kind)
        assert list(out.columns) == ["store_0", "store_1", "km", "day_0", "day_1"]
        assert np.isfinite(np.asarray(out, float)).all()


@eagerly
def test_a_search_over_epochs_and_dim(X: pd.DataFrame, y: pd.Series) -> None:
    embedder = te.EntityEmbedder(cv=None, **QUICK)
    pipe = make_pipeline(embedder, SimpleImputer(), Ridge())
    grid = {"entityembedder__epochs": [1, 2], "entityembedder__dim": [1, 3]}
    search = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    best = search.best_estimator_[0]
    assert {table.dim for table in best.tables_.values()} == {search.best_params_["entityembedder__dim"]}
    one, more = (search.cv_results_["param_entityembedder__epochs"] == epochs for epochs in (1, 2))
    scores = search.cv_results_["mean_test_score"]
    assert not np.array_equal(scores[one], scores[more])  # both settings reach the training


# A worker that imports TensorFlow has grown so much that loky replaces it, and says so.
@pytest.mark.filterwarnings("ignore:A worker stopped while some jobs were given to the executor:UserWarning")
def test_in_other_processes(X: pd.DataFrame, y: pd.Series, days: dict[str, te.EmbeddingTable]) -> None:
    X = X.dropna()
    y = y[X.index]
    settings = {**QUICK, "verbose": 0}
    unfitted = [
        (te.EntityEmbedder(dim=2, cv=None, **QUICK), y, "transform"),
        (te.TabularRegressor(**settings), y, "predict"),
        (te.TabularClassifier(**settings), np.where(y > y.mean(), "late", "early"), "predict_proba"),
        (te.TableEncoder(days), y, "transform"),
    ]
    with Parallel(n_jobs=2) as workers:
        fitted = workers(delayed(made.fit)(X, target) for made, target, _ in unfitted)
        asked = [getattr(made, method) for made, (_, _, method) in zip(fitted, unfitted, strict=True)]
        answers = workers(delayed(method)(X) for method in asked)
    for method, answer in zip(asked, answers, strict=True):
        assert type(answer) is type(method(X))
        np.testing.assert_allclose(np.asarray(answer, float), np.asarray(method(X), float), rtol=1e-5, atol=1e-6)
    assert np.isfinite(cross_val_score(te.TabularRegressor(**settings), X, y, cv=2, n_jobs=2)).all()
