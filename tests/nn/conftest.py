"""A small table with a column of every kind, and its schema."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import tabembed as te


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """300 rows whose target hangs on every column."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": rng.choice(["a", "b", "c", "d"], 300),
            "my state": pd.Series(rng.integers(0, 12, 300)).where(rng.random(300) < 0.9).astype("Int64"),
            "km": rng.normal(50, 20, 300).round(2),
            "gaps": pd.Series(rng.normal(size=300)).where(rng.random(300) < 0.8),
            "flag": rng.random(300) < 0.3,
        }
    )
    effect = frame["city"].map({"a": 0.0, "b": 2.0, "c": -1.0, "d": 1.0}) + frame["km"] / 20 + frame["flag"]
    frame["y"] = 1_000 + 10 * (effect + frame["gaps"].fillna(2) + 0.1 * rng.normal(size=300))
    frame["two"] = np.where(frame["y"] > 1_030, "hi", "lo")
    frame["three"] = pd.cut(frame["y"], [0, 1_020, 1_040, 2_000], labels=["x", "y", "z"]).astype(str)
    return frame


@pytest.fixture(scope="session")
def features() -> list[str]:
    """The columns that are no target."""
    return ["city", "my state", "km", "gaps", "flag"]


@pytest.fixture(scope="session")
def schema(frame: pd.DataFrame, features: list[str]) -> te.Schema:
    """The schema for the target ``y``."""
    return te.infer_schema(frame[[*features, "y"]], "y")
