"""A vocabulary of millions of labels: seconds to infer, build, save, export, load and read its table, and peak memory.

python benchmarks/big_vocabulary.py --labels 5000000
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa


def rows_of(labels: int) -> pa.Table:
    """Return rows that hold each of so many labels once or more, and a target."""
    rng = np.random.default_rng(0)
    ids = np.concatenate([rng.permutation(labels), rng.integers(0, labels, labels // 5)])
    users = pa.array(ids).cast(pa.string())
    return pa.table({"user": users, "y": rng.normal(size=len(ids)).astype(np.float32)})


def run(labels: int, dim: int, folder: Path) -> None:
    """Go from rows to a reloaded model; print the seconds of each step."""
    began = started = time.perf_counter()

    def step(name: str) -> None:
        nonlocal started
        now = time.perf_counter()
        print(f"{name:>14} {now - started:6.1f} s", flush=True)
        started = now

    import tensorflow as tf

    import tabembed as te

    table = rows_of(labels)
    te.build_model(te.infer_schema(table.slice(0, 1000), "y", kinds={"user": te.Categorical()}))
    step("imports, rows")
    schema = te.infer_schema(table, "y", kinds={"user": te.Categorical(dim=dim)})
    step("infer")
    model = te.build_model(schema, random_state=0)
    step("build")
    schema.to_json(folder / "schema.json")
    assert te.Schema.from_json(folder / "schema.json") == schema
    step("schema's JSON")
    te.export(model, schema, folder / "model")
    step("export")
    served = te.load(folder / "model")
    answers = served.predict({"user": [schema["user"].labels[-1], "none such", None]})
    step("load, predict")
    assert len(served.tables["user"]) == labels
    step("table")
    raw = served._restored.signatures["serving_default"](user=tf.constant([schema["user"].labels[-1], "none such", ""]))
    np.testing.assert_allclose(raw["prediction"], answers, rtol=1e-5)
    step("serve")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
    print(f"{labels:,} labels x {dim}: {time.perf_counter() - began:.1f} s, {size:,.0f} MiB of files")


def main() -> None:
    """Run it in a temporary folder, and print the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=5_000_000)
    parser.add_argument("--dim", type=int, default=8)
    chosen = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        run(chosen.labels, chosen.dim, Path(folder))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
