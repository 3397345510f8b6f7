"""What travels in an ONNX file beside the graph; imports neither onnx nor TensorFlow."""

from __future__ import annotations

__all__ = ["read_schema", "written"]

import json
from collections.abc import Mapping
from typing import Any

from ...io.errors import DataError
from ...schema.files import from_text, to_text
from ...schema.schema import Schema
from .takes import Take

_FORMAT, _VERSION = "tabembed.onnx", 1
_SCHEMA = "tabembed.schema"


def written(schema: Schema, takes: Mapping[str, Take], outputs: Mapping[str, str]) -> dict[str, str]:
    """Return {key: text} for ``metadata_props``.

    Beside the schema there is what a reader without tabembed wants: what the inputs hold, and the classes in the order
    of the probabilities.

    Args:
        schema: of the model.
        takes: {input name: what it takes}.
        outputs: those of the graph.
    """
    classes = {part.name: list(part.classes) for part in schema.need_targets().parts if part.is_classification}
    inputs = {name: take._asdict() for name, take in takes.items()}
    return {
        "tabembed.format": _FORMAT,
        "tabembed.version": str(_VERSION),
        "tabembed.inputs": _text(inputs),
        "tabembed.outputs": _text(list(outputs)),
        "tabembed.classes": _text(classes),
        _SCHEMA: to_text(schema.to_dict()),
    }


def _text(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)


def read_schema(metadata: Mapping[str, str], path: str) -> Schema:
    """Return the schema of a file.

    Args:
        metadata: of the file.
        path: for the error.

    Raises:
        DataError: for a file that ``export_onnx`` didn't write, or a later tabembed did.
    """
    if metadata.get("tabembed.format") != _FORMAT or _SCHEMA not in metadata:
        raise DataError(
            f"{path} is an ONNX file without a schema in its metadata, so not one that te.export_onnx wrote; run it "
            f"with onnxruntime itself"
        )
    version = metadata.get("tabembed.version", "")
    if version != str(_VERSION):
        raise DataError(
            f"{path} must be of version {_VERSION}, however: it is of version {version}; use the tabembed that wrote "
            f"it, or export the model again"
        )
    return Schema.from_dict(from_text(metadata[_SCHEMA], path))
