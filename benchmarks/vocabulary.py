"""What a training step costs as the vocabulary grows: ours beside stock Keras, in one run.

    python benchmarks/vocabulary.py             # all, about 6 minutes and 8 GB of memory
    python benchmarks/vocabulary.py --quick     # up to 100,000 rows, half a minute

A step is one batch of random ids that were never seen before, timed inside ``model.fit`` between the callbacks that
Keras calls around a batch; the medians are printed. The first calls (tracing, compiling, cold memory) are left out.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import tabembed as te

BATCH, DIM, HIDDEN = 1024, 16, (128, 64)
MODES: dict[str, dict[str, Any]] = {
    "compile()": {},
    "jit_compile=True, steps_per_execution=8": {"jit_compile": True, "steps_per_execution": 8},
}
PLAIN, FAST = MODES


class Job(NamedTuple):
    """One model to time: `columns` tables of `rows` rows, ours or Keras' own, compiled in one of the modes."""

    rows: int
    mode: str
    ours: bool = True
    columns: int = 1
    calls: int = 100

    @property
    def steps(self) -> int:
        """Return how many steps one call of the train function makes."""
        return MODES[self.mode].get("steps_per_execution", 1)


class Stopwatch(keras.callbacks.Callback):
    """Takes the time of each call of the train function."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Start."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop; Keras has the loss by now, so the step is done."""
        self.times.append(time.perf_counter() - self.start)


def make_model(job: Job) -> keras.Model:
    """Return a multi-layer perceptron over the vectors of all columns."""
    layer = te.RowwiseEmbedding if job.ours else keras.layers.Embedding
    ids = keras.Input((job.columns,), dtype="int32")
    vectors = [layer(job.rows, DIM)(ids[:, column]) for column in range(job.columns)]
    hidden = keras.layers.Concatenate()(vectors) if job.columns > 1 else vectors[0]
    for units in HIDDEN:
        hidden = keras.layers.Dense(units, "relu")(hidden)
    model = keras.Model(ids, keras.layers.Dense(1)(hidden))
    optimizer = te.RowwiseAdam(1e-3) if job.ours else keras.optimizers.Adam(1e-3)
    model.compile(optimizer, "mse", **MODES[job.mode])
    return model


def fresh_batches(job: Job, calls: int) -> tf.data.Dataset:
    """Return random ids and targets that no step has seen, one element a step."""
    random = np.random.default_rng()
    ids = random.integers(0, job.rows, (calls * job.steps, BATCH, job.columns), np.int32)
    target = random.normal(size=(*ids.shape[:2], 1)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((ids, target))


def milliseconds(job: Job) -> float:
    """Return the median time of one step."""
    keras.utils.clear_session()
    gc.collect()
    model, watch = make_model(job), Stopwatch()
    warm_up = max(5, job.calls // 4)
    model.fit(fresh_batches(job, warm_up + job.calls), callbacks=[watch], verbose=0, shuffle=False)
    return 1000 * statistics.median(watch.times[warm_up:]) / job.steps


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    rows = [list(head), *map(list, lines)]
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def sizes(rows: list[int], stock_rows: list[int]) -> None:
    """Print the step times of one table of each size, and the ratios they are judged by."""
    ours = {(n, mode): milliseconds(Job(n, mode)) for n in rows for mode in MODES}
    stock = {(n, mode): milliseconds(Job(n, mode, ours=False, calls=20)) for n in stock_rows for mode in (PLAIN, FAST)}
    head = ["rows", *(f"ours, `{mode}`" for mode in MODES), f"stock, `{PLAIN}`", f"stock, `{FAST}`"]
    lines = [
        [f"{n:,}"]
        + [f"{ours[n, mode]:.2f} ms" for mode in MODES]
        + [f"{stock[n, mode]:.2f} ms" if n in stock_rows else "" for mode in (PLAIN, FAST)]
        for n in rows
    ]
    print(table(head, lines), end="\n\n")
    for mode in MODES:
        growth = ours[rows[-1], mode] / ours[rows[0], mode]
        print(f"- ours at {rows[-1]:,} rows against {rows[0]:,}, `{mode}`: {growth:.2f} x the time")
    for mode in (PLAIN, FAST):
        gain = stock[stock_rows[-1], mode] / ours[stock_rows[-1], mode]
        print(f"- at {stock_rows[-1]:,} rows, `{mode}`: {gain:.0f} x faster than stock")


def columns(count: int, rows: int) -> None:
    """Print the step times of many tables."""
    print(f"\n{count} columns of {rows:,} labels\n")
    times = {
        (mode, ours): milliseconds(Job(rows, mode, ours, count, calls=40 if ours else 8))
        for mode in (PLAIN, FAST)
        for ours in (True, False)
    }
    lines = [
        [f"`{mode}`", f"{times[mode, True]:.2f} ms", f"{times[mode, False]:.2f} ms"]
        + [f"{times[mode, False] / times[mode, True]:.1f} x"]
        for mode in (PLAIN, FAST)
    ]
    print(table(["", "ours", "stock", "faster"], lines))


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small tables only")
    quick = parser.parse_args().quick
    print(f"batch {BATCH:,}, {DIM} dimensions, MLP {'-'.join(map(str, HIDDEN))}, {os.cpu_count()} cores,", end=" ")
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}; milliseconds a step\n")
    sizes(*(([1_000, 100_000], [1_000, 100_000]) if quick else ([10**3, 10**5, 10**6, 10**7], [10**3, 10**6])))
    columns(*((4, 10_000) if quick else (20, 100_000)))


if __name__ == "__main__":
    main()
