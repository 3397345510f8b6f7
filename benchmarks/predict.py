"""How fast an exported model answers raw rows of the flights: one row, and 100,000.

    python benchmarks/predict.py      # trains a model for an epoch first

Beside it stand encoding alone, Keras' own ``model.predict`` of the same network on rows that are encoded already, and
the network alone: a traced function of the model on tensors that lie ready, as many rows at once as ``predict`` takes.
Calls take turns; the first two of each are left out.
"""

from __future__ import annotations

__all__ = ["main"]

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from flights import ROW, TARGET, known_flights, trained

import tabembed as te

MANY, CHUNK = 100_000, 16_384


def timed(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, np.ndarray]:
    """Return the milliseconds of each call, round by round."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 2):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) * 1e3)
    return {name: np.array(each[2:]) for name, each in times.items()}


def network(model: Any, inputs: dict[str, np.ndarray]) -> Callable[[], Any]:
    """Return the model's work on encoded rows, without encoding, packing or Keras' loop."""
    rows = len(next(iter(inputs.values())))
    chunks = [
        {name: tf.constant(values[start : start + CHUNK]) for name, values in inputs.items()}
        for start in range(0, rows, CHUNK)
    ]
    traced = tf.function(lambda values: model(values, training=False), reduce_retracing=True)
    return lambda: [traced(chunk).numpy() for chunk in chunks]


def one_row(served: te.Predictor, frame: pd.DataFrame) -> None:
    """Print the latency of one row."""
    row = {name: [value] for name, value in ROW.items()}
    times = timed(
        {
            "`predict`, a DataFrame of one row": lambda: served.predict(frame[:1]),
            "`predict`, a dict of lists": lambda: served.predict(row),
            "`predict`, a list of one dict": lambda: served.predict([ROW]),
            "`schema.encode` alone, of the DataFrame": lambda: served.schema.encode(frame[:1]),
        },
        1_000,
    )
    print("| one row, ms | p50 | p99 |\n|---|---:|---:|")
    for name, each in times.items():
        print(f"| {name} | {np.median(each):.2f} | {np.quantile(each, 0.99):.2f} |")


def many_rows(served: te.Predictor, model: Any, frame: pd.DataFrame) -> None:
    """Print the rows a second of many rows."""
    inputs = served.schema.inputs(frame)
    times = timed(
        {
            "`predict`": lambda: served.predict(frame),
            "`schema.encode` alone": lambda: served.schema.encode(frame),
            "Keras' `model.predict` of encoded rows": lambda: model.predict(inputs, batch_size=4096, verbose=0),
            "the network alone": network(model, inputs),
        },
        10,
    )
    print(f"\n| {len(frame):,} rows of a DataFrame | rows/s | ms |\n|---|---:|---:|")
    for name, each in times.items():
        print(f"| {name} | {len(frame) / np.median(each) * 1e3:,.0f} | {np.median(each):.1f} |")


def main() -> None:
    """Print both tables, and how well the ways to ask agree."""
    flights = known_flights()
    est = trained(flights)
    frame = flights.drop(columns=TARGET).sample(MANY, random_state=0)
    with tempfile.TemporaryDirectory() as folder:
        served = te.load(est.export(Path(folder) / "flights"))
        one_row(served, frame)
        many_rows(served, est.model_, frame)
        agree(served, est.model_, frame)


def agree(served: te.Predictor, model: Any, frame: pd.DataFrame) -> None:
    """Print the largest differences between the model, the predictor and the raw signature."""
    want = model.predict(served.schema.inputs(frame), batch_size=4096, verbose=0)[:, 0]
    serve = tf.saved_model.load(str(served.path)).signatures["serving_default"]
    raw = {
        name: tf.constant(frame[name].to_numpy(np.float32))
        if isinstance(served.schema[name], te.Numeric)
        else tf.constant(frame[name].fillna("").astype(str).to_numpy(object))
        for name in served.schema.features
    }
    limit = 1e-5 * max(1.0, served.schema.need_target().scale or 1.0)
    apart = max(np.abs(got - want).max() for got in (served.predict(frame), serve(**raw)["prediction"].numpy()))
    print(f"\nlargest difference between model, predictor and raw signature: {apart:.1e} (limit {limit:.1e})")


if __name__ == "__main__":
    main()
