"""Presets, the rows that choose the best epoch, and the limit of time."""

import time

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.estimators import presets, streamed
from tabembed.estimators.presets import PRESETS
from tabembed.nn.time_limit import TimeLimit
from tests.later import some_later

QUICK = {"epochs": 1, "batch_size": 100, "random_state": 0, "verbose": 0}


def rows(count=2_000, labels=60, seed=0):
    """Return a table whose target hangs on a pair of labels, and a bit on a number."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({name: rng.integers(0, labels, count).astype(str) for name in ("a", "b")})
    effect = rng.normal(size=(5, 5))
    df["n"] = rng.normal(size=count)
    y = effect[df["a"].astype(int) % 5, df["b"].astype(int) % 5] + 0.3 * np.sin(3 * df["n"])
    return df, y + 0.2 * rng.normal(size=count)


@pytest.mark.usefixtures("eagerly")
def test_the_default_learns_statistics_and_bins_and_fast_does_not():
    X, y = rows(400)
    fast = te.TabularRegressor(preset="fast", **QUICK).fit(X, y)
    assert fast.statistics_ == {}
    assert fast.schema_["n"].embedding is None
    default = te.TabularRegressor(**QUICK).fit(X, y)
    assert default.get_params()["preset"] == "default"
    assert set(default.statistics_) >= {"a", "b"}
    assert (default.schema_["n"].embedding, default.schema_["n"].bins) == ("ple", "target")


@pytest.mark.usefixtures("eagerly")
def test_what_is_given_comes_before_the_preset():
    X, y = rows(400)
    est = te.TabularRegressor(network="resnet", kinds={"n": te.Numeric(transform="robust")}, **QUICK).fit(X, y)
    assert "resnet" in est.model_.name
    assert est.schema_["n"].embedding is None
    assert est.statistics_


def steps_of(labels, **settings):
    """Return the steps of an epoch of 15,000 rows, a number and one of so many labels each, and the batch size kept."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"km": rng.normal(size=15_000), "who": rng.integers(0, labels, 15_000).astype(str)})
    y = X["km"] + rng.normal(size=labels)[X["who"].astype(int)] + rng.normal(size=15_000)
    est = te.TabularRegressor(epochs=1, random_state=0, verbose=0, **settings).fit(X, y)
    return int(est.model_.optimizer.iterations), est._training()["batch_size"]


def test_batches_are_small_where_no_label_has_few_rows():
    for few, labels, settings in (
        (False, 5, {}),
        (True, 2_000, {}),
        (False, 2_000, {"batch_size": "small"}),
        (True, 5, {"preset": "fast"}),
    ):
        steps, batch_size = steps_of(labels, **settings)
        assert steps < 60 if few else steps > 100
        assert batch_size == ("auto" if few else "small")


@pytest.mark.parametrize("preset", some_later([*PRESETS], "best"))
@pytest.mark.usefixtures("eagerly")
def test_each_preset_survives_its_files(preset, tmp_path):
    X, y = rows(300)
    est = te.TabularClassifier(preset=preset, **QUICK).fit(X, y > 0)
    answer = est.predict_proba(X)
    est.save(tmp_path / "saved")
    again = te.TabularClassifier.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict_proba(X), answer)
    assert list(again.statistics_) == list(est.statistics_)
    est.export(tmp_path / "exported")
    unseen = X.assign(a="never seen", b=None)
    for rows_ in (X, unseen):
        served = te.load(tmp_path / "exported").predict_proba(rows_)
        np.testing.assert_allclose(served, est.predict_proba(rows_), atol=1e-6)
    assert set(est.tables_) == {"a", "b"}


def test_statistics_go_into_onnx(tmp_path):
    X, y = rows(300)
    est = te.TabularClassifier(epochs=1, random_state=0, verbose=0).fit(X, y > 0)
    est.export_onnx(tmp_path / "model.onnx")
    both = pd.concat([X, X[:3].assign(a="never seen"), X[:3].assign(b=None)])
    found = te.load_onnx(tmp_path / "model.onnx").predict_proba(both)
    np.testing.assert_allclose(found, est.predict_proba(both), atol=1e-6)


def test_statistics_of_noise_are_told_as_noise():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"many": rng.integers(0, 200, 1_000).astype(str), "few": rng.choice(list("abcdefghijklmnop"), 1_000)}
    )
    est = te.TabularRegressor(epochs=5, random_state=0, verbose=0).fit(X, rng.normal(size=1_000))
    # Held-out rows are looked up in statistics that don't know their targets.
    assert est.metrics_["on"] == "held-out rows"
    assert est.metrics_["model"]["r2"] < 0.05


