"""`partial_fit` goes on training, and makes room for new labels."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.grow import grow_model

pytestmark = pytest.mark.usefixtures("eagerly")

TINY = 1e-12
"""A learning rate that moves nothing float32 could show."""


@pytest.fixture
def more(X: pd.DataFrame) -> pd.DataFrame:
    """40 rows with a city that is new, more frequent than all others."""
    return X[:40].assign(city="e")


@pytest.fixture
def est(quick: Any, X: pd.DataFrame, y: pd.Series) -> te.TabularRegressor:
    """Fitted, for this test alone."""
    return quick.regressor().fit(X, y)


def state(est: Any) -> dict[str, Any]:
    """Return all that a refusal must leave alone."""
    kept = {**vars(est), "weights": [array.tolist() for array in est.model_.get_weights()]}
    return {**kept, "optimizer": [variable.numpy().tolist() for variable in est.model_.optimizer.variables]}


# growth


def test_old_vectors_stay_and_new_ones_start_from_unknown(
    est: te.TabularRegressor, more: pd.DataFrame, X: pd.DataFrame, y: pd.Series
) -> None:
    before, model, predicted = est.tables_, est.model_, est.predict(X)
    assert est.set_params(learning_rate=TINY).partial_fit(more, y[:40]) is est
    after = est.tables_
    assert after["city"].labels != before["city"].labels
    assert set(after["city"].labels) == {*before["city"].labels, "e"}
    assert est.model_ is not model
    for name in before:
        np.testing.assert_allclose(after[name].lookup(before[name].labels), before[name].vectors, rtol=0, atol=1e-9)
    np.testing.assert_allclose(after["city"]["e"], before["city"].unknown, rtol=0, atol=1e-9)
    assert after["city"].counts[after["city"].labels.index("e")] == 40
    assert est.schema_.column("city").rows == 280
    np.testing.assert_allclose(est.predict(X), predicted, rtol=1e-5)
    assert est.schema_["city"].counts.sum() == 240 + 40


@pytest.mark.parametrize("new", ["e", None])
def test_a_model_grows_exactly(est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series, new: str | None) -> None:
    """In a new model where a label is new; in place where only the order of the ids changed."""
    rows = X[:100].assign(city=new or est.schema_["city"].labels[-1], sales=y[:100])
    before, grown = est.tables_, est.schema_.grown(rows)
    assert grown["city"].labels[0] != est.schema_["city"].labels[0]
    predicted = est.predict(X)
    moments = row_state(est.model_, est.schema_, "city")
    iterations = int(est.model_.optimizer.iterations)
    model = grow_model(est.model_, est.schema_, grown, "mlp", random_state=1, hidden=(8,))
    assert (model is est.model_) == (new is None)
    after = te.extract_tables(model, grown)
    for name, table in before.items():
        assert np.array_equal(after[name].lookup(list(table.labels)), table.vectors)
        assert np.array_equal(after[name].missing, table.missing)
        assert np.array_equal(after[name].unknown, table.unknown)
    if new:
        assert np.array_equal(after["city"]["e"], before["city"].unknown)
    np.testing.assert_allclose(model.predict(grown.inputs(X), verbose=0)[:, 0], predicted, rtol=1e-5)
    moved = row_state(model, grown, "city")
    assert {label: moved[label] for label in moments} == moments
    assert int(model.optimizer.iterations) == iterations > 0
    fresh = te.build_model(grown, hidden=(8,))
    weights = [one.get_layer("city.prior").get_weights()[0] for one in (model, fresh)]
    assert np.array_equal(*weights)


def row_state(model: keras.Model, schema: te.Schema, column: str) -> dict[str, Any]:
    """Return {label: (first moment, second moment, stamp)} of a column's rows."""
    optimizer = model.optimizer
    at = [variable.path for variable in model.trainable_variables].index(f"{column}.embedding/embeddings")
    slots = [getattr(optimizer, name)[at].numpy() for name in ("_momentums", "_velocities", "_stamps")]
    return {label: [slot[row].tolist() for slot in slots] for row, label in enumerate(schema[column].labels, 2)}


def test_a_new_row_is_born_with_an_empty_state(est: te.TabularRegressor, more: pd.DataFrame, y: pd.Series) -> None:
    grown = est.schema_.grown(more.assign(sales=y[:40]))
    model = grow_model(est.model_, est.schema_, grown, "mlp", hidden=(8,))
    first, second, stamp = row_state(model, grown, "city")["e"]
    assert not any([*first, *second])
    assert stamp == int(model.optimizer.iterations) * 256


