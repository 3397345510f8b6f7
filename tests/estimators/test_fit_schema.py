"""`fit_schema` trains on a schema that is there already, as `fit` does on one of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import tabembed as te


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"city": rng.choice(["Roma", "Oslo", "Bonn"], 120), "area": rng.normal(90, 20, 120)})
    return frame.assign(price=frame["area"] * 2 + 50 * (frame["city"] == "Oslo"))


def test_it_learns_what_fit_learns(frame: pd.DataFrame) -> None:
    settings = {"preset": "fast", "epochs": 1, "random_state": 0, "verbose": 0}
    X, y = frame[["city", "area"]], frame["price"]
    plain = te.TabularRegressor(**settings).fit(X, y)
    schema = te.infer_schema(frame, target="price")
    given = te.TabularRegressor(**settings).fit_schema(schema, frame)
    assert given.schema_ is schema
    assert given.metrics_ == plain.metrics_
    np.testing.assert_array_equal(given.predict(X), plain.predict(X))
    assert list(given.feature_names_in_) == ["city", "area"]


def test_classes_are_there(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame, target="city")
    est = te.TabularClassifier(preset="fast", epochs=1, random_state=0, verbose=0).fit_schema(schema, frame)
    assert est.classes_.tolist() == ["Bonn", "Oslo", "Roma"]
    assert set(est.predict(frame[["area", "price"]])) <= set(est.classes_)


def test_another_task_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(
        te.DataError, match="TabularClassifier must get a schema of its own task, however: target 'price'"
    ):
        te.TabularClassifier().fit_schema(te.infer_schema(frame, target="price"), frame)
    with pytest.raises(te.DataError, match="'city' is multiclass; use te.TabularClassifier, or make the schema with"):
        te.TabularRegressor().fit_schema(te.infer_schema(frame, target="city"), frame)
