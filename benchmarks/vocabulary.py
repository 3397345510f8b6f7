"""What a training step costs as the vocabulary grows: ours beside stock Keras, in one run.

    python benchmarks/vocabulary.py             # all, about 3 minutes and 10 GB of memory
    python benchmarks/vocabulary.py --quick     # up to 100,000 rows, half a minute
    python benchmarks/vocabulary.py --huge-pages
    python benchmarks/vocabulary.py --hidden 64 32   # a lighter network, which leaves the tables a larger share

A step is one batch of random ids that were never seen before, timed inside ``model.fit`` between the callbacks that
Keras calls around a batch; the medians are printed. The models take turns, round by round, so that whatever else the
machine does meets all of them alike. The first round (tracing, compiling, cold memory) is left out.

A table of gigabytes in pages of 4 KiB costs a walk through the page table for each row that is touched. Where Linux
gives huge pages only to those who ask (``/sys/kernel/mm/transparent_hugepage/enabled`` says ``madvise``), a process
asks that is started with ``GLIBC_TUNABLES=glibc.malloc.hugetlb=1``; with ``--huge-pages`` this script starts itself so.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import sys
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if __name__ == "__main__" and "--huge-pages" in sys.argv and "GLIBC_TUNABLES" not in os.environ:
    os.environ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"  # glibc reads it before Python runs
    os.execv(sys.executable, [sys.executable, *sys.argv])

import keras
import numpy as np
import tensorflow as tf

import tabembed as te

BATCH, DIM = 1024, 16
MODES: dict[str, dict[str, Any]] = {
    "compile()": {},
    "jit_compile=True, steps_per_execution=8": {"jit_compile": True, "steps_per_execution": 8},
}
PLAIN, FAST = MODES
ROUNDS = 12


class Job(NamedTuple):
    """One model to time: `columns` tables of `rows` rows, ours or Keras' own, compiled in one of the modes."""

    rows: int
    mode: str
    ours: bool = True
    columns: int = 1
    hidden: tuple[int, ...] = (256, 128)

    @property
    def calls(self) -> int:
        """Return how many calls one round has: about as many steps in each mode, and fewer of those that take long."""
        return max(3, 48 // self.steps // self.columns if self.ours else 4)

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
    for units in job.hidden:
        hidden = keras.layers.Dense(units, "relu")(hidden)
    model = keras.Model(ids, keras.layers.Dense(1)(hidden))
    optimizer = te.RowwiseAdam(1e-3) if job.ours else keras.optimizers.Adam(1e-3)
    model.compile(optimizer, "mse", **MODES[job.mode])
    return model


def fresh_batches(job: Job) -> tf.data.Dataset:
    """Return random ids and targets that no step has seen, one element a step."""
    random = np.random.default_rng()
    ids = random.integers(0, job.rows, (job.calls * job.steps, BATCH, job.columns), np.int32)
    target = random.normal(size=(*ids.shape[:2], 1)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((ids, target))


def milliseconds(jobs: Iterable[Job]) -> dict[Job, float]:
    """Return the median time of one step of each job."""
    models = {job: make_model(job) for job in jobs}
    times: dict[Job, list[float]] = {job: [] for job in models}
    for each in range(ROUNDS + 1):
        for job, model in models.items():
            watch = Stopwatch()
            model.fit(fresh_batches(job), callbacks=[watch], verbose=0, shuffle=False)
            times[job] += watch.times[1:] if each else []  # the first call of a fit makes the iterator
    return {job: 1000 * statistics.median(taken) / job.steps for job, taken in times.items()}


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    rows = [list(head), *map(list, lines)]
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def sizes(rows: list[int], stock_rows: list[int], hidden: tuple[int, ...]) -> None:
    """Print the step times of one table of each size, and the ratios they are judged by."""
    job = functools.partial(Job, hidden=hidden)
    jobs = [job(n, mode) for n in rows for mode in MODES]
    times = milliseconds([*jobs, *(job(n, mode, ours=False) for n in stock_rows for mode in MODES)])
    head = ["rows", *(f"{whose}, `{mode}`" for whose in ("ours", "stock") for mode in MODES)]
    cells = {timed: f"{time_:.2f} ms" for timed, time_ in times.items()}
    kinds = [(ours, mode) for ours in (True, False) for mode in MODES]
    print(
        table(head, [[f"{n:,}", *(cells.get(job(n, mode, ours), "") for ours, mode in kinds)] for n in rows]),
        end="\n\n",
    )
    for mode in MODES:
        growth = times[job(rows[-1], mode)] / times[job(rows[0], mode)]
        print(f"- ours at {rows[-1]:,} rows against {rows[0]:,}, `{mode}`: {growth:.2f} x the time")
    for mode in MODES:
        gain = times[job(stock_rows[-1], mode, ours=False)] / times[job(stock_rows[-1], mode)]
        print(f"- at {stock_rows[-1]:,} rows, `{mode}`: {gain:.0f} x faster than stock")


def columns(count: int, rows: int, hidden: tuple[int, ...]) -> None:
    """Print the step times of many tables."""
    print(f"\n{count} columns of {rows:,} labels\n")
    times = milliseconds(Job(rows, mode, ours, count, hidden) for mode in MODES for ours in (True, False))
    lines = []
    for mode in MODES:
        ours, stock = (times[Job(rows, mode, whose, count, hidden)] for whose in (True, False))
        lines.append([f"`{mode}`", f"{ours:.2f} ms", f"{stock:.2f} ms", f"{stock / ours:.1f} x"])
    print(table(["", "ours", "stock", "faster"], lines))


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small tables only")
    parser.add_argument("--huge-pages", action="store_true", help="ask the kernel for huge pages")
    parser.add_argument("--hidden", type=int, nargs="+", default=[256, 128], help="units of the dense layers")
    chosen = parser.parse_args()
    quick, hidden = chosen.quick, tuple(chosen.hidden)
    print(f"batch {BATCH:,}, {DIM} dimensions, MLP {'-'.join(map(str, hidden))}, {os.cpu_count()} cores,", end=" ")
    print(
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}, "
        f"{os.environ.get('GLIBC_TUNABLES', 'pages as they come')};"
    )
    print("milliseconds a step\n")
    all_rows, stock_rows = ([10**3, 10**5],) * 2 if quick else ([10**3, 10**5, 10**6, 10**7], [10**3, 10**6])
    sizes(all_rows, stock_rows, hidden)
    columns(*((4, 10_000) if quick else (20, 100_000)), hidden)


if __name__ == "__main__":
    main()
