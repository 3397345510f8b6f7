"""The Keras model of encoded columns as an ONNX graph."""

from __future__ import annotations

__all__ = ["OPSET", "PREFIX", "converted"]

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from ...io.errors import require
from ...schema.schema import Schema
from ..outputs import outputs
from .operators import HANDLERS

OPSET = 18  # onnxruntime 1.14 (2023) and later read it
PREFIX = "model/"
"""Before every name inside the converted graph; no column's safe name holds a slash."""


def converted(model: keras.Model, schema: Schema) -> tuple[Any, dict[str, str], dict[str, str]]:
    """Return the model as an ``onnx.ModelProto``, and the graph's names of its inputs and outputs.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.

    Returns:
        The graph, {model input: its name there}, {output of the signature: its name there}.
    """
    convert, compose = require("tf2onnx.convert", "onnx"), require("onnx.compose", "onnx")
    # Numbers for names, so that no layer's name and no tensor's collides with them.
    inputs = {schema.input_names[name]: f"input_{at}" for at, name in enumerate(schema.parts)}
    named: dict[str, str] = {}
    specs = [
        tf.TensorSpec((None, None if part.ragged else 1), part.dtype, name=inputs[schema.input_names[name]])
        for name, part in schema.parts.items()
    ]

    def answer(*values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer the model's inputs in their order."""
        found = outputs(model(dict(zip(inputs, values, strict=True)), training=False), schema.need_targets())
        named.update({name: f"output_{at}" for at, name in enumerate(found)})
        return {named[name]: tensor for name, tensor in found.items()}

    with _quietly():
        proto, _ = convert.from_function(
            tf.function(answer, autograph=False), specs, opset=OPSET, custom_op_handlers=HANDLERS
        )
    inside = compose.add_prefix(proto, PREFIX)
    return inside, *({name: PREFIX + own for name, own in names.items()} for names in (inputs, named))


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the converter's log and its warnings about other libraries to itself; what it made is checked."""
    log = logging.getLogger("tf2onnx")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
