"""The real server as a process: many clients, new versions under load, memory, and how it stops."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te

PREDICT = "/v1/models/trips:predict"


def memory(server: Any) -> float:
    """Return the resident megabytes of a server."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_concurrent_clients_get_the_predictors_answers(
    server: Any, asked_over: Any, rows: Any, frame: pd.DataFrame, trips: Path
) -> None:
    want = te.load(trips).predict(frame)

    def client(at: int) -> list[float]:
        """Ask every eighth row on one connection."""
        connection = server.connection()
        asked = [asked_over(connection, PREDICT, {"instances": [row]}) for row in rows[at::8]]
        connection.close()
        assert {answer.status for answer in asked} == {200}
        return [answer.body["predictions"][0] for answer in asked]

    with ThreadPoolExecutor(8) as clients:
        for at, found in enumerate(clients.map(client, range(8))):
            np.testing.assert_allclose(found, want[at::8], rtol=1e-5)


def test_it_listens_on_this_machine_alone_and_logs_json(server: Any) -> None:
    lines = server.log.read_text().splitlines()
    assert len(server.said()) == len(lines)
    line = server.wait_for("listening")
    assert line["url"] == f"http://127.0.0.1:{server.port}/v1/models/trips"
    assert {"time", "level", "message"} <= set(line)


def test_a_large_body_is_refused_and_the_server_goes_on(server: Any, rows: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
        client.sendall(head.encode() + b"x" * 1_000)
        assert client.recv(1_000).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"POST /v1/models HTTP/9.9\r\nnonsense\r\n\r\n")
        assert client.recv(1_000).startswith(b"HTTP/1.1 400 ")
    answer = server.ask(PREDICT, {"instances": [{**rows[0], "remark": "x" * 390_000}]})
    assert (answer.status, answer.body["error"][:16]) == (400, "column 'remark' ")
    assert server.ask("/v1/models/%2e%2e%2fetc").status == 404
    assert server.ask(PREDICT, {"instances": rows[:1]}).status == 200


def grown_by(server: Any, asked_over: Any, rows: Any, requests: int) -> float:
    """Return by how many megabytes requests make the server grow, a warm-up left aside."""
    connection = server.connection()
    bodies = [{"instances": rows[at : at + 3]} for at in range(0, 60, 3)] + [{"instances": [{"dest": "x" * 9_000}]}]

    def ask_many(count: int) -> None:
        for at in range(count):
            asked_over(connection, PREDICT, bodies[at % len(bodies)])

    ask_many(min(2_000, requests // 2))
    before = memory(server)
    ask_many(requests)
    connection.close()
    return memory(server) - before


def test_memory_stays_flat(server: Any, asked_over: Any, rows: Any) -> None:
    assert grown_by(server, asked_over, rows, 600) < 20


@pytest.mark.slow
def test_memory_stays_flat_over_100_000_requests(server: Any, asked_over: Any, rows: Any) -> None:
    assert grown_by(server, asked_over, rows, 100_000) < 20


@pytest.fixture(scope="module")
def changing(trips: Path, exported: Any, frame: pd.DataFrame, start: Any, tmp_path_factory: Any) -> Any:
    """A server whose model gets new versions, and the version to come."""
    folder = tmp_path_factory.mktemp("changing")
    shutil.copytree(trips, folder / "trips")
    new = exported(frame, "y", folder / "new", seed=7)
    (folder / "token").write_text("secret\n")
    server = start(str(folder / "trips"), "--token-file", str(folder / "token"), log=folder / "log")
    yield server, folder / "trips", new
    server.process.kill()


def test_a_new_version_takes_over_without_a_lost_request(changing: Any, asked_over: Any, rows: Any) -> None:
    server, folder, new = changing
    token = {"Authorization": "Bearer secret"}
    assert server.ask(PREDICT, {"instances": rows[:1]}).status == 401
    stop, seen = threading.Event(), Counter[Any]()
    body = {"instances": rows[:1]}
    old_one, new_one = (te.load(path).predict(pd.DataFrame(rows[:1]))[0] for path in (folder, new))

    def client() -> None:
        """Ask until told to stop; count what came back."""
        connection = server.connection()
        while not stop.is_set():
            answer = asked_over(connection, PREDICT, body, token)
            known = answer.body["predictions"][0] if answer.status == 200 else np.nan
            name = "old" if np.isclose(known, old_one, rtol=1e-5) else "new" if np.isclose(known, new_one) else "other"
            seen[answer.status, name] += 1
        connection.close()

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    try:
        # Copied slowly, the graph first: half of a version is no version.
        (folder / "2" / "variables").mkdir(parents=True)
        shutil.copy(new / "saved_model.pb", folder / "2")
        server.wait_for("version not loaded")
        shutil.copytree(new, folder / "2", dirs_exist_ok=True)
        server.wait_for("version serves", version=2)
        time.sleep(0.5)
    finally:
        stop.set()
        for thread in clients:
            thread.join()
    assert set(seen) == {(200, "old"), (200, "new")}, seen
    assert sum(seen.values()) > 50
    assert server.ask("/v1/models/trips", headers=token).body["model_version_status"][0]["version"] == "2"
    assert server.ask("/v1/models/trips/versions/1", headers=token).status == 404
    (folder / "3").mkdir()
    (folder / "3" / "saved_model.pb").write_bytes(b"nothing")
    line = server.wait_for("version not loaded", path=str(folder / "3"))
    assert "3" in line["error"]
    assert server.ask(PREDICT, body, token).status == 200
    states = server.ask("/v1/models/trips", headers=token).body["model_version_status"]
    assert [(one["version"], one["state"]) for one in states] == [("2", "AVAILABLE"), ("3", "END")]


def test_a_stop_ends_the_requests_in_flight(changing: Any, asked_over: Any, rows: Any) -> None:
    server, *_ = changing
    connection = server.connection()
    body = json.dumps({"instances": rows[:1]}).encode()
    connection.putrequest("POST", PREDICT)
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Authorization", "Bearer secret")
    connection.endheaders(body[:20])
    time.sleep(0.3)
    stopped = threading.Thread(target=lambda: codes.append(server.stop()))
    codes: list[int] = []
    stopped.start()
    time.sleep(0.5)
    connection.send(body[20:])
    assert connection.getresponse().status == 200
    stopped.join()
    assert codes == [0]
    assert server.said()[-1]["message"] == "stopped"


def test_what_the_command_refuses(tmp_path: Path, trips: Path) -> None:
    def refused(*arguments: str, **variables: str) -> str:
        command = [sys.executable, "-m", "tabembed", "serve", *arguments]
        root = str(Path(te.__file__).parents[1])
        environment = {"PYTHONPATH": root, "PATH": "/usr/bin:/bin", **variables}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        return done.stderr

    assert "no model at" in refused(str(tmp_path / "none"))
    assert "the token in variable TABEMBED_TOKEN must be printable ASCII and not empty" in refused(
        str(trips), TABEMBED_TOKEN=""
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"--host 127.0.0.1 and --port {port} must be free to listen on, however:" in refused(
            str(trips), "--port", port
        )
