"""Save, load and export of estimators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import DataError

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def saved(fitted: te.TabularRegressor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("estimators") / "deep" / "est"
    fitted.save(path)
    return path


def test_it_comes_back(fitted: te.TabularRegressor, saved: Path, X: pd.DataFrame) -> None:
    again = te.TabularRegressor.load(str(saved))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert again.tables_ == fitted.tables_
    assert again.schema_ == fitted.schema_
    assert again.metrics_ == fitted.metrics_
    assert again.history_ == fitted.history_
    assert (again.n_epochs_, again.n_features_in_) == (fitted.n_epochs_, 4)
    assert again.feature_names_in_.tolist() == list(X)
    assert again.epochs == 15
    with pytest.raises(ValueError, match="yet now missing"):
        again.predict(X.drop(columns="x"))


def test_it_holds_no_pickle(saved: Path) -> None:
    assert sorted(entry.name for entry in saved.iterdir()) == ["estimator.json", "model.keras", "schema.json"]
    state = json.loads((saved / "estimator.json").read_text("utf-8"))
    assert (state["format"], state["version"], state["class"]) == ("tabembed.estimator", 1, "TabularRegressor")


def test_a_classifier_comes_back(
    fitted_classes: te.TabularClassifier, quick: Any, X: pd.DataFrame, y: pd.Series, tmp_path: Path
) -> None:
    kinds = {"city": te.Categorical(dim=2), "x": te.Numeric()}
    flags = quick.classifier(kinds=kinds, batch_size=np.int64(64)).fit(X, y > 100)
    for at, est in enumerate((fitted_classes, flags)):
        est.save(tmp_path / f"{at}")
        again = te.TabularClassifier.load(tmp_path / f"{at}")
        assert again.classes_.tolist() == est.classes_.tolist()
        assert again.classes_.dtype == est.classes_.dtype
        np.testing.assert_array_equal(again.predict_proba(X), est.predict_proba(X))
        assert again.kinds == est.kinds
        assert again.schema_ == est.schema_


def test_it_is_replaced_whole_but_nothing_else_is(fitted: te.TabularRegressor, tmp_path: Path) -> None:
    fitted.save(tmp_path / "est")
    fitted.save(tmp_path / "est")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(DataError, match="output '.*/mine' must be a new or an empty folder, however: it holds files"):
        fitted.save(tmp_path / "mine")
    with pytest.raises(DataError, match="output '.*/notes.txt' must be a folder, however: a file stands there"):
        fitted.save(tmp_path / "mine" / "notes.txt")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["est", "mine"]


def test_settings_that_are_no_values_are_refused(quick: Any, X: pd.DataFrame, y: pd.Series, tmp_path: Path) -> None:
    est = quick.regressor(random_state=np.random.RandomState(0)).fit(X, y)
    with pytest.raises(DataError, match="an estimator is saved with plain settings only, however: RandomState"):
        est.save(tmp_path / "est")
    assert list(tmp_path.iterdir()) == []
    est.export(tmp_path / "m")


def test_what_is_no_estimator_is_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no estimator in .*/none: .*; write one with save"):
        te.TabularRegressor.load(tmp_path / "none")
    with pytest.raises(DataError, match="holds a TabularRegressor, however: TabularClassifier.load was called"):
        te.TabularClassifier.load(saved)
    for text, message in (
        ("{", "no estimator in"),
        ("[]", "must hold an estimator of version 1, however: its estimator.json is another"),
        ('{"format": "tabembed.estimator", "version": 2}', "must hold an estimator of version 1"),
    ):
        (tmp_path / "estimator.json").write_text(text)
        with pytest.raises(DataError, match=message):
            te.TabularRegressor.load(tmp_path)


@pytest.mark.parametrize("damage", ["missing", "text"])
def test_a_damaged_one_is_said(fitted: te.TabularRegressor, tmp_path: Path, damage: str) -> None:
    fitted.save(tmp_path / "est")
    model = tmp_path / "est" / "model.keras"
    model.unlink()
    if damage == "text":
        model.write_text("damaged")
    with pytest.raises(DataError, match="the model in .*model.keras can't be loaded: .*; save it again"):
        te.TabularRegressor.load(tmp_path / "est")


def test_export(fitted: te.TabularRegressor, fitted_classes: Any, X: pd.DataFrame, tmp_path: Path) -> None:
    assert fitted.export(tmp_path / "m") == tmp_path / "m" / "1"
    served = te.load(tmp_path / "m")
    limit = 1e-5 * max(1, fitted.schema_.target.scale)
    np.testing.assert_allclose(served.predict(X), fitted.predict(X), rtol=0, atol=limit)
    assert served.tables == fitted.tables_
    assert served.metrics == fitted.metrics_
    training = json.loads((served.path / "assets.extra" / "training.json").read_text("utf-8"))
    assert (training["epochs"], training["epochs_run"], training["random_state"]) == (15, fitted.n_epochs_, 0)
    te.load(fitted_classes.export(tmp_path / "c"))
    np.testing.assert_allclose(
        te.load(tmp_path / "c").predict_proba(X), fitted_classes.predict_proba(X), rtol=0, atol=1e-6
    )


def test_export_of_a_loaded_one(saved: Path, X: pd.DataFrame, tmp_path: Path) -> None:
    again = te.TabularRegressor.load(saved)
    again.export(tmp_path / "m")
    np.testing.assert_allclose(te.load(tmp_path / "m").predict(X), again.predict(X), rtol=1e-5)
