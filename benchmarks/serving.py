"""How many requests a second a server answers, and how quickly: ours, a bare ASGI application, and MLflow's.

Each server answers the flights' 8 columns of text and 4 of numbers, all on this machine and asked by wrk (which takes
a part of it). Needs the extras ``serve`` and ``examples``, and wrk; MLflow is measured in an environment of its own:

    python -m venv mlflow && mlflow/bin/pip install mlflow tensorflow==2.21
    python benchmarks/serving.py --mlflow mlflow/bin/python
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import tabembed as te
from tabembed.io.examples import flights

TEXTS = ["carrier", "flight", "tailnum", "origin", "dest", "month", "day", "hour"]
NUMBERS = ["dep_delay", "air_time", "distance", "minute"]
BATCH = 1_024
PORT = 8_571
BARE = """
import asyncio, orjson
waiting, timer = [], None
def flush():
    global waiting, timer
    now, waiting, timer = waiting, [], None
    for future in now:
        future.set_result(0.5)
async def app(scope, receive, send):
    global timer
    message = await receive()
    orjson.loads(message["body"])
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    waiting.append(future)
    timer = timer or loop.call_later(0.001, flush)
    body = orjson.dumps({"predictions": [await future]})
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
"""

PYFUNC = """
import json
import mlflow, numpy as np, tensorflow as tf

class Flights(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.served = tf.saved_model.load(context.artifacts["model"])
        self.names = json.load(open(context.artifacts["names"]))
        self.call = self.served.signatures["serving_default"]

    def predict(self, context, model_input, params=None):
        tensors = {{}}
        for name in model_input:
            text = name in {texts!r}
            values = model_input[name].astype(str if text else np.float32)
            tensors[self.names[name]] = tf.constant(values.tolist(), tf.string if text else tf.float32)
        return self.call(**tensors)["prediction"].numpy()

mlflow.pyfunc.save_model("pyfunc", python_model=Flights(), artifacts={{"model": "flights/1", "names": "names.json"}})
"""


class Figures(NamedTuple):
    """What wrk measured."""

    per_second: float
    p50: float
    p99: float


def main() -> None:
    """Start each server in turn, and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of each measurement")
    parser.add_argument("--mlflow", type=Path, help="the python of an environment with MLflow and TensorFlow")
    wanted = parser.parse_args()
    seconds = wanted.seconds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        rows = export(home)
        one = script(home / "one.lua", {"instances": rows[:1]})
        many = script(home / "many.lua", {"inputs": {name: [row[name] for row in rows] for name in rows[0]}})
        ours = f"http://127.0.0.1:{PORT}/v1/models/flights"
        print("| | requests/s | p50, ms | p99, ms |\n|---|---:|---:|---:|")
        with running([sys.executable, "-m", "tabembed", "serve", str(home / "flights"), "--port", str(PORT)], ours):
            wrk(f"{ours}:predict", one, 32, 2)
            single = wrk(f"{ours}:predict", one, 32, seconds)
            say("`tabembed serve`, one row, 32 connections", single)
            batches = wrk(f"{ours}:predict", many, 2, seconds)
            say(f"`tabembed serve`, {BATCH:,} rows, 2 connections", batches)
        (home / "bare.py").write_text(BARE)
        uvicorn = [
            sys.executable,
            "-m",
            "uvicorn",
            "bare:app",
            "--port",
            str(PORT),
            "--no-access-log",
            "--lifespan",
            "off",
        ]
        with running([*uvicorn, "--app-dir", str(home)], None):
            say("a bare ASGI application, one row", wrk(f"http://127.0.0.1:{PORT}/", one, 32, seconds))
        if wanted.mlflow:
            theirs = mlflow(wanted.mlflow, home, rows, seconds)
            say("`mlflow models serve`, one row", theirs)
            print(f"\none row: {single.per_second / theirs.per_second:.0f} x MLflow")
        print(f"\n{batches.per_second * BATCH:,.0f} rows/s in batches of {BATCH:,}")


def export(home: Path) -> list[dict[str, Any]]:
    """Train a model of some flights for an epoch; return rows as a client sends them."""
    frame = flights().dropna().sample(20_000, random_state=0)
    frame = frame[[*TEXTS, *NUMBERS, "arr_delay"]].astype(dict.fromkeys(TEXTS, str))
    kinds = dict.fromkeys(TEXTS, te.Categorical()) | dict.fromkeys(NUMBERS, te.Numeric())
    est = te.TabularRegressor(preset="fast", epochs=1, kinds=kinds, random_state=0, verbose=0)
    est.fit(frame[[*TEXTS, *NUMBERS]], frame["arr_delay"]).export(home / "flights")
    return json.loads(frame[[*TEXTS, *NUMBERS]].head(BATCH).to_json(orient="records"))


def script(path: Path, body: Any) -> Path:
    """Write what wrk sends."""
    path.with_suffix(".json").write_text(json.dumps(body))
    path.write_text(
        f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.body = io.open("{path.with_suffix(".json")}"):read("*a")\n'
    )
    return path


def wrk(url: str, lua: Path, connections: int, seconds: int) -> Figures:
    """Ask a server for some seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(lua), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    units = {"us": 0.001, "ms": 1.0, "s": 1_000.0}
    shares = {
        share: float(value) * units[unit] for share, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", said)
    }
    return Figures(float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]), shares["50"], shares["99"])


def say(what: str, found: Figures) -> None:
    """Print a line of the table."""
    print(f"| {what} | {found.per_second:,.0f} | {found.p50:.1f} | {found.p99:.1f} |", flush=True)


@contextmanager
def running(command: list[str], url: str | None, **variables: str) -> Iterator[None]:
    """Run a server until the block ends."""
    server = subprocess.Popen(
        command,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        asyncio.run(reachable())
        if url is not None:
            urllib.request.urlopen(url, timeout=30).close()
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


async def reachable() -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return
    raise RuntimeError("the server doesn't listen")


def mlflow(python: Path, home: Path, rows: list[dict[str, Any]], seconds: int) -> Figures:
    """Measure ``mlflow models serve`` of the same SavedModel.

    Args:
        python: of an environment with MLflow and TensorFlow.
        home: the folder of the model.
        rows: as a client sends them.
        seconds: of the measurement.
    """
    names = te.load(home / "flights").schema.input_names
    (home / "names.json").write_text(json.dumps(dict(names)))
    (home / "as_pyfunc.py").write_text(PYFUNC.format(texts=TEXTS))
    subprocess.run([python, "as_pyfunc.py"], cwd=home, check=True, capture_output=True)
    lua = script(home / "mlflow.lua", {"dataframe_records": rows[:1]})
    command = [str(python), "-m", "mlflow", "models", "serve", "-m", str(home / "pyfunc"), "-p", str(PORT)]
    with running([*command, "--env-manager", "local"], None, PATH=f"{python.parent}{os.pathsep}{os.environ['PATH']}"):
        url = f"http://127.0.0.1:{PORT}/invocations"
        wrk(url, lua, 32, 2)
        return wrk(url, lua, 32, seconds)


if __name__ == "__main__":
    main()
