"""Running a model on encoded columns, packed into a matrix of ids and one of numbers; imports no Keras."""

from __future__ import annotations

__all__ = ["Packed", "columns_of", "pack", "pack_spec", "run_packed", "trace_packed", "unpack"]

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from ..schema.ragged import Encoded, Ragged
from ..schema.schema import Schema

_CHUNK = 16_384  # the layers' values of so many rows stay in the cache
Packed: TypeAlias = dict[str, Encoded]
"""``ids`` (n, ids) int32 and ``numbers`` (n, numbers) float32; where the schema has any, ``times`` (n, times) int64 and
each column of lists under its safe name."""
_MATRICES = {"ids": "int32", "numbers": "float32", "times": "int64"}


def _groups(schema: Schema) -> dict[str, list[str]]:
    """Return {matrix: its columns}, and {safe name: [column]} of the lists."""
    single = {name: part.dtype for name, part in schema.parts.items() if not part.ragged}
    groups = {matrix: [name for name, other in single.items() if other == dtype] for matrix, dtype in _MATRICES.items()}
    if not groups["times"]:
        del groups["times"]
    return groups | {schema.input_names[name]: [name] for name, part in schema.parts.items() if part.ragged}


def pack_spec(schema: Schema) -> list[tf.TensorSpec]:
    """Return the specs: ids (n, categories) int32, numbers (n, others) float32, then times and lists."""
    return [
        tf.TensorSpec((None, len(names)), _MATRICES[group], name=group)
        if group in _MATRICES
        else tf.TensorSpec((None, None), schema.parts[names[0]].dtype, name=group)
        for group, names in _groups(schema).items()
    ]


def pack(schema: Schema, encoded: Mapping[str, Encoded]) -> Packed:
    """Return the matrices that ``pack_spec`` describes, lists as they are.

    Args:
        schema: of the columns.
        encoded: what ``schema.encode`` gave.
    """
    return _packed(schema, encoded, slice(None))


def _packed(schema: Schema, encoded: Mapping[str, Encoded], rows: slice) -> Packed:
    count = len(range(*rows.indices(len(next(iter(encoded.values()), ())))))
    packed: Packed = {}
    for group, names in _groups(schema).items():
        if group not in _MATRICES:
            packed[group] = encoded[names[0]][rows]
            continue
        matrix = np.empty((count, len(names)), _MATRICES[group])
        for at, name in enumerate(names):
            matrix[:, at] = encoded[name][rows]
        packed[group] = matrix
    return packed


def columns_of(schema: Schema, packed: Packed) -> dict[str, Encoded]:
    """Return {column: (n,)} of what ``pack`` gave."""
    columns: dict[str, Encoded] = {}
    for group, names in _groups(schema).items():
        part = packed[group]
        columns |= {name: part if isinstance(part, Ragged) else part[:, at] for at, name in enumerate(names)}
    return columns


def unpack(schema: Schema, *packed: tf.Tensor, **named: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return {model input name: (n, 1), of lists (n, longest)} of tensors in the order of ``pack_spec``, or by name."""
    inputs: dict[str, tf.Tensor] = {}
    for at, (group, names) in enumerate(_groups(schema).items()):
        tensor = named[group] if named else packed[at]
        if group in _MATRICES:
            inputs |= {schema.input_names[name]: tensor[:, i : i + 1] for i, name in enumerate(names)}
        else:
            inputs[group] = tensor
    return inputs


def trace_packed(function: Callable[[dict[str, tf.Tensor]], tf.Tensor], schema: Schema) -> Callable[..., tf.Tensor]:
    """Return a function for ``run_packed``, traced for any number of rows.

    Args:
        function: of {model input name: (n, 1), of lists (n, longest)}, such as a model.
        schema: of the columns.
    """
    # Nothing in it is for AutoGraph, which took half a second to find this out.
    return tf.function(
        lambda *packed: function(unpack(schema, *packed)), input_signature=pack_spec(schema), autograph=False
    ).get_concrete_function()


def run_packed(
    function: Callable[..., Any], schema: Schema, encoded: Mapping[str, Encoded], shape: tuple[int, ...]
) -> np.ndarray:
    """Run a function of what ``pack_spec`` describes over all rows, some thousands at a time.

    Args:
        function: takes ``ids=``, ``numbers=``, ..., the names in ``pack_spec``; returns a tensor (rows, *shape).
        schema: of the model.
        encoded: what ``schema.encode`` gave.
        shape: of one row's result.

    Returns:
        (n, *shape) float32.
    """
    rows = len(next(iter(encoded.values())))
    result = np.empty((rows, *shape), np.float32)
    for start in range(0, rows, _CHUNK):
        part = slice(start, min(start + _CHUNK, rows))
        packed = _packed(schema, encoded, part)
        result[part] = function(
            **{name: tf.constant(_dense(schema, name, part)) for name, part in packed.items()}
        ).numpy()
    return result


def _dense(schema: Schema, name: str, part: Encoded) -> np.ndarray:
    if not isinstance(part, Ragged):
        return part
    column = next(column for column, safe in schema.input_names.items() if safe == name and column in schema.parts)
    wanted = schema.parts[column]
    return part.padded(wanted.fill).astype(wanted.dtype, copy=False)
