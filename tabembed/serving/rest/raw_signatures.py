"""The signatures beside ``serving_default``: tensors in, tensors out, as in TensorFlow Serving."""

from __future__ import annotations

__all__ = ["RawSignature", "signature_defs"]

import asyncio
import base64
import binascii
import re
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from ...io.errors import DataError
from ...io.names import did_you_mean
from .cells import LABELS, NUMBERS
from .questions import Reader
from .refusals import Refused, shown


def signature_defs(path: Path) -> dict[str, Any]:
    """Return {signature: its inputs and outputs} as plain values, as the file tells them.

    Args:
        path: the folder of a version.

    Raises:
        DataError: when the file isn't a SavedModel.
    """
    saved = SavedModel()
    try:
        saved.ParseFromString((path / "saved_model.pb").read_bytes())
        found = saved.meta_graphs[0].signature_def
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path / 'saved_model.pb'} can't be read: {error}; export it again") from error
    return {
        name: MessageToDict(found[name], preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for name in found
        if name != "__saved_model_init_op"
    }


class RawSignature:
    """Answers requests for one signature by its tensors.

    Args:
        name: the signature's.
        signatures: of the model.
        reader: of the model's rows, for its limits.

    Raises:
        Refused: for a signature that isn't there.
    """

    def __init__(self, name: str, signatures: Mapping[str, Any], reader: Reader) -> None:
        if name not in signatures or name == "encoded":
            known = [other for other in signatures if other != "encoded"]
            raise Refused(
                400, f"the model has no signature {name[:100]!r}; {did_you_mean(name[:100], known, 'signatures')}"
            )
        self._function = signatures[name]
        self._specs: dict[str, Any] = self._function.structured_input_signature[1]
        self._reader = reader

    async def ask(self, data: Mapping[str, Any], executor: Executor) -> dict[str, np.ndarray]:
        """Return {output: (n, ...)} of a body's values.

        Args:
            data: the body's JSON object.
            executor: the thread to run it in.

        Raises:
            Refused: for values that the signature doesn't take.
        """
        columns = self._columns(data)
        tensors = {name: _tensor(columns[name], name, spec) for name, spec in self._specs.items()}
        return await asyncio.get_running_loop().run_in_executor(executor, self._run, tensors)

    def _run(self, tensors: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
        try:
            return {output: values.numpy() for output, values in self._function(**tensors).items()}
        except tf.errors.InvalidArgumentError as error:
            raise Refused(400, _said(str(error.message))) from None

    def _columns(self, data: Mapping[str, Any]) -> dict[str, Any]:
        reader = Named(self._specs, self._reader)
        return reader.of_rows(data["instances"]) if "instances" in data else reader.of_columns(data["inputs"])


class Named:
    """Reads the values of a signature by its inputs' names; where there is one, it needs no name.

    Args:
        specs: {input: its spec}.
        reader: of the model's rows, whose limits hold.
    """

    def __init__(self, specs: Mapping[str, Any], reader: Reader) -> None:
        self._specs, self._reader = specs, reader
        self._only = next(iter(specs)) if len(specs) == 1 else None

    def of_rows(self, rows: Any) -> dict[str, list[Any]]:
        """Return {input: values} of a list of rows."""
        if type(rows) is not list or not rows:
            raise Refused(400, f"`instances` must be a list of one row or more, however: {shown(rows)}")
        self._reader.check_count(len(rows))
        named = [self._named(row, f"row {at}") for at, row in enumerate(rows)]
        return {name: [row[name] for row in named] for name in self._specs}

    def of_columns(self, data: Any) -> dict[str, list[Any]]:
        """Return {input: values} of columns."""
        columns = self._named(data, "`inputs`")
        lengths = {name: len(cells) if type(cells) is list else 0 for name, cells in columns.items()}
        for name, length in lengths.items():
            if not length or length != next(iter(lengths.values())):
                raise Refused(
                    400, f"column {name!r} must be a list as long as the others, however: {shown(columns[name])}"
                )
        self._reader.check_count(max(lengths.values()))
        return columns

    def _named(self, row: Any, where: str) -> dict[str, Any]:
        if self._only is not None and not (type(row) is dict and self._only in row):
            return {self._only: row}
        if type(row) is not dict:
            raise Refused(400, f"{where} must be an object of input and value, however: {shown(row)}")
        named = {self._reader.signature_name(key): value for key, value in row.items()}
        for name in named:
            if name not in self._specs:
                raise Refused(400, f"{where} has {name[:100]!r}, which the signature doesn't take")
        for name in self._specs:
            if name not in named:
                raise Refused(400, f"{where} misses {name!r}")
        return named


def _tensor(cells: list[Any], name: str, spec: Any) -> tf.Tensor:
    """Return a tensor of the signature's type; null is missing, and lists are filled up to the longest."""
    items, fill = (LABELS, b"") if spec.dtype == tf.string else (NUMBERS, float("nan"))
    if spec.shape.rank == 1:
        values = [_plain(cell, name) for cell in cells]
        encoded = {type(value) is bytes for value in values}
        if True not in encoded:
            values = items.read(values, name)
        elif spec.dtype != tf.string or False in encoded:
            raise Refused(400, f"column {name!r} must hold base64 in every row of text, or in none")
        return _constant(values, fill, spec.dtype)
    if not all(type(cell) is list for cell in cells):
        raise Refused(
            400, f"column {name!r} must hold lists, however: {shown(next(c for c in cells if type(c) is not list))}"
        )
    longest = max(map(len, cells))
    if longest * len(cells) > 1 << 20:
        raise Refused(400, f"column {name!r} must be shorter: its lists are padded to the longest, {longest:,}")
    return _constant([items.read(cell, name) + [None] * (longest - len(cell)) for cell in cells], fill, spec.dtype)


def _said(message: str) -> str:
    """Return what a graph says of its inputs, without where in the graph it says so."""
    said = message.split("<stack traces unavailable>")[-1].split("[[{{")[0]
    assertion = re.search(r"assertion failed: \[(.*)\] \[(.*)\]", said, re.DOTALL)
    return f"{assertion[1]} {assertion[2]}".replace("\\'", "'") if assertion else said.strip()[:300]


def _plain(cell: Any, name: str) -> Any:
    """Return the bytes of {"b64": ...}, TensorFlow Serving's form of what isn't text."""
    if type(cell) is not dict or list(cell) != ["b64"]:
        return cell
    try:
        return base64.b64decode(cell["b64"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(400, f"column {name!r} must hold base64 under b64, however: {shown(cell['b64'])}") from None


def _constant(values: list[Any], fill: Any, dtype: tf.DType) -> tf.Tensor:
    def filled(value: Any) -> Any:
        """Put what means missing in the place of null."""
        return [filled(item) for item in value] if type(value) is list else fill if value is None else value

    return tf.constant(filled(values), dtype)
