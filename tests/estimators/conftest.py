"""A small table and quick estimators: of the plain network; tests/estimators/test_presets.py is of the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te

QUICK = {
    "preset": "fast",
    "epochs": 1,
    "batch_size": 64,
    "verbose": 0,
    "random_state": 0,
    "network_options": {"hidden": (8,)},
}


def regressor(**arguments: Any) -> te.TabularRegressor:
    """Return one that fits in a second."""
    return te.TabularRegressor(**{**QUICK, **arguments})


def classifier(**arguments: Any) -> te.TabularClassifier:
    """Return one that fits in a second."""
    return te.TabularClassifier(**{**QUICK, **arguments})


@pytest.fixture(scope="session")
def quick() -> Any:
    """Give the two makers: ``quick.regressor(...)``, ``quick.classifier(...)``."""

    class Quick:
        regressor = staticmethod(regressor)
        classifier = staticmethod(classifier)

    return Quick


@pytest.fixture(scope="session")
def X() -> pd.DataFrame:  # noqa: N802 - scikit-learn's name
    """240 rows: a city, a store with gaps, an amount with gaps, a flag."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "city": rng.choice(["a", "b", "c", "d"], 240),
            "my store": pd.Series(rng.integers(0, 6, 240)).where(rng.random(240) < 0.9).astype("Int64"),
            "x": pd.Series(rng.normal(size=240)).where(rng.random(240) < 0.8),
            "flag": rng.random(240) < 0.5,
        }
    )


@pytest.fixture(scope="session")
def y(X: pd.DataFrame) -> pd.Series:
    """A number that hangs on all columns."""
    rng = np.random.default_rng(1)
    effect = X["city"].map({"a": 0.0, "b": 4.0, "c": -4.0, "d": 2.0}) + X["x"].fillna(3) + X["flag"]
    return (100 + 10 * effect + rng.normal(size=240)).rename("sales")


@pytest.fixture(scope="session")
def fitted(X: pd.DataFrame, y: pd.Series) -> te.TabularRegressor:
    """A regressor that has learned something; nobody may change it."""
    return regressor(epochs=15, batch_size=16).fit(X, y)


@pytest.fixture(scope="session")
def classes(y: pd.Series) -> np.ndarray:
    """Three classes as text."""
    return np.array(["low", "mid", "top"], dtype=object)[pd.qcut(y, 3, labels=False)]


@pytest.fixture(scope="session")
def fitted_classes(X: pd.DataFrame, classes: np.ndarray) -> te.TabularClassifier:
    """A classifier that has learned something; nobody may change it."""
    return classifier(epochs=15, batch_size=16).fit(X, classes)
