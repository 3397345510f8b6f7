"""Does updating only the rows of the batch cost quality? `te.RowwiseAdam` beside Adam over whole tables.

    python benchmarks/optimizer_quality.py                         # both data sets, five seeds, about 10 minutes
    python benchmarks/optimizer_quality.py --data insteval --seeds 2

For each seed the same random tenth of the rows is held out and both optimizers start from the same weights and see the
same batches: the flights (batches of 1,024) and InstEval (2,972 students x 1,128 lecturers, their rating; of 256).
The model is the plain one, without the prior, dropout and hidden labels, which would even out what the optimizers do.
Printed is the best validation loss over the same epochs (squared error, in units of the target's variance). Adam over
whole tables is Keras' own, given the gradient of the whole table.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

import tabembed as te
from tabembed.io import examples

CATEGORIES = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
NUMBERS = ["dep_delay", "distance", "sched_arr_time", "minute"]
RATE = 1e-3


class DenseAdam(keras.optimizers.Adam):
    """Keras' Adam with the gradient of the whole table; of rows that stand there twice it would square the parts."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Update all rows."""
        super().apply([tf.convert_to_tensor(grad) for grad in grads], trainable_variables)


OPTIMIZERS = {"rowwise": te.RowwiseAdam, "dense": DenseAdam}


def flights() -> tuple[pd.DataFrame, str, list[str], int, int]:
    """Return the frame, the target, the categorical columns, the rows of a batch and the epochs."""
    frame = examples.flights()[[*CATEGORIES, *NUMBERS, "arr_delay"]].dropna(subset=["arr_delay"])
    return frame, "arr_delay", CATEGORIES, 1024, 6


def insteval() -> tuple[pd.DataFrame, str, list[str], int, int]:
    """Return the same of InstEval."""
    columns = ["s", "d", "studage", "lectage", "service", "dept"]
    frame = examples.insteval()
    frame = frame[columns].astype(str).assign(y=frame["y"].astype(float))
    return frame, "y", columns, 256, 8


def best_loss(name: str, seed: int, optimizer: str) -> float:
    """Return the best validation loss."""
    frame, target, categories, batch, epochs = {"flights": flights, "insteval": insteval}[name]()
    held = np.random.default_rng(seed).random(len(frame)) < 0.1
    plain = te.Categorical(dropout=0.0, l2=0.0, unknown_rate=0.0, dim=16)
    kinds: dict[str, Any] = {column: te.Numeric() for column in frame if column != target}
    kinds |= dict.fromkeys(categories, plain)
    schema = te.infer_schema(frame[~held], target, kinds=kinds, task="regression")
    model = te.build_model(schema, dropout=0.0, random_state=seed)
    model.compile(
        OPTIMIZERS[optimizer](RATE),
        "mse",
        loss_weights=schema.need_target().loss_weight,
        jit_compile=True,
        steps_per_execution=16,
    )
    data = schema.dataset(frame[~held], batch, shuffle=True, seed=seed).take((~held).sum() // batch)
    history = model.fit(
        data,
        validation_data=schema.dataset(frame[held], 8192),
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    return float(min(history.history["val_loss"]))


def main() -> None:
    """Print the table, a line as soon as it is known, and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=["flights", "insteval"], default=["flights", "insteval"])
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    chosen = parser.parse_args()
    print("| data | seed | dense Adam | `te.RowwiseAdam` | ratio |\n|---|---:|---:|---:|---:|")
    for name in chosen.data:
        losses = []
        for seed in range(chosen.first, chosen.first + chosen.seeds):
            losses.append([best_loss(name, seed, optimizer) for optimizer in ("dense", "rowwise")])
            line(name, str(seed), *losses[-1])
        line(name, "mean", *np.mean(losses, axis=0))


def line(name: str, seed: str, dense: float, rowwise: float) -> None:
    """Print one line of the table."""
    print(f"| {name} | {seed} | {dense:.5f} | {rowwise:.5f} | {rowwise / dense:.4f} |", flush=True)


if __name__ == "__main__":
    main()