def test_columns_of_one_table_grow_together(quick: Any) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(["A", "B"], 80), "b": rng.choice(["B", "C"], 80)})
    kinds = dict.fromkeys("ab", te.Categorical(table="t"))
    est = quick.regressor(kinds=kinds, learning_rate=1e-9).fit(X, rng.normal(size=80))
    before = est.tables_["a"]
    est.partial_fit(X.assign(a="D"), rng.normal(size=80))
    tables = est.tables_
    after = tables["b"]
    assert after is tables["a"]
    assert set(after.labels) == set("ABCD")
    np.testing.assert_allclose(after.lookup(list(before.labels)), before.vectors, rtol=0, atol=1e-6)
    np.testing.assert_allclose(after["D"], before.unknown, rtol=0, atol=1e-6)


def test_rare_labels_wait_until_they_are_frequent(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    est = quick.regressor(kinds={"city": te.Categorical(min_count=15)}).fit(X, y)
    rows = X[:10].assign(city="e")
    model = est.model_
    est.partial_fit(rows, y[:10])
    assert "e" not in est.tables_["city"].labels
    assert est.model_ is model
    est.partial_fit(rows, y[:10])
    assert "e" in est.tables_["city"].labels


# training


def test_it_learns_from_call_to_call(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    est = quick.regressor(learning_rate=0.3)
    for _ in range(6):
        est.partial_fit(X, y)
    losses = est.history_["loss"]
    assert (len(losses), est.n_epochs_) == (6, 6)
    assert losses[-1] < 0.8 * losses[0]
    assert est.metrics_["on"] == "rows of the last partial_fit, before it learned from them"
    assert est.metrics_["model"]["rmse"] < 0.9 * est.metrics_["baseline"]["rmse"]
    assert int(est.model_.optimizer.iterations) == 6 * 4
    assert est.feature_names_in_.tolist() == list(X)


def test_after_fit_it_goes_on(est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    loss, predicted, mean = est.history_["loss"], est.predict(X), est.schema_.target.mean
    model = est.model_
    est.partial_fit(X, y + 50, sample_weight=np.ones(240))
    assert est.model_ is model
    assert est.history_["loss"][:-1] == loss
    assert est.n_epochs_ == 2
    assert est.schema_.target.mean == mean
    assert est.metrics_["rows"] == 240
    assert est.metrics_["model"]["mae"] == pytest.approx(np.abs(predicted - y - 50).mean(), rel=1e-4)
    assert not np.array_equal(est.predict(X), predicted)
    optimizer = model.optimizer
    est.partial_fit(X[:3], y[:3])
    assert model.optimizer is optimizer
    assert float(optimizer.learning_rate) == pytest.approx(6e-4)
    est.set_params(weight_decay=0.0).partial_fit(X[:3], y[:3])
    assert model.optimizer is not optimizer


def test_the_priors_keep_their_strength(est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    strength = est.model_.get_layer("city.prior").strength
    est.partial_fit(X, y).partial_fit(X, y, sample_weight=np.ones(240))
    assert est.model_.get_layer("city.prior").strength == pytest.approx(strength)


def test_a_seed_repeats_it(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    X, y = X[:64], y[:64]
    one, other = (quick.regressor().partial_fit(X, y).partial_fit(X.assign(city="e"), y) for _ in range(2))
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_it_is_traced_as_well(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)  # the fixture's end is the same
    est = quick.regressor(batch_size=4).partial_fit(X, y)
    call = est.predict(X)
    est.partial_fit(X[:5], y[:5]).partial_fit(X[:30].assign(city="e"), y[:30], sample_weight=np.ones(30))
    assert int(est.model_.optimizer.iterations) == 60 + 2 + 8
    assert not np.array_equal(est.predict(X), call)


# classes


def test_classes_of_the_first_rows(quick: Any, X: pd.DataFrame, classes: np.ndarray) -> None:
    est = quick.classifier().partial_fit(X, classes)
    assert est.classes_.tolist() == ["low", "mid", "top"]
    est.partial_fit(X[:5], classes[:5], classes=["top", "mid", "low"])
    assert sum(est.schema_.target.counts) == 245
    assert est.predict_proba(X).shape == (240, 3)


@pytest.mark.parametrize("declared", [np.array([2, 1]), [1, 2, 3]])
def test_declared_classes_need_not_be_there(quick: Any, X: pd.DataFrame, declared: Any) -> None:
    est = quick.classifier().partial_fit(X, np.ones(240, int), classes=declared)
    assert est.classes_.tolist() == sorted(np.asarray(declared).tolist())
    probabilities = est.predict_proba(X)
    assert np.isfinite(probabilities).all()
    assert probabilities.shape == (240, len(declared))
    est.partial_fit(X[:50], np.full(50, 2))
    assert est.schema_.target.counts[:2] == (240, 50)
    assert np.isfinite(est.metrics_["baseline"]["log_loss"])


# refusals


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: {"y": y.where(y > 90)}, "target 'sales' must be there in every row"),
        (lambda X, y: {"y": y[:7]}, "X and y must be equally long, however: 240 and 7 rows"),
        (lambda X, y: {"X": X.drop(columns="x")}, "yet now missing"),
        (lambda X, y: {"X": X.assign(other=1)}, "unseen at fit time"),
        (lambda X, y: {"X": X.assign(x="far")}, "column 'x' must hold numbers"),
        (lambda X, y: {"X": X[:0], "y": y[:0]}, "the data must hold at least one row, however: it has none"),
        (
            lambda X, y: {"X": "new.parquet"},
            "`X` must hold rows for partial_fit, however: it names files .*; read them",
        ),
        (lambda X, y: {"classes": [1, 2]}, "`classes` must be None for numbers, however: .*; leave it out"),
        (lambda X, y: {"sample_weight": -np.ones(240)}, "`sample_weight` must be numbers of 0 or more"),
    ],
)
def test_a_refusal_leaves_it_as_it_was(
    est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series, change: Any, message: str
) -> None:
    before = state(est)
    with pytest.raises(ValueError, match=message):
        est.partial_fit(**{"X": X.assign(city="new"), "y": y, **change(X, y)})
    assert state(est) == before


def test_another_network_is_refused(est: te.TabularRegressor, more: pd.DataFrame, y: pd.Series) -> None:
    before = state(est.set_params(network_options={"hidden": (9,)}))
    with pytest.raises(te.DataError, match="`network_options` must be those that the model was built with, however: "):
        est.partial_fit(more, y[:40])
    assert state(est) == before


def test_a_refused_first_call_leaves_it_unfitted(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    for est, arguments, message in (
        (quick.regressor(), {"classes": [1, 2]}, "`classes` must be None"),
        (quick.regressor(), {"sample_weight": [1]}, "`sample_weight` must have one weight a row"),
        (quick.classifier(), {"classes": [1]}, "`classes` must list two classes or more"),
    ):
        before = dict(vars(est))
        with pytest.raises(te.DataError, match=message):
            est.partial_fit(X, y, **arguments)
        assert vars(est) == before


def test_new_classes_are_refused(quick: Any, X: pd.DataFrame, classes: np.ndarray) -> None:
    est = quick.classifier().fit(X, classes)
    before = state(est)
    new = np.where(np.arange(240) == 3, "huge", classes)
    with pytest.raises(te.DataError, match=r"'huge' in row 3 is new; .* partial_fit\(..., classes=\[...\]\)"):
        est.partial_fit(X, new)
    with pytest.raises(te.DataError, match=r"`classes` must be those of the first call, \['low', 'mid', 'top'\]"):
        est.partial_fit(X, classes, classes=["low", "top"])
    assert state(est) == before
    with pytest.raises(te.DataError, match="'huge'"):
        quick.classifier().partial_fit(X, new, classes=["low", "mid", "top"])


# afterwards


@pytest.mark.parametrize("how", ["save", "pickle"])
def test_it_goes_on_after_a_round_trip(
    est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series, more: pd.DataFrame, tmp_path: Path, how: str
) -> None:
    est.partial_fit(more, y[:40])
    if how == "save":
        est.save(tmp_path / "est")
        again = te.TabularRegressor.load(tmp_path / "est")
    else:
        again = pickle.loads(pickle.dumps(est))
    assert (again.history_, again.n_epochs_, again.metrics_) == (est.history_, est.n_epochs_, est.metrics_)
    for one in (est, again):
        one.partial_fit(more.assign(city="f"), y[:40]).partial_fit(X, y)
    assert again.tables_["city"].labels == est.tables_["city"].labels
    np.testing.assert_allclose(again.predict(X), est.predict(X), rtol=1e-5)
    assert again.history_["loss"] == pytest.approx(est.history_["loss"])


def test_it_exports(est: te.TabularRegressor, X: pd.DataFrame, y: pd.Series, tmp_path: Path) -> None:
    est.partial_fit(X.assign(city="e"), y)
    served = te.load(est.export(tmp_path / "m"))
    assert served.tables == est.tables_
    np.testing.assert_allclose(served.predict(X.assign(city="e")), est.predict(X.assign(city="e")), rtol=1e-4)
