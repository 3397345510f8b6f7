"""The plain network beside one that sees target statistics: it teaches the tables and has no say in the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_predict

import tabembed as te
from tabembed.nn import model as building
from tabembed.nn.aside import NAME
from tabembed.nn.grow import grow_model
from tabembed.nn.learn_statistics import learn_statistics
from tabembed.nn.members import MemberMean
from tabembed.nn.statistics import TargetStatistics


@pytest.fixture(scope="module")
def effects() -> np.ndarray:
    """What each label adds."""
    return np.random.default_rng(1).normal(size=150)


@pytest.fixture(scope="module")
def frame(effects: np.ndarray) -> pd.DataFrame:
    """1,500 rows of two columns of many labels, and as much noise as a label adds."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(effects), (2, 1500))
    return pd.DataFrame({"a": a, "b": b}).astype(str).assign(y=effects[a] + effects[b] + rng.normal(size=1500))


@pytest.fixture(scope="module")
def schema(frame: pd.DataFrame) -> te.Schema:
    """Of the rows, both columns labels."""
    return te.infer_schema(frame, "y", kinds={"a": te.Categorical(), "b": te.Categorical()})


@pytest.fixture(scope="module")
def statistics(schema: te.Schema, frame: pd.DataFrame) -> TargetStatistics:
    """Of the rows."""
    found = learn_statistics(schema, schema.encode(frame), schema.encode_target(frame), None, pairs=0)
    assert found is not None
    return found[0]


@contextmanager
def without_aside() -> Iterator[None]:
    """Build models as they were before there was one."""
    model_of = building.model_of
    with patch.object(building, "model_of", lambda inputs, outputs, network, aside: model_of(inputs, outputs, network)):
        yield


@pytest.mark.parametrize(("network", "shape"), [("tabm", (4, 8 + 16, 1)), ("mlp", (4, 1 + 2, 1))])
def test_it_is_trained_beside_and_has_no_say(
    schema: te.Schema, frame: pd.DataFrame, statistics: TargetStatistics, network: str, shape: tuple[int, ...]
) -> None:
    model = te.build_model(schema, network, statistics=statistics, random_state=0)
    rows = schema.inputs(frame[:4])
    before, trained = model.predict(rows, verbose=0), keras.ops.convert_to_numpy(model(rows, training=True))
    assert trained.shape == shape
    aside = model.get_layer(f"{NAME}.linear")
    aside.set_weights([weights + 3.0 for weights in aside.get_weights()])
    np.testing.assert_array_equal(model.predict(rows, verbose=0), before)
    own = shape[1] // 3
    changed = keras.ops.convert_to_numpy(model(rows, training=True)) != trained
    assert changed[:, own:].all()


def test_it_sees_the_labels_and_no_statistics(
    schema: te.Schema, frame: pd.DataFrame, statistics: TargetStatistics
) -> None:
    model = te.build_model(schema, "tabm", statistics=statistics, random_state=0)
    aside = keras.Model(model.inputs, model.get_layer(f"{NAME}.prediction").output)
    rows = schema.inputs(frame[:50])
    before = aside.predict(rows, verbose=0)
    lookup = model.get_layer("target.statistics")
    keys, vectors, counts, default = lookup.get_weights()
    lookup.set_weights([keys, vectors + 1, counts, default + 1])
    np.testing.assert_array_equal(aside.predict(rows, verbose=0), before)
    first = model.get_layer("a.embedding")
    first.set_weights([weights + 1 for weights in first.get_weights()])
    assert (aside.predict(rows, verbose=0) != before).all()


def test_metrics_of_training_are_the_answers(schema: te.Schema, statistics: TargetStatistics) -> None:
    model = te.build_model(schema, "tabm", statistics=statistics, random_state=0)
    model.compile("sgd", "mse", metrics=["mae"])
    members = np.zeros((3, 24, 1), "float32")
    members[:, 8:] = 1e6
    told = model.compute_metrics(None, np.ones((3, 1), "float32"), members)
    assert float(told["mae"]) == pytest.approx(1.0)


def test_the_tables_tell_by_themselves_what_labels_add(frame: pd.DataFrame, effects: np.ndarray) -> None:
    def told() -> float:
        kinds = {"a": te.Categorical(dim=4), "b": te.Categorical(dim=4)}
        est = te.TabularRegressor(kinds=kinds, random_state=0, verbose=0).fit(frame[["a", "b"]], frame["y"])
        assert "a" in est.statistics_
        truth = effects[[int(label) for label in est.tables_["a"].labels]]
        guess = cross_val_predict(LinearRegression(), est.tables_["a"].vectors, truth, cv=5)
        return float(np.corrcoef(guess, truth)[0, 1])

    with without_aside():
        before = told()  # .77
    assert told() > before + 0.05  # .85


def test_models_of_before_grow_and_go_on(schema: te.Schema, frame: pd.DataFrame, statistics: TargetStatistics) -> None:
    with without_aside():
        old = te.build_model(schema, "tabm", statistics=statistics, random_state=0)
    assert not any(layer.name.startswith(NAME) for layer in old.layers)
    after = schema.grown(frame.assign(a="new"))
    grown = grow_model(old, schema, after, "tabm", random_state=0)
    assert any(layer.name.startswith(NAME) for layer in grown.layers)
    np.testing.assert_allclose(
        grown.predict(after.inputs(frame[:50]), verbose=0), old.predict(schema.inputs(frame[:50]), verbose=0), rtol=1e-5
    )


def test_columns_may_have_its_name(frame: pd.DataFrame) -> None:
    names = {"a": "aside", "b": "target"}
    X, settings = frame[["a", "b"]], {"epochs": 1, "random_state": 0, "verbose": 0}
    plain = te.TabularRegressor(kinds=dict.fromkeys(names, te.Categorical()), **settings).fit(X, frame["y"])
    kinds = dict.fromkeys(names.values(), te.Categorical())
    named = te.TabularRegressor(kinds=kinds, **settings).fit(X.rename(columns=names), frame["y"])
    assert named.statistics_
    np.testing.assert_allclose(named.predict(X.rename(columns=names)), plain.predict(X), rtol=1e-4, atol=1e-5)


def test_the_mean_of_models_without_members_is_their_answer() -> None:
    values, beside = np.array([[1.0, 2.0]], "float32"), np.array([[9.0, 9.0]], "float32")
    assert MemberMean()([values, beside]).numpy().tolist() == [[1.0, 2.0]]
    assert MemberMean()([values, beside], training=True).numpy().tolist() == [[[1.0, 2.0], [9.0, 9.0], [9.0, 9.0]]]
