"""An ONNX file opened by onnxruntime."""

from __future__ import annotations

__all__ = ["open_session"]

from pathlib import Path
from typing import Any

from ...io.errors import DataError, require


def open_session(path: Path) -> Any:
    """Return an ``onnxruntime.InferenceSession`` of a file.

    Args:
        path: the file.

    Raises:
        DataError: when there is none, or it isn't one that onnxruntime runs.
    """
    runtime = require("onnxruntime", "onnx")
    if not path.is_file():
        raise DataError(f"no model at {path}; it must be a file such as flights.onnx, written by te.export_onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no other common class
        raise DataError(
            f"the ONNX file {path} can't be loaded: {str(error).splitlines()[0]}; export it again"
        ) from error
