"""The preset of bags: models of other seeds, their mean, one table a column, one file."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.estimators import streamed
from tabembed.estimators.presets import PRESETS
from tabembed.nn import time_limit
from tabembed.nn.attribution import integrated_gradients
from tabembed.nn.bags import bag_of, parts_of
from tabembed.nn.time_limit import TimeLimit

SETTINGS = {"preset": "best", "epochs": 2, "random_state": 0, "verbose": 0}


@pytest.fixture(autouse=True, scope="module")
def two_models():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "best", replace(PRESETS["best"], bags=2))
        yield


def rows(count: int = 600) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "dest": rng.choice(list("abcdef"), count),
            "id": rng.integers(0, 60, count).astype(str),
            "km": rng.normal(size=count),
        }
    )
    return X, X["km"] + 2.0 * (X["dest"] == "a") + rng.normal(size=60)[X["id"].astype(int)]


@pytest.fixture(scope="module")
def fitted(two_models: None) -> te.TabularRegressor:
    return te.TabularRegressor(**SETTINGS).fit(*rows())


def test_it_is_the_default_but_for_the_bags() -> None:
    assert replace(PRESETS["best"], bags=1) == PRESETS["default"], "what else differs is not told in docs/presets.md"


def test_the_answer_is_the_mean_of_models_of_other_seeds(fitted: te.TabularRegressor) -> None:
    X, _ = rows()
    inputs = fitted.schema_.inputs(X)
    parts = parts_of(fitted.model_)
    first, second = (part.predict(inputs, verbose=0)[:, 0] for part in parts)
    np.testing.assert_allclose(fitted.predict(X), (first + second) / 2, rtol=1e-5, atol=1e-5)
    assert np.abs(first - second).max() > 0.01


def test_each_model_holds_out_rows_of_its_own_and_bins_by_the_others(fitted: te.TabularRegressor) -> None:
    assert fitted.metrics_["on"] == "held-out rows"
    assert 60 < fitted.metrics_["rows"] < 120, "a tenth of 600 rows for each of two models"
    first, second = (part.get_layer("km.embedding").edges for part in parts_of(fitted.model_))
    assert first != second
    X, y = rows()
    last = te.TabularRegressor(**{**SETTINGS, "network": "mlp", "epochs": 1}, validation="last").fit(X, y)
    assert last.metrics_["rows"] == 60
    part = last.evaluate(X[-60:], y[-60:])
    assert last.metrics_["model"]["rmse"] == pytest.approx(part["model"]["rmse"], rel=1e-5)
    half = te.TabularRegressor(**{**SETTINGS, "network": "mlp", "epochs": 1}, validation_fraction=0.9).fit(X, y)
    assert half.metrics_["rows"] == 540, "too few rows would be common to both: both hold out the same"


def test_a_column_has_one_table_of_the_rows_of_both(fitted: te.TabularRegressor) -> None:
    table = fitted.tables_["dest"]
    each = [te.extract_tables(part, fitted.schema_)["dest"] for part in parts_of(fitted.model_)]
    assert table.dim == sum(one.dim for one in each)
    np.testing.assert_array_equal(table["a"], np.concatenate([one["a"] for one in each]))
    np.testing.assert_array_equal(table.unknown, np.concatenate([one.unknown for one in each]))
    assert set(fitted.statistics_) == {"id"}


def test_it_is_saved_pickled_and_exported_as_one(fitted: te.TabularRegressor, tmp_path) -> None:
    X, _ = rows()
    want = fitted.predict(X)
    fitted.save(tmp_path / "saved")
    loaded = te.TabularRegressor.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.predict(X), want)
    assert loaded.tables_["id"] == fitted.tables_["id"]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), want)

    folder = fitted.export(tmp_path / "served")
    np.testing.assert_array_equal(np.ravel(te.load(tmp_path / "served").predict(X)), want)
    signatures = tf.saved_model.load(str(folder)).signatures
    raw = {"dest": tf.constant(["a", ""]), "id": tf.constant(["7", "new"]), "km": tf.constant([0.5, np.nan])}
    tables = fitted.tables_
    vectors = [np.concatenate([tables["dest"]["a"], tables["id"]["7"]])]
    vectors.append(np.concatenate([tables["dest"].missing, tables["id"].unknown]))
    np.testing.assert_array_equal(signatures["embed"](**raw)["embedding"], vectors)
    np.testing.assert_array_equal(signatures["lookup_id"](label=raw["id"])["vector"][0], tables["id"]["7"])

    fitted.export_onnx(tmp_path / "bag.onnx")
    np.testing.assert_allclose(te.load_onnx(tmp_path / "bag.onnx").predict(X), want, atol=1e-4)


def test_what_columns_add_sums_up_for_several_classes() -> None:
    X, y = rows()
    classes = pd.cut(y, [-np.inf, -0.5, 0.8, np.inf], labels=["low", "mid", "high"]).astype(str)
    est = te.TabularClassifier(**{**SETTINGS, "network": "mlp"}).fit(X, classes)
    added = integrated_gradients(est.model_, est.schema_, est.schema_.encode(X.head(40)), steps=200)
    np.testing.assert_allclose(added.outputs, est.predict_proba(X.head(40)).max(axis=1), atol=1e-5)
    np.testing.assert_allclose(added.values.sum(axis=1), added.outputs - added.baseline, atol=2e-3)
    assert np.abs(added.values).max(axis=0).min() > 0, "every column adds"


def test_partial_fit_goes_on_with_each_model(fitted: te.TabularRegressor, tmp_path) -> None:
    fitted.save(tmp_path / "saved")
    est = te.TabularRegressor.load(tmp_path / "saved")
    X = pd.DataFrame({"dest": ["new"] * 200, "id": ["7"] * 200, "km": np.linspace(-1, 1, 200)})
    before = np.abs(est.predict(X) - (X["km"] + 9)).mean()
    for _ in range(2):
        est.partial_fit(X, X["km"] + 9)
    assert [len(te.extract_tables(part, est.schema_)["dest"]) for part in parts_of(est.model_)] == [7, 7]
    assert np.abs(est.predict(X) - (X["km"] + 9)).mean() < before
    assert len(est.history_["loss"]) == est.n_epochs_ == fitted.n_epochs_ + 2
    kept = [part.get_layer("km.embedding").edges for part in parts_of(est.model_)]
    assert kept == [part.get_layer("km.embedding").edges for part in parts_of(fitted.model_)]
    first = te.TabularRegressor(**SETTINGS).partial_fit(*rows())
    assert len(parts_of(first.model_)) == 2


def test_several_targets_and_other_networks() -> None:
    X, y = rows(200)
    est = te.TabularRegressor(**{**SETTINGS, "network": "mlp"}).fit(X, pd.DataFrame({"delay": y, "twice": 2 * y}))
    assert list(est.predict(X)) == ["delay", "twice"]
    assert len(parts_of(est.model_)) == 2


def test_files_in_a_stream(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows()
    X.assign(y=y).to_parquet(tmp_path / "rows.parquet")
    monkeypatch.setattr(streamed, "_AT_ONCE", 100)
    est = te.TabularRegressor(**SETTINGS).fit(tmp_path / "rows.parquet", "y")
    assert len(parts_of(est.model_)) == 2
    assert np.isfinite(est.predict(X)).all()


def test_the_losses_are_means_of_those_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    class History:
        def __init__(self, *losses: float) -> None:
            self.history = {"loss": list(losses)}

    est = te.TabularRegressor()
    est._set_history([History(4.0, 2.0), History(2.0, 1.0, 0.5)])
    assert est.history_ == {"loss": [3.0, 1.5, 0.5]}
    assert est.n_epochs_ == 3


@pytest.mark.parametrize(("seconds", "begun"), [(None, 4), (100, 4), (40, 3), (35, 2), (5, 1)])
def test_a_training_begins_where_the_longest_would_end_in_time(
    seconds: float | None, begun: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: clock[0])
    ran = 0
    for callbacks in TimeLimit.rounds(seconds, None, 4):
        assert len(callbacks) == (seconds is not None)
        clock[0] += 12.0 if ran == 0 else 10.0
        ran += 1
    assert ran == begun


def test_a_bag_of_one_is_that_model() -> None:
    X, y = rows(50)
    model = te.build_model(te.infer_schema(X.assign(y=y), "y"))
    assert bag_of([model]) is model
    assert parts_of(model) == [model]
