"""``te.importance``: it finds the columns that count, its sums come out, and its picture shows them."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.estimators.importance import Importance
from tabembed.io import DataError
from tests.serving import test_all_kinds as every_kind

mpl.use("Agg")
every_frame = every_kind.frame
TINY: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (8,)},
    "transformer": {"blocks": 1, "dim": 8, "heads": 2},
    "tabm": {"k": 3, "hidden": (8,)},
    "wide_deep": {"hidden": (8,)},
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """800 rows whose target hangs on ``shop`` most, on ``km`` less, and on nothing else."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "noise": rng.choice(list("pqrs"), 800),
            "km": rng.normal(size=800),
            "shop": rng.choice(list("abcdef"), 800),
            "hum": rng.normal(size=800),
        }
    )
    frame["y"] = frame["shop"].map(dict(zip("abcdef", range(0, 30, 5), strict=True))) + 2 * frame["km"]
    frame["late"] = frame["y"] > 12
    frame["third"] = pd.cut(frame["y"], [-99, 8, 17, 99], labels=["x", "y", "z"]).astype(str)
    return frame


COLUMNS = ["noise", "km", "shop", "hum"]
TARGETS = {"y": te.TabularRegressor, "late": te.TabularClassifier, "third": te.TabularClassifier}


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> dict[str, Any]:
    """An estimator of each task."""
    return {
        target: kind(epochs=15, random_state=0, verbose=0, network_options={"hidden": (16,)}).fit(
            rows[COLUMNS], rows[target]
        )
        for target, kind in TARGETS.items()
    }


@pytest.mark.parametrize("method", ["permutation", "integrated_gradients"])
@pytest.mark.parametrize("target", ["y", "late", "third"])
def test_it_finds_the_columns_that_count(rows: pd.DataFrame, fitted: Any, target: str, method: str) -> None:
    est = fitted[target]
    data = rows[COLUMNS].assign(**{est.schema_.target.name: rows[target]})
    found = te.importance(est, est.schema_, data, method=method, random_state=0)
    assert found.columns[:2] == ("shop", "km")
    assert set(found.columns) == set(COLUMNS)
    assert (np.diff(found.values) <= 0).all()
    assert found.values[1] > 2 * abs(found.values[2])
    frame = found.to_frame()
    assert frame.index.tolist() == list(found.columns)
    assert frame["importance"].tolist() == found.values.tolist()
    assert "shop" in repr(found).splitlines()[1]


@pytest.mark.parametrize("target", ["y", "late", "third"])
def test_what_columns_add_sums_to_the_output_less_the_baselines(rows: pd.DataFrame, fitted: Any, target: str) -> None:
    est = fitted[target]
    found = te.importance(est, est.schema_, rows[COLUMNS], method="integrated_gradients")
    assert found.attributions is not None
    assert found.outputs is not None
    unit = found.outputs.std() if target == "y" else 1.0
    left = found.attributions.sum(axis=1) - (found.outputs - found.baseline)
    assert np.abs(left).max() < 0.02 * unit, "the steps of the integral"
    assert np.abs(left).mean() < 0.002 * unit
    if target == "y":
        np.testing.assert_allclose(found.outputs, est.predict(rows[COLUMNS]), atol=1e-4)
        assert np.ptp(found.baseline) == 0
    else:
        probabilities = est.predict_proba(rows[COLUMNS])
        want = probabilities[:, 1] if target == "late" else probabilities.max(axis=1)
        np.testing.assert_allclose(found.outputs, want, atol=1e-5)


def test_an_additive_models_attributions_are_its_terms(rows: pd.DataFrame) -> None:
    schema = te.infer_schema(rows[["shop", "km", "y"]], "y")
    model = te.build_model(schema, "linear", random_state=0)
    found = te.importance(model, schema, rows, method="integrated_gradients")
    assert found.attributions is not None
    km = found.attributions[:, found.columns.index("km")]
    slope = np.polyfit(rows["km"], km, 1)[0]
    np.testing.assert_allclose(km, slope * (rows["km"] - rows["km"].mean()), atol=1e-3 * rows["y"].std())


@pytest.mark.parametrize("network", TINY)
def test_every_kind_of_column_and_other_networks(every_frame: pd.DataFrame, network: str) -> None:
    part, kinds = every_kind.some(every_frame, tuple(every_kind.COLUMNS))
    schema = te.infer_schema(part, "y", kinds=kinds)
    model = te.build_model(schema, network, random_state=0, **TINY[network])
    found = te.importance(model, schema, part, method="integrated_gradients")
    assert set(found.columns) == set(schema.features)
    assert found.attributions is not None
    left = found.attributions.sum(axis=1) - (found.outputs - found.baseline)
    assert np.abs(left).max() < 0.05 * np.std(found.outputs)
    if network == "mlp":
        shuffled = te.importance(model, schema, part, n_repeats=1, max_samples=100, random_state=0)
        assert set(shuffled.columns) == set(schema.features)
        assert np.isfinite(shuffled.values).all()


