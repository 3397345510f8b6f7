"""Rows a second of training, and the seconds from a frame in memory to a fitted model, beside other ways to train it.

    pip install -e '.[examples,benchmarks]'
    python benchmarks/throughput.py              # all, about 6 minutes
    python benchmarks/throughput.py --only ours pytorch --rounds 3

The job is the flights' arrival delay: 8 categorical columns, 4 numbers, embeddings of the same dims for all, an MLP of
256 and 128 ReLU units, Adam at 0.001, squared error, batches of 1,024 in a new order each epoch, 2 threads, no dropout
and no validation. The rows called `recipe` train by our defaults instead: column dropout, dropout, the prior on rare
labels, hidden labels, validation on a tenth of the rows.

Each way runs in a process of its own; they take turns, round by round, and the medians of the rounds are printed.
Rows/s are those of the fastest epoch after the first. Seconds are from the frame to the end of the third epoch,
everything but imports included: encoding, building, tracing and compiling.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd

from tabembed.io import examples

TARGET = "arr_delay"
CATEGORIES = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
NUMBERS = ["dep_delay", "distance", "sched_arr_time", "minute"]
DIMS = {"carrier": 4, "flight": 16, "tailnum": 16, "origin": 3, "dest": 6, "month": 4, "day": 5, "hour": 4}
BATCH, HIDDEN, RATE, EPOCHS, THREADS = 1024, (256, 128), 1e-3, 7, 2
Marks = list[tuple[float, int]]
"""Each epoch's end on the clock and the rows trained in it, after the start."""


def flights() -> pd.DataFrame:
    """Return the flights whose arrival delay is known."""
    return examples.flights()[[*CATEGORIES, *NUMBERS, TARGET]].dropna(subset=[TARGET])


def keras_clock(rows: int, marks: Marks, validation: bool = False) -> Any:
    """Return a callback that marks the end of each epoch's training, and its begin where rows are judged in between."""
    import keras

    class Clock(keras.callbacks.Callback):
        """Takes the time."""

        def on_test_begin(self, logs: Any = None) -> None:
            """Mark the end of the training half."""
            marks.append((time.perf_counter(), rows))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            """Mark the end."""
            marks.append((time.perf_counter(), 0 if validation else rows))

    return Clock()


def ours(frame: pd.DataFrame, marks: Marks, **compiling: Any) -> None:
    """Train a model of the schema, by hand."""
    import tabembed as te

    kinds: dict[str, Any] = {name: te.Numeric() for name in NUMBERS}
    kinds |= {name: te.Categorical(dim=dim, dropout=0.0, l2=0.0, unknown_rate=0.0) for name, dim in DIMS.items()}
    schema = te.infer_schema(frame, TARGET, kinds=kinds)
    model = te.build_model(schema, hidden=HIDDEN, dropout=0.0)
    model.compile(te.RowwiseAdam(RATE), "mse", **{"jit_compile": True, "steps_per_execution": 16, **compiling})
    model.optimizer.build(model.trainable_variables)
    full = len(frame) // BATCH  # XLA compiles each shape of a batch, so the last one is left out
    data = schema.dataset(frame, BATCH, shuffle=True).take(full)
    model.fit(data, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[keras_clock(full * BATCH, marks)])


def ours_without_xla(frame: pd.DataFrame, marks: Marks) -> None:
    """Train the same model with TensorFlow's own kernels."""
    ours(frame, marks, jit_compile=False)


def recipe(frame: pd.DataFrame, marks: Marks, epochs: int = EPOCHS) -> None:
    """Train by our defaults, which compile by XLA from 2,000 steps on: 7 epochs have 2,016."""
    import tabembed as te
    from tabembed.nn.recipe import Recipe, train

    kinds: dict[str, Any] = {name: te.Categorical() for name in CATEGORIES} | {name: te.Numeric() for name in NUMBERS}
    schema = te.infer_schema(frame, TARGET, kinds=kinds)
    model = te.build_model(schema, random_state=0)
    encoded, target = schema.encode(frame), schema.encode_target(frame)
    clock = keras_clock(len(frame) - int(len(frame) * Recipe.validation_fraction), marks, validation=True)
    train(model, schema, encoded, target, Recipe(epochs=epochs, verbose=0), random_state=0, callbacks=[clock])


