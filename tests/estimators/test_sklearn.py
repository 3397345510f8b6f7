"""The estimators in scikit-learn's hands."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import tabembed as te

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.mark.parametrize("kind", [te.TabularRegressor, te.TabularClassifier])
def test_init_only_stores(kind: type) -> None:
    est = kind(epochs=0, kinds={"a": te.Categorical(dim=2)}, network="none", random_state="x")
    assert set(vars(est)) == set(est.get_params())
    again = clone(est)
    assert again.get_params() == est.get_params()
    assert again is not est
    assert clone(est.set_params(epochs=3)).epochs == 3
    assert "TabularRegressor(" in repr(est) or "TabularClassifier(" in repr(est)


def test_scikit_learn_knows_which_is_which() -> None:
    assert is_regressor(te.TabularRegressor())
    assert is_classifier(te.TabularClassifier())
    tags = te.TabularRegressor().__sklearn_tags__()
    assert tags.input_tags.allow_nan
    assert tags.input_tags.categorical
    assert tags.target_tags.required


def test_a_clone_is_unfitted_and_alike(fitted: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    again = clone(fitted).set_params(epochs=1)
    assert not hasattr(again, "model_")
    np.testing.assert_array_equal(again.fit(X, y).predict(X), clone(again).fit(X, y).predict(X))


def test_cross_validation(quick: Any, X: pd.DataFrame, y: pd.Series, classes: np.ndarray) -> None:
    scores = cross_val_score(quick.regressor(epochs=2), X, y, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    scores = cross_val_score(quick.classifier(), X, classes, cv=2, scoring="neg_log_loss")
    assert np.isfinite(scores).all()


def test_a_search(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    search = GridSearchCV(quick.regressor(), {"network_options": [{"hidden": (4,)}, {"hidden": ()}]}, cv=2).fit(X, y)
    assert search.best_params_["network_options"] in ({"hidden": (4,)}, {"hidden": ()})
    assert search.predict(X).shape == (240,)


def test_a_pipeline(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    scale = make_column_transformer((StandardScaler(), ["x"]), remainder="passthrough", verbose_feature_names_out=False)
    steps = make_pipeline(scale.set_output(transform="pandas"), FunctionTransformer(), quick.regressor())
    assert steps.fit(X, y).predict(X).shape == (240,)
    assert list(steps[-1].tables_) == ["city", "my store"]


@pytest.mark.parametrize("way", ["pickle", "joblib", "deepcopy"])
def test_it_travels(fitted: te.TabularRegressor, X: pd.DataFrame, way: str) -> None:
    if way == "pickle":
        again = pickle.loads(pickle.dumps(fitted))
    elif way == "joblib":
        buffer = io.BytesIO()
        joblib.dump(fitted, buffer)
        again = joblib.load(buffer)
    else:
        again = copy.deepcopy(fitted)
    np.testing.assert_allclose(again.predict(X), fitted.predict(X), rtol=1e-6)
    assert again.tables_ == fitted.tables_
    assert again.schema_ == fitted.schema_
    assert again.get_params() == fitted.get_params()


def test_an_unfitted_one_travels_too() -> None:
    est = te.TabularClassifier(preset="fast", epochs=3)
    assert pickle.loads(pickle.dumps(est)).get_params() == est.get_params()
