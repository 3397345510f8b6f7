"""A model with a column of most kinds, the application in this process, and the real server in another."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.serving.rest.app import App
from tabembed.serving.rest.metrics import Metrics
from tabembed.serving.rest.questions import Limits
from tabembed.serving.rest.served import ServedVersion
from tabembed.serving.rest.versions import Versions

ROOT = Path(__file__).parents[3]
N = 90
LIMITS = Limits(body_bytes=400_000, rows=3_000, seconds=20.0)


class Reply(NamedTuple):
    """What a server answers."""

    status: int
    body: Any
    headers: dict[str, str]


Ask = Callable[..., Reply]


def table(seed: int = 0) -> pd.DataFrame:
    """Return rows of most kinds."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "dest": rng.choice(["BOS", "LAX", "größe"], N),
            "tail no": rng.integers(1, 9, N).astype(str),
            "km": pd.Series(rng.normal(500, 90, N)).mask(rng.random(N) < 0.1),
            "night": rng.random(N) < 0.5,
            "when": pd.date_range("2013-01-01", periods=N, freq="31h"),
            "tags": [[str(tag) for tag in rng.choice(["wifi", "meal"], length)] for length in rng.integers(1, 3, N)],
            "remark": [f"gate {at} of pier {'abcd'[at % 4]}" for at in range(N)],
            "y": rng.normal(100, 30, N),
            "late": rng.choice(["early", "late", "never"], N),
        }
    )


def export(frame: pd.DataFrame, target: str, path: Path, seed: int = 0) -> Path:
    """Export an untrained model of a frame; another seed, another answer."""
    frame = frame.drop(columns={"y", "late"} - {target})
    schema = te.infer_schema(frame, target, kinds={"tail no": te.Categorical()})
    return te.export(te.build_model(schema, random_state=seed, hidden=(4,)), schema, path)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as a client sends them; a missing number is the token NaN."""
    names = ["dest", "tail no", "km", "night", "when", "tags", "remark"]
    return frame[names].assign(when=frame["when"].dt.strftime("%Y-%m-%dT%H:%M:%S")).to_dict("records")


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="session")
def trips(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model with one version."""
    return export(frame, "y", tmp_path_factory.mktemp("saved_models") / "trips").parent


@pytest.fixture(scope="session")
def application() -> Iterator[Callable[..., App]]:
    with ThreadPoolExecutor(1) as executor:

        def make(path: Path, limits: Limits = LIMITS, **options: Any) -> App:
            """Return the application of a model."""
            metrics = Metrics(path.name)
            versions = Versions(path, lambda version: ServedVersion(version, limits, metrics, executor), metrics)
            return App(versions, metrics, limits, **options)

        yield make


@pytest.fixture(scope="session")
def app(application: Callable[..., App], trips: Path) -> App:
    return application(trips)


def in_process(app: App, path: str, body: Any = None, method: str | None = None, headers: Any = ()) -> Reply:
    """Call the application as a server does."""
    return asyncio.run(ask_async(app, path, body, method, headers))


async def ask_async(app: App, path: str, body: Any = None, method: str | None = None, headers: Any = ()) -> Reply:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    parts = [raw[at : at + 65_536] for at in range(0, len(raw), 65_536)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": part is not parts[-1]} for part in parts]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    method = method or ("GET" if body is None else "POST")
    await app({"type": "http", "path": path, "method": method, "headers": list(headers)}, receive, send)
    start, end = sent
    told = {key.decode(): value.decode() for key, value in start["headers"]}
    content = json.loads(end["body"]) if told["content-type"] == "application/json" else end["body"].decode()
    return Reply(start["status"], content, told)


@pytest.fixture(scope="session")
def ask() -> Ask:
    """A function from (application, path, body) to its answer, in this process."""
    return in_process


@pytest.fixture(scope="session")
def asked_over() -> Ask:
    """A function from (connection, path, body) to the server's answer."""
    return over


@pytest.fixture(scope="session")
def exported() -> Callable[..., Path]:
    """A function that exports an untrained model: (frame, target, folder, seed)."""
    return export


@pytest.fixture(scope="session")
def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The frame as a client sends it."""
    return rows_of(frame)


@pytest.fixture(scope="session")
def start() -> type[Server]:
    """The server as a process, to be started with other arguments."""
    return Server


class Server:
    """`tabembed serve` as a process.

    Args:
        arguments: of the command.
        log: the file that its stderr goes to.
        variables: of its environment.
    """

    def __init__(self, *arguments: str, log: Path, **variables: str) -> None:
        self.log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tabembed", "serve", *arguments, "--port", "0"],
                env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        url = self.wait_for("listening")["url"]
        self.port = int(url.split(":")[2].split("/")[0])

    def said(self) -> list[dict[str, Any]]:
        """Return the lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def wait_for(self, message: str, seconds: float = 120.0, **fields: Any) -> dict[str, Any]:
        """Return the first line of the log with a message and some fields."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.said():
                if line["message"] == message and all(line.get(key) == value for key, value in fields.items()):
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def connection(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path: str, body: Any = None, headers: Any = None) -> Reply:
        """Send one request on a connection of its own."""
        connection = self.connection()
        try:
            return over(connection, path, body, headers)
        finally:
            connection.close()

    def stop(self) -> int:
        """Tell it to stop; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def over(connection: http.client.HTTPConnection, path: str, body: Any = None, headers: Any = None) -> Reply:
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request("GET" if body is None else "POST", path, raw, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    told = {key.lower(): value for key, value in answer.getheaders()}
    is_json = told["content-type"] == "application/json"
    return Reply(answer.status, json.loads(content) if is_json else content.decode(), told)


@pytest.fixture(scope="session")
def server(trips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server of `trips`, which no test changes."""
    started = Server(str(trips), "--max-bytes", "400000", log=tmp_path_factory.mktemp("logs") / "server")
    yield started
    assert started.stop() == 0, started.log.read_text()