def recipe_of_three_epochs(frame: pd.DataFrame, marks: Marks) -> None:
    """Train by our defaults for three epochs, too few for XLA."""
    recipe(frame, marks, 3)


def stock(frame: pd.DataFrame, marks: Marks) -> None:
    """Train Keras' own layers and optimizer on a dict of arrays."""
    import keras

    arrays, inputs, parts = {}, [], []
    for name in CATEGORIES:
        codes, labels = pd.factorize(frame[name])
        arrays[name] = (codes + 1).astype(np.int32)[:, None]
        inputs.append(keras.Input((1,), name=name, dtype="int32"))
        vectors = keras.layers.Embedding(len(labels) + 1, DIMS[name])(inputs[-1])
        parts.append(keras.layers.Flatten()(vectors))
    numbers = frame[NUMBERS].to_numpy(np.float32)
    arrays["numbers"] = np.nan_to_num((numbers - np.nanmean(numbers, 0)) / np.nanstd(numbers, 0))
    inputs.append(keras.Input((len(NUMBERS),), name="numbers"))
    x = keras.layers.Concatenate()([*parts, inputs[-1]])
    for units in HIDDEN:
        x = keras.layers.Dense(units, "relu")(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(RATE), "mse")
    target = frame[TARGET].to_numpy(np.float32)[:, None]
    target = (target - target.mean()) / target.std()
    model.fit(arrays, target, BATCH, EPOCHS, verbose=0, callbacks=[keras_clock(len(frame), marks)])


