"""The flights' model that other scripts here measure; columns as in `demo.py`."""

from __future__ import annotations

__all__ = ["ROW", "TARGET", "known_flights", "trained"]

from typing import Any

import pandas as pd
from demo import CATEGORIES, NUMBERS, TARGET

import tabembed as te
from tabembed.io import examples

ROW: dict[str, Any] = {
    "carrier": "UA",
    "flight": 1545,
    "tailnum": "N14228",
    "origin": "EWR",
    "dest": "IAH",
    "month": 1,
    "day": 1,
    "hour": 5,
    "dep_delay": 2.0,
    "distance": 1400,
    "sched_arr_time": 819,
    "minute": 15,
}


def known_flights() -> pd.DataFrame:
    """Return the 327,346 flights with an arrival delay, the columns of the demo."""
    return examples.flights()[[*CATEGORIES, *NUMBERS, TARGET]].dropna(subset=[TARGET]).reset_index(drop=True)


def trained(flights: pd.DataFrame, epochs: int = 1) -> te.TabularRegressor:
    """Return the demo's model after a few epochs."""
    kinds: dict[str, Any] = {name: te.Categorical() for name in CATEGORIES} | {name: te.Numeric() for name in NUMBERS}
    est = te.TabularRegressor(preset="fast", kinds=kinds, epochs=epochs, random_state=0, verbose=0)
    return est.fit(flights.drop(columns=TARGET), flights[TARGET])
