"""Running a model on encoded columns, packed into a matrix of ids and one of numbers; imports no Keras."""

from __future__ import annotations

__all__ = ["columns_of", "pack", "pack_spec", "run_packed", "unpack"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from ..schema.kinds import Categorical
from ..schema.schema import Schema

_CHUNK = 16_384  # the layers' values of so many rows stay in the cache


def _groups(schema: Schema) -> tuple[list[str], list[str]]:
    """Return the columns whose arrays are ids, and those whose arrays are numbers."""
    ids = [name for name, kind in schema.features.items() if isinstance(kind, Categorical)]
    return ids, [name for name in schema.features if name not in ids]


def pack_spec(schema: Schema) -> list[tf.TensorSpec]:
    """Return the specs of the two matrices: ids (n, categories) int32 and numbers (n, others) float32."""
    ids, numbers = _groups(schema)
    return [
        tf.TensorSpec((None, len(ids)), tf.int32, name="ids"),
        tf.TensorSpec((None, len(numbers)), tf.float32, name="numbers"),
    ]


def pack(schema: Schema, encoded: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return the two matrices that ``pack_spec`` describes.

    Args:
        schema: of the columns.
        encoded: what ``schema.encode`` gave.
    """
    rows = len(next(iter(encoded.values()), ()))
    return [
        _filled([encoded[name] for name in group], 0, rows, dtype)
        for group, dtype in zip(_groups(schema), (np.int32, np.float32), strict=True)
    ]


def columns_of(schema: Schema, ids: np.ndarray, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """Return {column: (n,)} of the two matrices that ``pack`` gave."""
    return {
        name: matrix[:, at]
        for group, matrix in zip(_groups(schema), (ids, numbers), strict=True)
        for at, name in enumerate(group)
    }


def unpack(schema: Schema, ids: tf.Tensor, numbers: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return {model input name: (n, 1)} of the two matrices."""
    names = _groups(schema)
    return {
        schema.input_names[name]: matrix[:, at : at + 1]
        for group, matrix in zip(names, (ids, numbers), strict=True)
        for at, name in enumerate(group)
    }


def run_packed(
    function: Callable[..., Any], schema: Schema, encoded: Mapping[str, np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    """Run a function of (ids, numbers) over all rows, some thousands at a time.

    Args:
        function: takes ``ids=`` and ``numbers=`` as ``pack_spec`` says; returns a tensor (rows, *shape).
        schema: of the model.
        encoded: what ``schema.encode`` gave.
        shape: of one row's result.

    Returns:
        (n, *shape) float32.
    """
    ids, numbers = ([encoded[name] for name in group] for group in _groups(schema))
    rows = len(next(iter(encoded.values())))
    result = np.empty((rows, *shape), np.float32)
    for start in range(0, rows, _CHUNK):
        end = min(start + _CHUNK, rows)
        result[start:end] = function(
            ids=_matrix(ids, start, end, np.int32), numbers=_matrix(numbers, start, end, np.float32)
        ).numpy()
    return result


def _matrix(columns: list[np.ndarray], start: int, end: int, dtype: type) -> tf.Tensor:
    return tf.constant(_filled(columns, start, end, dtype))


def _filled(columns: list[np.ndarray], start: int, end: int, dtype: type) -> np.ndarray:
    matrix: np.ndarray = np.empty((end - start, len(columns)), dtype)
    for at, column in enumerate(columns):
        matrix[:, at] = column[start:end]
    return matrix
