"""The main job on real data: 336,776 flights in, a model, its tables and a SavedModel out (`make demo`)."""

from __future__ import annotations

__all__ = ["main"]

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score

import tabembed as te
from tabembed.io import examples

TARGET = "arr_delay"
CATEGORIES = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
NUMBERS = ["dep_delay", "distance", "sched_arr_time", "minute"]
OUTPUT = Path("saved_models/flights")


def split(df: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a random 80 % of the rows to learn from and the other 20 % to test on."""
    test = np.random.default_rng(seed).random(len(df)) < 0.2
    return df[~test], df[test]


def great_circle(airports: pd.DataFrame) -> np.ndarray:
    """Return (n, n) distances in kilometres between airports with columns lat and lon, in degrees (haversine)."""
    lat, lon = (np.radians(airports[name].to_numpy()) for name in ("lat", "lon"))
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return np.asarray(2 * 6371 * np.arcsin(np.sqrt(half)))


def distance_correlation(table: te.EmbeddingTable) -> tuple[float, int]:
    """Return the rank correlation of learned and great-circle distance over all pairs, and how many airports."""
    airports = examples.airports().drop_duplicates("faa").set_index("faa")
    known = [label for label in table.labels if label in airports.index]
    vectors = np.stack([table[label] for label in known])
    learned = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    pairs = np.triu_indices(len(known), 1)
    both = pd.DataFrame({"learned": learned[pairs], "real": great_circle(airports.loc[known])[pairs]})
    return float(both["learned"].corr(both["real"], method="spearman")), len(known)


def show_tables(tables: dict[str, te.EmbeddingTable]) -> None:
    """Print the nearest airports and how learned distance follows real distance."""
    names = examples.airports().drop_duplicates("faa").set_index("faa")["name"]
    for airport in ("BOS", "LAX"):
        print(f"\nnearest to {airport} by learned vector")
        for label, distance in tables["dest"].neighbors(airport, k=5):
            print(f"  {label}  {distance:6.3f}  {names.get(label, '')}")
    rank, airports = distance_correlation(tables["dest"])
    print(f"\nlearned against great-circle distance of {airports} destinations: rank correlation {rank:.3f}")


def show_served(version: Path, rows: pd.DataFrame) -> None:
    """Load the SavedModel with plain TensorFlow and predict raw rows."""
    import tensorflow as tf

    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    raw: dict[str, Any] = {name: tf.constant(rows[name].astype(str).to_numpy(dtype=object)) for name in CATEGORIES}
    raw |= {name: tf.constant(rows[name].to_numpy(np.float32)) for name in NUMBERS}
    print(f"\n{version} loaded by plain TensorFlow, five raw rows (the last with an unseen tail number)")
    shown = rows[["carrier", "flight", "tailnum", "origin", "dest", "dep_delay", TARGET]]
    print(shown.assign(prediction=serve(**raw)["prediction"].numpy().round(1)).to_string(index=False))


def main() -> None:
    """Run the whole job and print its figures."""
    started = time.perf_counter()
    flights = examples.flights()[[*CATEGORIES, *NUMBERS, TARGET]]
    known = flights.dropna(subset=[TARGET])
    train, test = split(known)
    print(
        f"{len(flights):,} flights, {len(known):,} with an arrival delay: "
        f"{len(train):,} to learn from, {len(test):,} to test on\n"
    )

    kinds: dict[str, Any] = {name: te.Categorical() for name in CATEGORIES} | {name: te.Numeric() for name in NUMBERS}
    est = te.TabularRegressor(preset="fast", kinds=kinds, random_state=0)
    fitting = time.perf_counter()
    est.fit(train.drop(columns=TARGET), train[TARGET])
    seconds = time.perf_counter() - fitting
    print(est.schema_)
    trained = len(train) * (1 - est._recipe().validation_fraction) * est.n_epochs_
    print(
        f"\n{est.n_epochs_} epochs in {seconds:.0f} s: "
        f"{trained / seconds:,.0f} rows/s, from the frame to the fitted model"
    )

    r2 = r2_score(test[TARGET], est.predict(test.drop(columns=TARGET)))
    baseline = r2_score(test[TARGET], np.full(len(test), train[TARGET].mean()))
    print(f"test R2 {r2:.3f} (baseline {abs(baseline):.3f})")

    show_tables(est.tables_)
    version = est.export(OUTPUT)
    rows = test.dropna().head(5).copy()
    rows.loc[rows.index[-1], "tailnum"] = "N0NEW"
    show_served(version, rows)
    print(f"\nall in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
