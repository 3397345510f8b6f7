"""``export_onnx``: the model as one ONNX file that takes raw values."""

from __future__ import annotations

__all__ = ["export_onnx"]

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...io.errors import DataError, require
from ...io.writes import check_writable, write_aside
from ...schema.kinds import Categorical
from ...schema.schema import Schema
from ..outputs import check_inputs
from .columns import encoded_inputs
from .graph import OPSET, converted
from .metadata import written
from .nodes import Front
from .session import open_session
from .takes import takes_of

_LIMIT = 2**31 - 2**20
"""Bytes of one protobuf message, with room for the graph."""


def export_onnx(model: keras.Model, schema: Schema, path: str | Path) -> Path:
    """Write the model as an ONNX file that takes the raw rows.

    Inputs and outputs are named as in the SavedModel of ``te.export``: strings for categories and booleans (""
    missing), float32 for numbers (NaN missing), and ``prediction`` and ``probabilities`` out. What no ONNX operator
    reads comes encoded, under another name: times as int64 seconds on the wall's clock (``when_seconds``), n-grams of
    texts and hash buckets as ids (``remark_ids``); ``te.load_onnx`` encodes these itself. The file is checked in full
    and loaded by onnxruntime before it stands in its place.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one; it travels in the file's metadata.
        path: the file.

    Returns:
        The file.

    Raises:
        DataError: when the file can't be written, the model isn't one of this schema or above 2 GiB, or one of its
            layers has no operator in ONNX.
        ImportError: without the extra ``onnx``.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> te.export_onnx(te.build_model(schema), schema, "flights.onnx").name
        'flights.onnx'
    """
    onnx = require("onnx", "onnx")
    path = Path(path).expanduser()
    schema.need_targets()
    check_inputs(model, [schema.input_names[part] for part in schema.parts])
    _check_size(model, schema)
    check_writable(path)
    proto = _whole(model, schema)
    with write_aside(path) as aside:
        aside.write_bytes(proto.SerializeToString())
        try:
            onnx.checker.check_model(str(aside), full_check=True)
            open_session(aside)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, DataError) as error:
            raise DataError(
                f"the model must be of layers that ONNX has operators for, however: {_first_line(error)}; export it "
                f"with te.export"
            ) from error
    return path


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _check_size(model: keras.Model, schema: Schema) -> None:
    weights = sum(int(np.prod(weight.shape)) * np.dtype(weight.dtype).itemsize for weight in model.weights)
    kinds = [kind for kind in schema.features.values() if isinstance(kind, Categorical) and not kind.hash_buckets]
    labels = 2 * sum(len(label) for kind in kinds for label in kind.labels)  # in the lookup, and in the schema
    if weights + labels > _LIMIT:
        raise DataError(
            f"the model must be below 2 GiB to be one ONNX file, however: its weights and labels take "
            f"{(weights + labels) / 2**30:.1f} GiB; export it with te.export, or make it smaller by `dim` or "
            f"`min_count`"
        )


def _whole(model: keras.Model, schema: Schema) -> Any:
    """Return the graph from raw values to answers, as an ``onnx.ModelProto`` with its metadata."""
    helper = require("onnx.helper", "onnx")
    inside, inputs, outputs = converted(model, schema)
    takes = takes_of(schema, outputs)
    front = Front(takes)
    encoded: dict[str, str] = {}
    for name, kind in schema.features.items():
        encoded |= encoded_inputs(front, kind, name)
    for part, values in encoded.items():
        model_input = inputs[schema.input_names[part]]
        if schema.parts[part].ragged:
            front.add("Identity", values, output=model_input)
        else:
            front.add("Unsqueeze", values, front.constant([1]), output=model_input)
    types = {value.name: value.type for value in inside.graph.output}
    answers = [helper.make_value_info(name, types[own]) for name, own in outputs.items()]
    for answer in answers:
        answer.type.tensor_type.shape.dim[0].dim_param = "rows"
    renamed = [helper.make_node("Identity", [own], [name], name=f"raw/{name}") for name, own in outputs.items()]
    graph = helper.make_graph(
        [*front.nodes, *inside.graph.node, *renamed],
        "tabembed",
        front.inputs,
        answers,
        initializer=[*front.constants, *inside.graph.initializer],
    )
    opset = max(OPSET, front.opset)
    versions = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 2)]
    proto = helper.make_model_gen_version(graph, opset_imports=versions, producer_name="tabembed")
    helper.set_model_props(proto, written(schema, takes, outputs))
    return proto
