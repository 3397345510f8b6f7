"""``tabembed serve``: a model answers over HTTP."""

from __future__ import annotations

__all__ = ["serve"]

import os
from pathlib import Path

import click

from ..io.errors import DataError, require

_TOKEN = "TABEMBED_TOKEN"


@click.command(epilog="Example: tabembed serve saved_models/flights --port 8501")
@click.argument("model_dir")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8501, show_default=True, help="0 for any free one.")
@click.option("--token-file", metavar="FILE", help=f"Holds the bearer token.  [default: the variable {_TOKEN}]")
@click.option("--max-bytes", type=click.IntRange(1), default=16 << 20, show_default=True, help="Of a request's body.")
@click.option("--max-rows", type=click.IntRange(1), default=16_384, show_default=True, help="Of a request.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, help="Seconds.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="TensorFlow's, for one call.")
@click.option("--log-requests", is_flag=True, help="Log each request.")
def serve(
    model_dir: str,
    host: str,
    port: int,
    token_file: str | None,
    max_bytes: int,
    max_rows: int,
    timeout: float,
    threads: int,
    log_requests: bool,
) -> None:
    """Answer requests for MODEL_DIR as TensorFlow Serving does, and take up new versions as they appear."""
    require("uvicorn", "serve")
    require("orjson", "serve")
    require("prometheus_client", "serve")
    token = _token(token_file)
    from ..serving.layout import version_dir

    version_dir(model_dir)  # most mistakes are found before TensorFlow is imported
    from .quiet import import_tensorflow

    import_tensorflow()
    from ..serving.rest.questions import Limits
    from ..serving.rest.run import Settings
    from ..serving.rest.run import serve as run

    limits = Limits(max_bytes, max_rows, timeout)
    run(Settings(Path(model_dir), host, port, token, limits, threads=threads, log_requests=log_requests))


def _token(file: str | None) -> str | None:
    """Return the token, or None; an empty one would let everybody in.

    Raises:
        DataError: for a file or a variable that holds none.
    """
    found = os.environ.get(_TOKEN) if file is None else Path(file).read_text(encoding="utf-8").strip()
    if found is not None and (not found or not found.isascii() or not found.isprintable()):
        where = f"variable {_TOKEN}" if file is None else f"file {file!r}"
        raise DataError(f"the token in {where} must be printable ASCII and not empty")
    return found
