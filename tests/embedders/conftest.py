"""A table whose labels decide the target, and one whose target is noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te

ROWS = 6000


@pytest.fixture(scope="session")
def sales() -> pd.DataFrame:
    """6,000 rows: two columns of labels (one with gaps), a number, and sales that hang on the store, more on some days.

    X and y below ask for this one alone: a test file may have fewer rows of both under their names.
    """
    rng = np.random.default_rng(0)
    store = pd.Series(rng.integers(0, 100, ROWS)).where(rng.random(ROWS) < 0.98).astype("Int64")
    rows = pd.DataFrame({"store": store, "km": rng.normal(size=ROWS), "day": rng.integers(0, 7, ROWS).astype(str)})
    rng = np.random.default_rng(1)
    of_store, of_day = rng.normal(size=101)[store.fillna(100).astype(int)], rng.normal(size=7)[rows["day"].astype(int)]
    return rows.assign(sales=of_store + of_store * of_day + of_day + 0.3 * rng.normal(size=ROWS))


@pytest.fixture(scope="session")
def X(sales: pd.DataFrame) -> pd.DataFrame:  # noqa: N802 - scikit-learn's name
    """The columns of labels and the number."""
    return sales.drop(columns="sales")


@pytest.fixture(scope="session")
def y(sales: pd.DataFrame) -> pd.Series:
    """The sales."""
    return sales["sales"]


@pytest.fixture(scope="session")
def noise() -> np.ndarray:
    """A target that nothing predicts."""
    return np.random.default_rng(2).normal(size=ROWS)


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """3,000 rows with rules: the state decides the zone and its cities, but for Springfield; a shop sells its goods."""
    return planted(3000, 3)


@pytest.fixture(scope="session")
def new_rows() -> pd.DataFrame:
    """500 more."""
    return planted(500, 9)


@pytest.fixture(scope="session")
def springfields(rows: pd.DataFrame) -> pd.DataFrame:
    """One row three times, in Springfield: twice IL, then MA."""
    return pd.concat([rows[:1]] * 3, ignore_index=True).assign(city="Springfield", state=["IL", "IL", "MA"])


def planted(n: int, seed: int) -> pd.DataFrame:
    """Return rows of labels and a number; the zone is missing here and there."""
    rng = np.random.default_rng(seed)
    state, group = rng.integers(0, 3, n), rng.integers(0, 6, n)
    names = np.array(["IL", "MA", "OR"])[state]
    own = np.char.add(names, np.array([" North", " South"])[rng.integers(0, 2, n)])
    zone = np.where(rng.random(n) < 0.95, state, rng.integers(0, 3, n))
    frame = pd.DataFrame({"city": np.where(rng.random(n) < 0.5, "Springfield", own), "state": names})
    frame["km"] = rng.normal(size=n)
    frame["zone"] = pd.Series(zone).where(rng.random(n) < 0.95).astype("Int64")
    for name in ("shop", "goods"):
        frame[name] = np.char.add(name[0], (group + 6 * rng.integers(0, 4, n)).astype(str))
    return frame


@pytest.fixture(scope="session")
def company() -> Callable[[pd.Series], np.ndarray]:
    """The group that a shop or its goods are of."""
    return lambda labels: labels.str[1:].astype(int).to_numpy() % 6


@pytest.fixture(scope="session")
def quick() -> dict[str, Any]:
    """Settings that find the rules in seconds; the zone's numbers are labels."""
    how = {"dim": 32, "epochs": 10, "batch_size": 64, "learning_rate": 1e-2, "random_state": 0}
    return {**how, "dropout": 0.0, "kinds": {"zone": te.Categorical()}}
