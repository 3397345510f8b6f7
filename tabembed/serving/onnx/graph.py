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
    parts, compose = schema.parts, require("onnx.compose", "onnx")
    specs = [
        tf.TensorSpec((None, None if part.ragged else 1), part.dtype, name=f"input_{at}")
        for at, part in enumerate(parts.values())
    ]
    names = [schema.input_names[name] for name in parts]
    answered: list[str] = []

    def answer(*values: tf.Tensor) -> list[tf.Tensor]:
        """Answer the model's inputs in their order."""
        found = outputs(model(dict(zip(names, values, strict=True)), training=False), schema.need_targets())
        answered[:] = found
        # Each a node of its own: an answer may be a tensor that others are made of, or the same as another.
        return [tf.identity(tensor) for tensor in found.values()]

    concrete = tf.function(answer, autograph=False).get_concrete_function(*specs)
    inside = compose.add_prefix(_converted(concrete), PREFIX)
    taken, given = concrete.inputs[: len(names)], concrete.outputs  # behind the inputs stand the variables
    return (
        inside,
        {name: PREFIX + tensor.name for name, tensor in zip(names, taken, strict=True)},
        {name: PREFIX + tensor.name for name, tensor in zip(answered, given, strict=True)},
    )


def _converted(function: Any) -> Any:
    """Return a concrete function as an ``onnx.ModelProto``, its inputs and outputs under their tensors' names."""
    tfonnx, loader = require("tf2onnx.tfonnx", "onnx"), require("tf2onnx.tf_loader", "onnx")
    optimizer = require("tf2onnx.optimizer", "onnx")
    taken = [tensor.name for tensor in function.inputs if tensor.dtype != tf.resource]
    given = [tensor.name for tensor in function.outputs]
    with _quietly(), tf.device("/cpu:0"):
        frozen = loader.from_function(function, taken, given)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(frozen, name="")
            found = tfonnx.process_tf_graph(
                graph,
                continue_on_error=True,  # what has no operator is found by the check of the file
                opset=OPSET,
                custom_op_handlers=HANDLERS,
                input_names=taken,
                output_names=given,
            )
        # Loops hold identities of two inputs until they are removed. The converter's other optimizers would copy the
        # graph, tables and all, dozens of times for what onnxruntime does when it loads it.
        identity = {"remove_identity": optimizer.identity_optimizer.IdentityOptimizer}
        return optimizer.optimize_graph(found, catch_errors=False, optimizers=identity).make_model("tabembed")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the converter's log and its warnings about other libraries to itself; what it made is checked."""
    logs = [logging.getLogger("tf2onnx"), tf.get_logger()]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
