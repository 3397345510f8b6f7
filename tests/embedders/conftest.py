"""A table whose labels decide the target, and one whose target is noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

ROWS = 6000


@pytest.fixture(scope="session")
def X() -> pd.DataFrame:  # noqa: N802 - scikit-learn's name
    """6,000 rows: two columns of labels (one with gaps), a number."""
    rng = np.random.default_rng(0)
    store = pd.Series(rng.integers(0, 100, ROWS)).where(rng.random(ROWS) < 0.98).astype("Int64")
    return pd.DataFrame({"store": store, "km": rng.normal(size=ROWS), "day": rng.integers(0, 7, ROWS).astype(str)})


@pytest.fixture(scope="session")
def y(X: pd.DataFrame) -> pd.Series:
    """A number that hangs on the store, more on some days."""
    rng = np.random.default_rng(1)
    store, day = rng.normal(size=101)[X["store"].fillna(100).astype(int)], rng.normal(size=7)[X["day"].astype(int)]
    return pd.Series(store + store * day + day + 0.3 * rng.normal(size=ROWS), name="sales")


@pytest.fixture(scope="session")
def noise() -> np.ndarray:
    """A target that nothing predicts."""
    return np.random.default_rng(2).normal(size=ROWS)
