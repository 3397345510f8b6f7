"""An ONNX file of the flights beside the SavedModel: agreement, cold start, one row, size.

    python benchmarks/onnx_file.py      # trains a model for an epoch first

Latencies are of calls that take turns; the first two of each are left out. Cold starts are whole processes that load
and answer one row, without Python's own start; the processor's time stands beside the clock's.
"""

from __future__ import annotations

__all__ = ["main"]

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from flights import ROW, TARGET, known_flights, trained
from predict import timed
from startup import environment

import tabembed as te

ROWS, ROUNDS = 10_000, 7
COLD = """
import time; start = time.perf_counter(), time.process_time()
import tabembed as te
te.{load}({path!r}).predict({row!r})
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""


def cold(load: str, path: Path) -> tuple[float, float]:
    """Return the median seconds from the import to the first prediction, by the clock and of the processor."""
    code = COLD.format(load=load, path=str(path), row={name: [value] for name, value in ROW.items()})
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
        for _ in range(ROUNDS)
    ]
    clock, processor = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    return statistics.median(clock), statistics.median(processor)


def size(path: Path) -> float:
    """Return the MiB of a file or a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def asked(flights: pd.DataFrame) -> pd.DataFrame:
    """Return real rows, some of whose labels are missing or unseen."""
    frame = flights.drop(columns=TARGET).sample(ROWS, random_state=0).reset_index(drop=True)
    texts = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    rng = np.random.default_rng(0)
    for name in texts:
        frame[name] = frame[name].astype(object).mask(rng.random(ROWS) < 0.02).mask(rng.random(ROWS) < 0.02, "unseen")
    return frame


def main() -> None:
    """Print the table and how well both agree."""
    flights = known_flights()
    est = trained(flights)
    frame = asked(flights)
    with tempfile.TemporaryDirectory() as folder:
        paths = {"load": est.export(Path(folder) / "flights"), "load_onnx": est.export_onnx(Path(folder) / "m.onnx")}
        served = {"load": te.load(paths["load"]), "load_onnx": te.load_onnx(paths["load_onnx"])}
        row, calls = {name: [value] for name, value in ROW.items()}, served.items()
        dicts = timed({load: lambda one=one: one.predict(row) for load, one in calls}, 1_000)
        frames = timed({load: lambda one=one: one.predict(frame[:1]) for load, one in calls}, 1_000)
        many = timed({load: lambda one=one: one.predict(frame) for load, one in calls}, 20)
        print("| | cold start, s | of the processor, s | one dict, p50 ms | one-row frame, p50 ms | rows/s | MiB |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for load, path in paths.items():
            each = (*cold(load, path), np.median(dicts[load]), np.median(frames[load]))
            rate = len(frame) / np.median(many[load]) * 1e3
            print(f"| `te.{load}` | {' | '.join(f'{value:.2f}' for value in each)} | {rate:,.0f} | {size(path):.2f} |")
        apart = np.abs(served["load"].predict(frame) - served["load_onnx"].predict(frame)).max()
    limit = 1e-5 * max(1.0, est.schema_.need_target().scale or 1.0)
    print(f"\nlargest difference on {ROWS:,} rows: {apart:.1e} (limit {limit:.1e})")


if __name__ == "__main__":
    main()
