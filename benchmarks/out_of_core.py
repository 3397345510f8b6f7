"""Files larger than memory: rows/s of reading and training, and peak memory, each measured in a process of its own.

python benchmarks/out_of_core.py write DIR --rows 10000000 [--csv]
python benchmarks/out_of_core.py encode DIR
python benchmarks/out_of_core.py train DIR [--in-memory] [--epochs 1]
python benchmarks/out_of_core.py read DIR        (CSV: beside pandas)
python benchmarks/out_of_core.py flights DIR [--epochs 3]
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

LABELS = {"airport": 100, "tail": 5_000, "customer": 100_000, "shop": 1_000, "carrier": 16}
FILE_ROWS = 1_000_000


def write(folder: Path, rows: int, csv: bool) -> None:
    """Write files of 10 columns (5 of labels, 4 of numbers, 1 of bools) and a target that depends on them."""
    folder.mkdir(parents=True)
    for at in range(0, rows, FILE_ROWS):
        part = _part(at, min(FILE_ROWS, rows - at))
        path = folder / f"{at // FILE_ROWS:04}"
        if csv:
            pa.csv.write_csv(part, path.with_suffix(".csv"), pa.csv.WriteOptions(quoting_style="none"))
        else:
            pq.write_table(part, path.with_suffix(".parquet"), row_group_size=125_000)


def _part(at: int, rows: int) -> pa.Table:
    rng = np.random.default_rng(at)
    columns: dict[str, pa.Array] = {}
    target = rng.normal(0, 1, rows)
    for name, size in LABELS.items():
        ids = np.minimum((size * rng.random(rows) ** 2).astype(np.int64), size - 1)
        target += np.random.default_rng(size).normal(0, 1, size)[ids]
        texts = pa.array([f"{name}-{label}" for label in range(size)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(ids, pa.int32()), texts).cast(pa.string())
    for name in ("distance", "price"):
        columns[name] = pa.array(rng.normal(0, 1, rows))
    columns["minutes"] = pa.array(rng.integers(0, 100_000, rows))
    columns["month"] = pa.array(rng.integers(1, 13, rows), pa.int8())
    columns["late"] = pa.array(rng.random(rows) < 0.3)
    return pa.table({**columns, "y": target + columns["distance"].to_numpy()})


def encode(folder: Path) -> None:
    """Infer the schema of the files, then encode them; print rows/s of each."""
    import tabembed as te

    started = time.perf_counter()
    schema = te.infer_schema(folder, kinds={"y": te.Ignored()})
    inferred = time.perf_counter()
    encoded = schema.encode(folder)
    done = time.perf_counter()
    rows = len(encoded["late"])
    print(f"infer {rows / (inferred - started):,.0f} rows/s, encode {rows / (done - inferred):,.0f} rows/s")
    print({name: array.dtype.name for name, array in encoded.items()})


def train(folder: Path, in_memory: bool, epochs: int) -> None:
    """Train by the recipe on the files or on a frame of them; print seconds, rows/s and the held-out R2."""
    import tabembed as te
    from tabembed.io.frames import to_arrow

    estimator = te.TabularRegressor(preset="fast", epochs=epochs, random_state=0, verbose=0)
    started = time.perf_counter()
    if in_memory:
        table = to_arrow(folder)
        estimator.fit(table.drop_columns(["y"]), table.column("y"))
    else:
        estimator.fit(folder, "y")
    seconds, rows = time.perf_counter() - started, estimator.schema_.columns[0].rows
    print(f"{rows * epochs / seconds:,.0f} rows/s with inference; R2 {estimator.metrics_['model']['r2']:.4f}")


def read(folder: Path) -> None:
    """Read CSV files into memory, by pandas and by us; print rows/s of each."""
    import pandas as pd

    from tabembed.io.csv_spool import spool_csv
    from tabembed.io.files import expand
    from tabembed.io.frames import to_arrow

    files = expand(folder)
    ways = {
        "pandas": lambda: pd.concat(map(pd.read_csv, files)),
        "pandas, pyarrow": lambda: pd.concat(pd.read_csv(file, engine="pyarrow") for file in files),
        "in memory": lambda: to_arrow(folder),
        "through Parquet": lambda: spool_csv(files),
    }
    for name, way in ways.items():
        started = time.perf_counter()
        found = way()
        seconds = time.perf_counter() - started
        rows = getattr(found, "num_rows", None) or getattr(found, "rows", None) or len(found)
        print(f"{name:>16} {rows / seconds:12,.0f} rows/s", flush=True)


def flights(folder: Path, epochs: int, seeds: int) -> None:
    """Train on four fifths of the flights, as Parquet files and as a frame; print the test R2 of both, seed by seed."""
    import tabembed as te
    from tabembed.io.examples import flights as read_flights

    frame = read_flights().dropna(subset=["arr_delay"]).reset_index(drop=True)
    found: list[tuple[float, float]] = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(frame))
        training, test = (frame.iloc[np.sort(rows)] for rows in np.split(order, [len(frame) * 4 // 5]))
        part = folder / str(seed)
        part.mkdir(parents=True)
        for at, rows in enumerate(np.array_split(np.arange(len(training)), 5)):
            training.iloc[rows].to_parquet(part / f"{at}.parquet", row_group_size=20_000)
        X, y = training.drop(columns="arr_delay"), training["arr_delay"]
        unseen = test.drop(columns="arr_delay"), test["arr_delay"]
        make = functools.partial(te.TabularRegressor, epochs=epochs, random_state=seed, verbose=0)
        found.append((make().fit(X, y).score(*unseen), make().fit(part, "arr_delay").score(*unseen)))
        print(f"seed {seed}: test R2 {found[-1][0]:.4f} from the frame, {found[-1][1]:.4f} from files", flush=True)
    (memory, files), gap = np.mean(found, 0), np.diff(found, axis=1)
    error = 2 * np.std(gap, ddof=1) / len(gap) ** 0.5
    print(f"mean {memory:.4f} and {files:.4f}; files - frame {gap.mean():+.4f}, two standard errors {error:.4f}")


def main() -> None:
    """Run one step and print its peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["write", "encode", "train", "read", "flights"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=8, help="of the flights (default 8)")
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--csv", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    steps = {
        "write": lambda: write(chosen.folder, chosen.rows, chosen.csv),
        "encode": lambda: encode(chosen.folder),
        "train": lambda: train(chosen.folder, chosen.in_memory, chosen.epochs),
        "read": lambda: read(chosen.folder),
        "flights": lambda: flights(chosen.folder, chosen.epochs, chosen.seeds),
    }
    steps[chosen.step]()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