@pytest.mark.usefixtures("eagerly")
def test_partial_fit_goes_on_with_the_statistics():
    X, y = rows(400)
    est = te.TabularRegressor(**QUICK).fit(X, y)
    before = est.statistics_
    est.partial_fit(X[:50].assign(a="new"), y[:50])
    assert "new" in est.tables_["a"]
    for name, table in before.items():
        assert set(est.statistics_[name].labels) == set(table.labels)
        np.testing.assert_array_equal(est.statistics_[name][table.labels[0]], table[table.labels[0]])


@pytest.mark.usefixtures("eagerly")
def test_many_rows_have_a_second_layer_and_a_linear_path_and_keep_them(monkeypatch, tmp_path):
    X, y = rows(400)
    few = te.TabularRegressor(**QUICK).fit(X, y)
    monkeypatch.setattr(presets, "MANY_ROWS", 400)
    many = te.TabularRegressor(**QUICK).fit(X, y)
    given = te.TabularRegressor(network_options={"hidden": (7, 7, 7)}, **QUICK).fit(X, y)
    assert [layers(est) for est in (few, many, given)] == [1, 2, 3]
    assert [linear(est) for est in (few, many, given)] == [False, True, True]
    assert linear(te.TabularRegressor(network_options={"linear": True}, **QUICK).fit(X[:300], y[:300]))
    assert layers(te.TabularRegressor(network="mlp", **QUICK).fit(X, y)) == 2  # its own
    X.assign(y=y).to_parquet(tmp_path / "rows.parquet")
    monkeypatch.setattr(streamed, "_AT_ONCE", 100)
    assert layers(te.TabularRegressor(**QUICK).fit(tmp_path / "rows.parquet", "y")) == 2
    new = X.assign(a="new")
    many.partial_fit(new[:50], y[:50])
    assert layers(many) == 2
    assert linear(many)
    few.partial_fit(new, y)  # as many rows as "many" by now, however
    assert layers(few) == 1
    assert not linear(few)


@pytest.mark.usefixtures("eagerly")
def test_models_of_other_presets_keep_their_layers():
    X, y = rows(400)
    before = te.TabularRegressor(network_options={"linear": True}, **QUICK).fit(X, y)
    before.set_params(network_options=None)
    before.network_options_ = {}  # as saved when `default` had a linear path everywhere
    before.partial_fit(X[:50].assign(a="new"), y[:50])
    assert linear(before)
    before.set_params(network_options={"linear": False})
    with pytest.raises(te.DataError, match=r"built with, however: layer 'head\.linear' would be lost; set them back"):
        before.partial_fit(X[:50].assign(a="newer"), y[:50])
    first = te.TabularRegressor(**QUICK).partial_fit(X, y)
    assert not linear(first.partial_fit(X.assign(a="new"), y))


def layers(est):
    return sum(layer.name.startswith(("tabm.dense_", "mlp.dense_")) for layer in est.model_.layers)


def linear(est):
    return any(layer.name == "head.linear" for layer in est.model_.layers)


def test_importance_adds_up_with_statistics():
    X, y = rows(400)
    est = te.TabularRegressor(epochs=2, random_state=0, verbose=0).fit(X, y)
    found = te.importance(est, est.schema_, X, method="integrated_gradients", random_state=0)
    assert set(found.columns) == {"a", "b", "n"}
    added = found.attributions.sum(axis=1)
    np.testing.assert_allclose(added, found.outputs - found.baseline, atol=0.02 * np.ptp(found.outputs))


def test_the_last_rows_can_choose_the_best_epoch():
    X, y = rows(400)
    seen = []

    def last(X, y):
        seen.append((X, y))
        return np.arange(len(X)) >= 360

    settings = {"preset": "fast", "epochs": 3, "random_state": 0, "verbose": 0}
    named = te.TabularRegressor(validation="last", **settings).fit(X, y)
    told = te.TabularRegressor(validation=last, **settings).fit(X, y)
    by_chance = te.TabularRegressor(**settings).fit(X, y)
    assert named.history_ == told.history_ != by_chance.history_
    assert named.metrics_["rows"] == 40
    assert seen[0][0] is X
    assert seen[0][1] is y


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ("first", "`validation` must be 'random', 'last' or a function of X and y, however: validation='first'"),
        (3, "`validation` must be 'random', 'last' or a function"),
        (lambda X, y: np.arange(3), "True or False for each of the 100 rows, however: it returned int64 of shape"),
        (lambda X, y: np.ones(len(X), bool), "must hold out some rows, not all of 100"),
        (lambda X, y: np.zeros(len(X), bool), "must hold out some rows, not none of 100"),
    ],
)
def test_other_ways_to_hold_out_are_refused(validation, said):
    X, y = rows(100)
    with pytest.raises(te.DataError, match=said):
        te.TabularRegressor(validation=validation, verbose=0).fit(X, y)