def pytorch(frame: pd.DataFrame, marks: Marks, *, fused: bool = False) -> None:
    """Train by a loop over tensors in memory: one id matrix, one of numbers, indexed by a permutation."""
    import torch
    from torch import nn

    class Net(nn.Module):
        """Embeddings, then the MLP."""

        def __init__(self, sizes: list[int]) -> None:
            super().__init__()
            self.tables = nn.ModuleList(map(nn.Embedding, sizes, DIMS.values()))
            widths = [sum(DIMS.values()) + len(NUMBERS), *HIDDEN]
            layers = [layer for a, b in itertools.pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
            self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

        def forward(self, ids: Any, numbers: Any) -> Any:
            """Return (batch, 1)."""
            vectors = [table(ids[:, at]) for at, table in enumerate(self.tables)]
            return self.layers(torch.cat([*vectors, numbers], 1))

    coded = [pd.factorize(frame[name]) for name in CATEGORIES]
    ids = torch.from_numpy(np.stack([codes + 1 for codes, _ in coded], 1))
    numbers = frame[NUMBERS].to_numpy(np.float32)
    numbers = torch.from_numpy(np.nan_to_num((numbers - np.nanmean(numbers, 0)) / np.nanstd(numbers, 0)))
    target = torch.from_numpy(frame[TARGET].to_numpy(np.float32)[:, None])
    target = (target - target.mean()) / target.std()
    net = Net([len(labels) + 1 for _, labels in coded])
    optimizer = torch.optim.Adam(net.parameters(), RATE, fused=fused)
    for _ in range(EPOCHS):
        order = torch.randperm(len(target))
        for batch in order.split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            nn.functional.mse_loss(net(ids[batch], numbers[batch]), target[batch]).backward()
            optimizer.step()
        marks.append((time.perf_counter(), len(target)))


def pytorch_fused(frame: pd.DataFrame, marks: Marks) -> None:
    """Train by the same loop with the fused Adam."""
    pytorch(frame, marks, fused=True)


def fastai(frame: pd.DataFrame, marks: Marks) -> None:
    """Train fastai's tabular learner without batch normalisation and dropout."""
    from fastai.tabular import all as fast

    procs = [fast.Categorify, fast.FillMissing(add_col=False), fast.Normalize]
    frame = frame.assign(**{TARGET: frame[TARGET].astype(np.float32)})
    table = fast.TabularPandas(frame, procs, CATEGORIES, NUMBERS, TARGET, fast.RegressionBlock(), inplace=True)
    learner = fast.tabular_learner(
        table.dataloaders(BATCH),
        list(HIDDEN),
        emb_szs=DIMS,
        config=fast.tabular_config(use_bn=False, bn_cont=False),
        opt_func=fast.Adam,
        n_out=1,
    )

    class Clock(fast.Callback):
        """Takes the time."""

        def after_train(self) -> None:
            """Mark the end of an epoch."""
            marks.append((time.perf_counter(), len(frame) // BATCH * BATCH))

    with learner.no_bar(), learner.no_logging():
        learner.fit(EPOCHS, RATE, cbs=Clock())


WAYS: dict[str, Callable[[pd.DataFrame, Marks], None]] = {
    "ours": ours,
    "ours_without_xla": ours_without_xla,
    "recipe": recipe,
    "recipe_of_three_epochs": recipe_of_three_epochs,
    "stock": stock,
    "pytorch": pytorch,
    "pytorch_fused": pytorch_fused,
    "fastai": fastai,
}


def warm(way: str) -> None:
    """Import what the way needs, and what that imports at its first use."""
    if way.startswith("pytorch") or way == "fastai":
        import torch

        torch.set_num_threads(THREADS)
        weight = torch.nn.Parameter(torch.ones(1))
        weight.sum().backward()
        torch.optim.Adam([weight]).step()
        if way == "fastai":
            import fastai.tabular.all  # noqa: F401
    else:
        import keras

        import tabembed.nn.model
        import tabembed.nn.recipe

        keras.ops.ones(1)
        del tabembed


def measure(way: str) -> dict[str, float]:
    """Return rows/s after the first epoch, and the seconds until the third one ended."""
    frame, marks = flights(), []
    warm(way)
    started = time.perf_counter()
    WAYS[way](frame, marks)
    epochs = [end for end, rows in marks if rows]
    rates = [rows / (end - begin) for (begin, _), (end, rows) in itertools.pairwise(marks) if rows]
    return {"rows/s": max(rates), "seconds": epochs[2] - started}


def in_a_process(way: str) -> dict[str, float]:
    """Return what ``measure`` gives in a fresh process."""
    command = [sys.executable, __file__, "--measure", way]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table, and the ratios it is judged by."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), help="some ways")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default 3)")
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(chosen.measure)))
        return
    found: dict[str, list[dict[str, float]]] = {way: [] for way in chosen.only}
    for _ in range(chosen.rounds):
        for way, runs in found.items():
            runs.append(in_a_process(way))
            print(way, runs[-1], file=sys.stderr)
    report(found)


def report(found: dict[str, Sequence[dict[str, float]]]) -> None:
    """Print the medians of the runs of each way."""
    rate = {way: median(run["rows/s"] for run in runs) for way, runs in found.items()}
    seconds = {way: median(run["seconds"] for run in runs) for way, runs in found.items()}
    print("| way | rows/s after the first epoch | seconds, frame to 3 epochs |\n|---|---:|---:|")
    for way in found:
        print(f"| {way} | {rate[way]:,.0f} | {seconds[way]:.1f} |")
    print()
    for own, rival in itertools.product(("ours", "ours_without_xla"), ("pytorch", "pytorch_fused", "fastai", "stock")):
        if own in found and rival in found:
            print(f"- {own} against {rival}: {rate[own] / rate[rival]:.2f} x the rows/s,", end=" ")
            print(f"{seconds[own] / seconds[rival]:.2f} x the seconds")


if __name__ == "__main__":
    main()
