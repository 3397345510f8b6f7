"""Training: what is learned, what the seed and the weights do, and that the best epoch is kept."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

import tabembed as te
from tabembed.io import DataError


def same_tables(one: Any, other: Any) -> bool:
    return one.tables_ == other.tables_


def test_a_regressor_learns(fitted: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    predicted = fitted.predict(X)
    assert (predicted.shape, predicted.dtype) == ((240,), np.float32)
    assert fitted.score(X, y) > 0.7
    assert fitted.metrics_["on"] == "held-out rows"
    assert fitted.metrics_["rows"] == 24
    assert fitted.metrics_["model"]["rmse"] < fitted.metrics_["baseline"]["rmse"]
    assert set(fitted.metrics_["model"]) == {"r2", "mae", "rmse"}
    assert fitted.schema_.target.name == "sales"
    assert list(fitted.tables_) == ["city", "my store"]
    assert isinstance(fitted.model_, keras.Model)
    assert fitted.n_features_in_ == 4
    assert fitted.feature_names_in_.tolist() == list(X)
    assert len(fitted.history_["loss"]) == len(fitted.history_["val_loss"]) == fitted.n_epochs_
    assert all(isinstance(loss, float) for loss in fitted.history_["loss"])


def test_a_classifier_learns(fitted_classes: te.TabularClassifier, X: pd.DataFrame, classes: np.ndarray) -> None:
    assert fitted_classes.classes_.tolist() == ["low", "mid", "top"]
    probabilities = fitted_classes.predict_proba(X)
    assert probabilities.shape == (240, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    predicted = fitted_classes.predict(X)
    assert (predicted == fitted_classes.classes_[probabilities.argmax(axis=1)]).all()
    assert fitted_classes.score(X, classes) > 0.6
    assert log_loss(classes, probabilities) < fitted_classes.metrics_["baseline"]["log_loss"]
    assert set(fitted_classes.metrics_["model"]) == {"accuracy", "log_loss"}


def test_the_best_epoch_is_restored(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    noise = y.sample(frac=1, random_state=0, ignore_index=True)
    est = quick.regressor(epochs=30, batch_size=16, learning_rate=0.1, patience=3, validation_fraction=0.3).fit(
        X, noise
    )
    losses = est.history_["val_loss"]
    assert est.n_epochs_ == np.argmin(losses) + 1 + 3 < 30
    assert losses[-1] > min(losses)
    assert est.metrics_["model"]["rmse"] == pytest.approx(np.sqrt(min(losses)) * est.schema_.target.scale, rel=1e-3)


@pytest.mark.usefixtures("eagerly")
def test_no_rows_held_out(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    est = quick.regressor(validation_fraction=0.0).fit(X, y)
    assert (est.metrics_["on"], est.metrics_["rows"]) == ("training rows", 240)
    assert "val_loss" not in est.history_


# seeds


def test_a_seed_repeats_everything(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    random.seed(0)
    state = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 - the global state is what this is about
    one = quick.regressor(epochs=3).fit(X, y)
    assert state == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    keras.utils.set_random_seed(7)
    other = quick.regressor(epochs=3).fit(X, y)
    assert same_tables(one, other)
    assert one.history_ == other.history_
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


@pytest.mark.usefixtures("eagerly")
def test_fit_again_starts_anew(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    est = quick.regressor()
    first = est.fit(X, y).predict(X)
    assert not np.array_equal(est.set_params(random_state=1).fit(X, y).predict(X), first)
    np.testing.assert_array_equal(est.set_params(random_state=0).fit(X, y).predict(X), first)
    fresh = [quick.regressor(random_state=None).fit(X, y) for _ in range(2)]
    assert not same_tables(*fresh)


@pytest.mark.usefixtures("eagerly")
def test_a_fit_that_fails_leaves_the_last_one(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    est = quick.regressor().fit(X, y)
    before = est.predict(X)
    with pytest.raises(DataError, match="`hidden` must be whole numbers"):
        est.set_params(network_options={"hidden": (0,)}).fit(X, y)
    np.testing.assert_array_equal(est.predict(X), before)


# weights


def test_weights_decide_what_is_learned(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    halves = np.arange(240) % 2 == 0
    mixed = y.where(halves, 1_000.0)
    errors = []
    for weights in (halves.astype(float), (~halves).astype(float)):
        est = quick.regressor(epochs=10, batch_size=16).fit(X, mixed, sample_weight=weights)
        errors.append(np.abs(est.predict(X) - y).mean())
    assert errors[0] < 100 < 700 < errors[1]


@pytest.mark.usefixtures("eagerly")
def test_weights_of_one_row(quick: Any, X: pd.DataFrame, y: pd.Series, classes: np.ndarray) -> None:
    only = np.arange(240) == 5
    assert np.isfinite(quick.regressor().fit(X, y, sample_weight=only).metrics_["model"]["rmse"])
    assert np.isfinite(quick.classifier().fit(X, classes, sample_weight=only).metrics_["model"]["log_loss"])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(240), "must not be zero in every row"),
        (np.ones(3), r"must have one weight a row \(240\), however: its shape is \(3,\)"),
        (-np.ones(240), "must be numbers of 0 or more, however: -1.0 in row 0"),
    ],
)
def test_bad_weights_are_refused(quick: Any, X: pd.DataFrame, y: pd.Series, weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"`sample_weight` {message}"):
        quick.regressor().fit(X, y, sample_weight=weights)