def test_rows_of_weight_zero_judge_nothing():
    X, y = rows(100)
    weights = np.r_[np.ones(90), np.zeros(10)]
    est = te.TabularRegressor(preset="fast", validation="last", epochs=1, verbose=0).fit(X, y, sample_weight=weights)
    assert est.metrics_["on"] == "training rows"


def test_files_are_held_out_by_chance_only(tmp_path):
    X, y = rows(100)
    X.assign(y=y).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(te.DataError, match="`validation` must be 'random' for files, whose rows are streamed"):
        te.TabularRegressor(validation="last", verbose=0).fit(tmp_path / "rows.parquet", "y")


@pytest.mark.usefixtures("eagerly")
def test_few_rows_of_files_are_learned_as_a_frames_are_and_many_are_streamed(tmp_path, monkeypatch):
    X, y = rows(400)
    X.assign(y=y, w=1.0).to_parquet(tmp_path / "rows.parquet")
    few = te.TabularRegressor(**QUICK).fit(tmp_path / "rows.parquet", "y", sample_weight="w")
    frame = te.TabularRegressor(**QUICK).fit(X, y, sample_weight=np.ones(len(X)))
    np.testing.assert_allclose(few.predict(X), frame.predict(X), rtol=1e-5)
    assert few.statistics_
    monkeypatch.setattr(streamed, "_AT_ONCE", 100)
    many = te.TabularRegressor(**QUICK, time_limit=600).fit(tmp_path / "rows.parquet", "y")
    assert many.statistics_ == {}
    assert many.schema_["n"].embedding == "ple"


@pytest.mark.parametrize("preset", ["slow", None, 3])
def test_other_presets_are_refused(preset):
    X, y = rows(100)
    with pytest.raises(te.DataError, match="`preset` must be one of fast, default, best, however: preset="):
        te.TabularRegressor(preset=preset, verbose=0).fit(X, y)


def test_a_limit_of_time_is_kept():
    X, y = rows(4_000)
    settings = {"preset": "fast", "random_state": 0, "verbose": 0, "patience": 10_000, "epochs": 10_000}
    te.TabularRegressor(**{**settings, "epochs": 1}).fit(X, y)  # what is imported and compiled once
    began = time.monotonic()
    est = te.TabularRegressor(time_limit=12, **settings).fit(X, y)
    assert time.monotonic() - began < 12 * 1.2
    assert 1 <= est.n_epochs_ < 10_000
    assert est.metrics_["model"]["rmse"] < est.metrics_["baseline"]["rmse"]


@pytest.mark.parametrize("at_once", [0, 500_000])
def test_the_limit_counts_from_the_call_of_fit_for_files_too(at_once, tmp_path, monkeypatch):
    X, y = rows(100)
    X.assign(y=y).to_parquet(tmp_path / "rows.parquet")
    monkeypatch.setattr(streamed, "_AT_ONCE", at_once)
    seen = []

    def rounds(cls, seconds, started, most):
        seen.append((seconds, started, most))
        yield []

    monkeypatch.setattr(TimeLimit, "rounds", classmethod(rounds))
    learned = []
    own = streamed.infer_schema
    monkeypatch.setattr(streamed, "infer_schema", lambda *a, **k: [own(*a, **k), learned.append(time.monotonic())][0])
    te.TabularRegressor(epochs=1, time_limit=60, verbose=0).fit(tmp_path / "rows.parquet", "y")
    ((seconds, started, most),) = seen
    assert (seconds, most) == (60, 1)
    assert started < learned[0], "before the schema was learned"


@pytest.mark.parametrize("limit", [0, -1, "a minute", True])
def test_other_limits_are_refused(limit):
    X, y = rows(100)
    with pytest.raises(te.DataError, match="`time_limit` must be seconds above 0, or None, however: time_limit="):
        te.TabularRegressor(time_limit=limit, verbose=0).fit(X, y)
