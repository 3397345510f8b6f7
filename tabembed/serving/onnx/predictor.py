"""``load_onnx``: an ONNX file answers frames and files, without TensorFlow."""

from __future__ import annotations

__all__ = ["OnnxPredictor", "load_onnx"]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...schema.ragged import Encoded
from ..served import Served
from .feeds import Feeds
from .metadata import read_schema
from .session import open_session
from .takes import takes_of

_CHUNK = 16_384  # the layers' values of so many rows stay in the cache


def load_onnx(path: str | Path) -> OnnxPredictor:
    """Load a file that ``te.export_onnx`` wrote; needs onnxruntime, not TensorFlow.

    Args:
        path: the file.

    Raises:
        DataError: when there is none, or it wasn't written by ``te.export_onnx``, or by a later version of it.
        ImportError: without the extra ``onnx``.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> _ = te.export_onnx(te.build_model(schema), schema, "flights.onnx")
        >>> te.load_onnx("flights.onnx").predict(df).shape
        (3,)
    """
    return OnnxPredictor(Path(path).expanduser())


class OnnxPredictor(Served):
    """An ONNX model with its schema; made by ``te.load_onnx``, it answers as ``Predictor`` does.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session = open_session(path)
        super().__init__(read_schema(self._session.get_modelmeta().custom_metadata_map, str(path)))
        takes = takes_of(self.schema, [output.name for output in self._session.get_outputs()])
        self._feeds = Feeds(self.schema, takes)

    def __repr__(self) -> str:
        return f"OnnxPredictor({str(self.path)!r}: {self._said()})"

    def _read(self, data: Any) -> dict[str, Encoded]:
        return self._feeds.of(data)

    def _run(self, rows: Mapping[str, Encoded], output: str, shape: tuple[int, ...]) -> np.ndarray:
        count = len(next(iter(rows.values())))
        result = np.empty((count, *shape), np.float32)
        for start in range(0, count, _CHUNK):
            part = slice(start, min(start + _CHUNK, count))
            result[part] = self._session.run([output], self._feeds.rows(rows, part))[0]
        return result
