"""What a fit takes as the columns grow: the presets beside CatBoost, on made-up tables of many columns.

    pip install catboost
    python benchmarks/many_columns.py                          # two shapes, eleven minutes
    python benchmarks/many_columns.py --shapes 5000x120x20     # rows to learn from, columns of labels, of numbers

Two columns of labels decide the target together, a number adds to it, all else is noise; a label has 20 values. The
score is the R2 of 500 rows more. Seconds are of the whole fit on all cores. A table like this is what tracing a network
of one branch a column costs most, and screening pairs of columns.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score

import tabembed as te

SHAPES = ["5000x120x20", "5000x300x20"]
LABELS, TEST = 20, 500
MODELS = ["fast", "default", "CatBoost"]


def table(rows: int, labels: int, numbers: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return columns and target."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, LABELS, (rows, labels))
    values = rng.normal(size=(rows, numbers))
    X = pd.DataFrame(ids.astype(str), columns=[f"label {at}" for at in range(labels)])
    X[[f"number {at}" for at in range(numbers)]] = values
    return X, (ids[:, 0] % 5) * (ids[:, 1] % 3) + values[:, 0] + rng.normal(size=rows)


def measure(model: str, X: pd.DataFrame, y: np.ndarray) -> tuple[float, float]:
    """Return the test score and the seconds of a fit."""
    started = time.perf_counter()
    if model == "CatBoost":
        from catboost import CatBoostRegressor

        labels = [name for name in X if name.startswith("label")]
        fitted = CatBoostRegressor(cat_features=labels, random_seed=0, verbose=False, allow_writing_files=False)
    else:
        fitted = te.TabularRegressor(preset=model, random_state=0, verbose=0)
    fitted.fit(X[:-TEST], y[:-TEST])
    seconds = time.perf_counter() - started
    return float(r2_score(y[-TEST:], fitted.predict(X[-TEST:]))), seconds


def main() -> None:
    """Print R2 and seconds of each model on each shape."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="rows x columns of labels x columns of numbers")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    chosen = parser.parse_args()
    warm, target = table(TEST + 200, 2, 2)
    print(f"| rows, labels, numbers | {' | '.join(chosen.models)} |\n|---|{'---:|' * len(chosen.models)}")
    for model in chosen.models:
        measure(model, warm, target)  # what is imported once
    for shape in chosen.shapes:
        rows, labels, numbers = map(int, shape.split("x"))
        X, y = table(rows + TEST, labels, numbers)
        found = [measure(model, X, y) for model in chosen.models]
        cells = " | ".join(f"{score:.3f}, {seconds:.0f} s" for score, seconds in found)
        print(f"| {rows:,}, {labels}, {numbers} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
