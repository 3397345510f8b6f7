"""``serve``: load the model, listen, look for new versions, and stop when all requests are answered."""

from __future__ import annotations

__all__ = ["Settings", "serve"]

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import tensorflow as tf
import uvicorn

from ...io.errors import DataError
from .app import App
from .logs import log_as_json
from .metrics import Metrics
from .questions import Limits
from .served import ServedVersion
from .versions import Versions

_log = logging.getLogger("tabembed.serve")


@dataclass(frozen=True)
class Settings:
    """How a model is served.

    Args:
        path: ``saved_models/NAME``, or one version of it.
        host: the address to listen on.
        port: 0 for any that is free.
        token: that requests must bring; None for none.
        limits: of one request.
        poll_seconds: between two looks for a new version.
        threads: that TensorFlow answers one call with; for rows of a few requests one is quickest.
        stop_seconds: that requests get to end when the server stops.
        log_requests: whether each request is logged.
    """

    path: Path
    host: str = "127.0.0.1"
    port: int = 8501
    token: str | None = None
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    poll_seconds: float = 1.0
    stop_seconds: float = 30.0
    log_requests: bool = False


def serve(settings: Settings) -> None:
    """Serve a model until the process is told to stop (SIGTERM, SIGINT).

    Args:
        settings: how.

    Raises:
        DataError: when the address is taken, or the model can't be loaded.
    """
    log_as_json()
    tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
    tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    with _bound(settings) as listener, ThreadPoolExecutor(1, "rows") as large, ThreadPoolExecutor(1, "load") as loader:
        metrics = Metrics(_name(settings.path))
        load = partial(ServedVersion, limits=settings.limits, metrics=metrics, executor=large)
        versions = Versions(settings.path, load, metrics)
        _settle()
        app = App(versions, metrics, settings.limits, token=settings.token, log_requests=settings.log_requests)
        config = uvicorn.Config(
            app,
            loop="auto",
            http="auto",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=75,  # longer than proxies keep a connection idle, or they ask on one that was closed
            timeout_graceful_shutdown=int(settings.stop_seconds),
        )
        server = uvicorn.Server(config)
        host, port = listener.getsockname()[:2]

        async def run() -> None:
            """Answer requests, and look for versions beside."""
            listener.listen(2048)  # whoever reads the next line may connect
            watching = asyncio.create_task(_watch(versions.poll, settings.poll_seconds, loader))
            _log.info("listening", extra={"fields": {"url": f"http://{host}:{port}/v1/models/{versions.name}"}})
            # uvicorn raises the signal that stopped it once more when all is done; the exit code is to be 0.
            signal.signal(signal.SIGTERM, lambda *_: None)
            await server.serve([listener])
            watching.cancel()

        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(run())
        _log.info("stopped")


def _name(path: Path) -> str:
    path = path.expanduser().resolve()
    return path.parent.name if (path / "saved_model.pb").exists() and path.name.isdecimal() else path.name


def _bound(settings: Settings) -> socket.socket:
    """Return a socket at the address; it listens when the model is loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise DataError(
            f"--host {settings.host} and --port {settings.port} must be free to listen on, however: "
            f"{error.strerror or error}"
        ) from error
    return listener


def _settle() -> None:
    """Free what is left of an older version, then tell the garbage collector to leave the rest alone.

    TensorFlow's modules are a million objects; looking through them now and then would stop the requests for 200 ms.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def _watch(poll: Callable[[], bool], seconds: float, loader: ThreadPoolExecutor) -> None:
    """Look for new versions; what goes wrong is logged and never ends the looking."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(seconds)
        try:
            if await loop.run_in_executor(loader, poll):
                await loop.run_in_executor(loader, _settle)
        except Exception:
            _log.exception("looking for a new version failed")