def test_the_lstm_networks_sequence_counts(every_frame: pd.DataFrame) -> None:
    part, kinds = every_kind.some(every_frame, ("dest", "history"))
    schema = te.infer_schema(part, "y", kinds=kinds)
    model = te.build_model(schema, "lstm", random_state=0, units=4, hidden=(6,))
    found = te.importance(model, schema, part, method="integrated_gradients").to_frame()
    assert (found["importance"] > 0).all()


def test_a_seed_repeats_it_and_fewer_rows_are_drawn(rows: pd.DataFrame, fitted: Any) -> None:
    est = fitted["y"]
    data = rows[COLUMNS].assign(y=rows["y"]).rename(columns={"y": est.schema_.target.name})
    one, same, other = (
        te.importance(est, est.schema_, data, n_repeats=2, max_samples=50, random_state=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.values, same.values)
    assert not np.array_equal(one.values, other.values)
    some = te.importance(est, est.schema_, data, method="integrated_gradients", max_samples=50)
    assert some.attributions is not None
    assert some.attributions.shape == (50, 4)


@pytest.mark.parametrize(("metric", "word"), [("mae", "rise of mae"), ("r2", "drop of r2"), (None, "drop of r2")])
def test_the_metric_is_the_callers(rows: pd.DataFrame, fitted: Any, metric: Any, word: str) -> None:
    est = fitted["y"]
    data = rows[COLUMNS].assign(y=rows["y"]).rename(columns={"y": est.schema_.target.name})
    found = te.importance(est, est.schema_, data, metric=metric, n_repeats=1, random_state=0)
    assert found.unit == f"{word} when shuffled"
    assert found.values[0] > 0


def test_the_picture(rows: pd.DataFrame, fitted: Any) -> None:
    import matplotlib.pyplot as plt

    found = Importance(
        ("shop $a$", "a" * 50, "c"), np.array([2.0, 1, -0.1]), np.array([0.1, 0.2, 0.3]), "permutation", "u"
    )
    ax = found.plot(top=2)
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"{'a' * 31}…", "shop $a$"]
    assert [bar.get_width() for bar in ax.patches] == [1.0, 2.0]
    assert ax.get_title() == "Importance by permutation (1 more columns)"
    assert ax.get_xlabel() == "u"
    ax.figure.canvas.draw()
    other = plt.figure().add_subplot()
    assert found.plot(other) is other
    assert len(other.patches) == 3
    plt.close("all")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "shap"}, "`method` must be one of permutation, integrated_gradients, however: method='shap'"),
        ({"n_repeats": 0}, "`n_repeats` must be a whole number of 1 or more, however: n_repeats=0"),
        ({"max_samples": 1.5}, "`max_samples` must be a whole number of 1 or more, however: max_samples=1.5"),
        ({"metric": "auc"}, "`metric` must be one of r2, mae, rmse, however: metric='auc'"),
    ],
)
def test_an_argument_out_of_range_is_refused(
    rows: pd.DataFrame, fitted: Any, how: dict[str, Any], message: str
) -> None:
    est = fitted["y"]
    data = rows[COLUMNS].assign(y=rows["y"]).rename(columns={"y": est.schema_.target.name})
    with pytest.raises(DataError, match=message):
        te.importance(est, est.schema_, data, **how)


def test_what_it_cant_be_told_of_is_refused(rows: pd.DataFrame, fitted: Any) -> None:
    est = fitted["y"]
    with pytest.raises(DataError, match="`df` must hold the target .* for method='permutation', however: it has noise"):
        te.importance(est, est.schema_, rows[COLUMNS])
    with pytest.raises(DataError, match="`df` must hold a row, however: it has none"):
        te.importance(est, est.schema_, rows[:0])
    fewer = te.infer_schema(rows[["shop", "y"]], "y")
    with pytest.raises(DataError, match="the model must have the 1 columns of the schema, however: it has 4"):
        te.importance(est, fewer, rows, method="integrated_gradients")
    import keras

    inputs = keras.Input((1,))
    with pytest.raises(
        DataError, match="the model has no layer where its columns meet; was it built by te.build_model"
    ):
        te.importance(keras.Model(inputs, inputs), fewer, rows, method="integrated_gradients")
