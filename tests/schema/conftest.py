"""Frames that several tests read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """A column of every kind and type, 60 rows."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "text": ["b", "a", None] * 20,
            "few": [1, 2, 3] * 20,
            "real": rng.normal(size=60),
            "gaps": pd.Series(rng.normal(size=60)).where(np.arange(60) % 4 > 0),
            "flag": [True, False, True] * 20,
            "order_id": pd.array([10, None, 30] * 20, "Int64"),
            "constant": 2013,
            "key": [f"k{n:02}" for n in range(60)],
            "when": pd.date_range("2024-01-01", periods=60),
            "y": rng.normal(size=60),
        }
    )
