"""The requests that TensorFlow Serving sends itself before it serves a version, so that the first real one is quick."""

from __future__ import annotations

__all__ = ["WARMUP", "write_warmup"]

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

WARMUP = "tf_serving_warmup_requests"
_BATCHES = (1, 64)


def write_warmup(path: Path, model: str, signatures: Mapping[str, Sequence[tf.TensorSpec]]) -> None:
    """Write a TFRecord of ``PredictionLog``, one for each signature and batch size; every value in it is missing.

    Args:
        path: ``assets.extra/tf_serving_warmup_requests`` of a version.
        model: the model's name.
        signatures: {signature: what it takes}: "" is missing in texts, and an example without features.

    Source: tensorflow_serving/apis/{prediction_log,predict,model}.proto.
    """
    with tf.io.TFRecordWriter(str(path)) as file:
        for name, specs in signatures.items():
            for rows in _BATCHES:
                file.write(_prediction_log(model, name, {spec.name: _missing(spec, rows) for spec in specs}))


def _missing(spec: tf.TensorSpec, rows: int) -> np.ndarray:
    fill = b"" if spec.dtype == tf.string else np.float32("nan")
    return np.full((rows, *[1] * (spec.shape.rank - 1)), fill, spec.dtype.as_numpy_dtype)


def _prediction_log(model: str, signature: str, inputs: Mapping[str, np.ndarray]) -> bytes:
    """Return the message by the wire format itself: its classes are in a package of 100 MB that only servers need."""
    model_spec = _field(1, model.encode()) + _field(3, signature.encode())
    request = _field(1, model_spec) + b"".join(_field(2, entry) for entry in _entries(inputs))
    predict_log = _field(1, request)
    return _field(6, predict_log)


def _entries(inputs: Mapping[str, np.ndarray]) -> Iterator[bytes]:
    """Yield the entries of map<string, TensorProto>."""
    for name, values in inputs.items():
        yield _field(1, name.encode()) + _field(2, tf.make_tensor_proto(values).SerializeToString())


def _field(number: int, payload: bytes) -> bytes:
    """Return one length-delimited field."""
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(number: int) -> bytes:
    digits = []
    while number >= 128:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])
