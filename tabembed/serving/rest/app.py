"""The ASGI application: TensorFlow Serving's paths, and those that operators ask."""

from __future__ import annotations

__all__ = ["App"]

import asyncio
import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import orjson

from .metrics import Metrics
from .openapi import description, page
from .questions import Limits, parsed
from .refusals import Refused
from .versions import Versions

Scope: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

_MODEL = re.compile(r"/v1/models/([^/:]+)(?:/versions/([^/:]+))?(:predict|/metadata|)")
_OPEN = ("/healthz", "/readyz")
_JSON = (b"content-type", b"application/json")
_NUMPY = orjson.OPT_SERIALIZE_NUMPY
_log = logging.getLogger("tabembed.serve")


class _Gone(Exception):  # noqa: N818
    """The client has closed the connection."""


class App:
    """Answers requests for one model.

    One plain ASGI function, since at thousands of requests a second a framework's layers cost more than the model.

    Args:
        versions: of the model.
        metrics: which count requests.
        limits: of one request.
        token: that a request must bring as ``Authorization: Bearer TOKEN``; None for none.
        log_requests: whether each request is logged.
    """

    def __init__(
        self,
        versions: Versions,
        metrics: Metrics,
        limits: Limits,
        *,
        token: str | None = None,
        log_requests: bool = False,
    ) -> None:
        self.versions, self.metrics, self.limits = versions, metrics, limits
        self._token = None if token is None else b"Bearer " + token.encode()
        self._log_requests = log_requests
        self._gets: dict[str, Callable[[], tuple[bytes, bytes]]] = {
            "/healthz": lambda: (_JSON[1], b'{"status":"ok"}'),
            "/readyz": lambda: (_JSON[1], orjson.dumps({"status": "ok", "version": versions.served.version})),
            "/metrics": lambda: (b"text/plain; version=0.0.4; charset=utf-8", metrics.text()),
            "/openapi.json": lambda: (_JSON[1], orjson.dumps(self._described())),
            "/docs": lambda: (b"text/html; charset=utf-8", page(self._described()).encode("utf-8", "replace")),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it with a status and one sentence."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        start = time.perf_counter()
        more: Headers = []
        kind, status = _JSON[1], 200
        try:
            async with asyncio.timeout(self.limits.seconds):
                kind, body = await self._answer(scope, receive)
        except Refused as error:
            status, body = error.status, orjson.dumps({"error": _plain(str(error))})
            more = _more_headers(status)
        except TimeoutError:
            status, more = 408, [(b"connection", b"close")]
            body = orjson.dumps({"error": f"the request took longer than {self.limits.seconds:g} seconds"})
        except _Gone:
            return
        except Exception:
            _log.exception("a request failed", extra={"fields": {"path": scope["path"][:200]}})
            status, body = 500, b'{"error":"the server failed; its log says why"}'
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self._count(scope, status, time.perf_counter() - start)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"].endswith(":predict"):
            self.metrics.observe(status, seconds)
        if self._log_requests:
            said = {"method": scope["method"], "path": scope["path"][:200], "status": status}
            _log.info("request", extra={"fields": {**said, "ms": round(seconds * 1000, 2)}})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, bytes]:
        """Return the content type and the body."""
        path, method = scope["path"], scope["method"]
        if self._token is not None and path not in _OPEN:
            self._check_token(scope["headers"])
        if path in self._gets:
            _check_method(method, "GET", path)
            return self._gets[path]()
        found = _MODEL.fullmatch(path)
        if found is None:
            raise Refused(404, f"nothing is at {path[:100]!r}; /docs tells what is")
        name, version, verb = found.groups()
        if verb == ":predict":
            _check_method(method, "POST", path)
            return _JSON[1], await self._predict(name, version, scope, receive)
        _check_method(method, "GET", path)
        self.versions.of(name, version)
        return _JSON[1], orjson.dumps(self._metadata() if verb else {"model_version_status": self._status(version)})

    async def _predict(self, name: str, version: str | None, scope: Scope, receive: Receive) -> bytes:
        served = self.versions.of(name, version)
        body = await self._body(scope["headers"], receive)
        answers, by_row = await served.ask(parsed(body), len(body))
        return _rows(answers) if by_row else _columns(answers)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """Return the whole body; one that is too large is refused before it is read."""
        most = self.limits.body_bytes
        for header, value in headers:
            if header == b"content-length" and int(value) > most:
                raise _too_large(most)
        message = await receive()
        parts: list[bytes] = [message.get("body", b"")]
        size = len(parts[0])
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise _too_large(most)
        if message["type"] == "http.disconnect":
            raise _Gone
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _check_token(self, headers: Headers) -> None:
        given = next((value for header, value in headers if header == b"authorization"), b"")
        if not hmac.compare_digest(given, self._token or b""):
            raise Refused(401, "the request must bring the token, as Authorization: Bearer TOKEN")

    def _status(self, version: str | None) -> list[dict[str, Any]]:
        every = self.versions.status()
        return [one for one in every if version in (None, one["version"])]

    def _metadata(self) -> dict[str, Any]:
        served = self.versions.served
        spec = {"name": self.versions.name, "signature_name": "", "version": str(served.version)}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": served.definitions}}}

    def _described(self) -> dict[str, Any]:
        return description(self.versions.name, self.versions.served, self.limits.rows, self._token is not None)


def _plain(sentence: str) -> str:
    """Return a sentence in one line, without half surrogates."""
    return " ".join(sentence.split()).encode("utf-8", "replace").decode()


def _more_headers(status: int) -> Headers:
    if status == 401:
        return [(b"www-authenticate", b"Bearer")]
    return [(b"connection", b"close")] if status == 413 else []  # the rest of the body must not be read


def _check_method(method: str, wanted: str, path: str) -> None:
    if method != wanted and not (wanted == "GET" and method == "HEAD"):
        raise Refused(405, f"{path[:100]!r} takes {wanted}, however: {method} came")


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body must hold at most {most:,} bytes")


def _rows(answers: Mapping[str, np.ndarray]) -> bytes:
    """Return the answer row by row: plain values where there is one output, as TensorFlow Serving has it."""
    if len(answers) == 1:
        return orjson.dumps({"predictions": _values(next(iter(answers.values())))}, option=_NUMPY)
    columns = [_listed(values) for values in answers.values()]
    rows = [dict(zip(answers, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return orjson.dumps({"predictions": rows}, option=_NUMPY)


def _columns(answers: Mapping[str, np.ndarray]) -> bytes:
    named = {output: _values(values) for output, values in answers.items()}
    return orjson.dumps({"outputs": next(iter(named.values())) if len(named) == 1 else named}, option=_NUMPY)


def _values(values: np.ndarray) -> Any:
    """Return an array that orjson writes, float32 at its own precision; text and bytes as a list."""
    return _listed(values) if values.dtype.kind == "O" else np.ascontiguousarray(values)


def _listed(values: np.ndarray) -> list[Any]:
    if values.dtype == np.float32:
        return list(values)  # each writes as float32 does: as a Python float it would have 17 digits
    listed: list[Any] = values.tolist()
    return [value.decode("utf-8", "replace") if type(value) is bytes else value for value in listed]


async def _live(receive: Receive, send: Send) -> None:
    """Say yes to the server's start and stop."""
    while True:
        step = (await receive())["type"]
        await send({"type": f"{step}.complete"})
        if step == "lifespan.shutdown":
            return
