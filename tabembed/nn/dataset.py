"""Batches for ``fit``: the columns packed into two matrices, one gather each a batch."""

from __future__ import annotations

__all__ = ["check_batch_size", "check_weights", "make_dataset"]

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from ..schema.ragged import Encoded, Ragged
from ..schema.schema import Schema
from .answers import answers
from .seeds import Seeds

_AHEAD = 16
"""Batches that are ready before they are asked for: as many as one call of the train function takes."""
# No function here branches over tensors; to have AutoGraph read it takes longer than to trace it.
_as_it_is = tf.autograph.experimental.do_not_convert


def make_dataset(
    schema: Schema,
    encoded: Mapping[str, Encoded],
    target: np.ndarray | None,
    batch_size: int = 1024,
    *,
    shuffle: bool = False,
    seed: int | None = None,
    sample_weight: np.ndarray | None = None,
    steps: int | None = None,
    beside: Mapping[str, np.ndarray] | None = None,
) -> tf.data.Dataset:
    """Return batches of ``({input name: (batch, 1)}[, target (batch, 1)[, weight (batch,)]])``.

    Args:
        schema: gives the input names.
        encoded: what ``schema.encode`` gave.
        target: what ``schema.encode_target`` gave; None for rows alone.
        batch_size: rows a batch; the last may be smaller.
        shuffle: another order in every epoch.
        seed: makes the orders repeatable.
        sample_weight: what ``check_weights`` gave, or None.
        steps: batches an epoch, without an end (``fit(steps_per_epoch=steps)``), all of one shape, which XLA compiles
            once: the last are filled up from the epoch's first rows. None: as the rows fill, and an end.
        beside: {input name: (n, width) float32} more of the model's inputs.

    Raises:
        DataError: for a bad batch size or no rows.
    """
    rows = len(next(iter(encoded.values()))) if target is None else len(target)
    size = min(check_batch_size(batch_size, rows), batch_size if steps is None else rows)
    columns = _pack({schema.input_names[name]: array for name, array in encoded.items()})
    packed = {f"matrix {kind}": matrix for kind, (_, matrix) in columns.items()}
    packed |= {name: array for name, array in (("target", target), ("weight", sample_weight)) if array is not None}
    tensors, lists = {name: tf.constant(array) for name, array in packed.items()}, _lists(schema, encoded)
    more = {name: tf.constant(array) for name, array in (beside or {}).items()}

    def batch_of(index: tf.Tensor) -> tuple[Any, ...]:
        """Return the batch of (batch,) row numbers."""
        index.set_shape([None if steps is None else size])
        part = {name: tf.gather(tensor, index) for name, tensor in tensors.items()}
        inputs = {name: each for kind, (names, _) in columns.items() for name, each in _split(part, kind, names)}
        inputs |= {name: tf.gather(ragged, index).to_tensor(padding) for name, (ragged, padding) in lists.items()}
        inputs |= {name: tf.gather(matrix, index) for name, matrix in more.items()}
        if target is None:
            return (inputs,)
        return inputs, *answers(schema.need_targets(), part["target"], part.get("weight"))

    batches = _indices(rows, size, _Orders(rows, seed) if shuffle else None, steps).map(_as_it_is(batch_of))
    return _ahead(batches if steps else _counted(batches, math.ceil(rows / size)))


def _split(part: Mapping[str, tf.Tensor], kind: str, names: Sequence[str]) -> Iterator[tuple[str, tf.Tensor]]:
    """Yield the columns of a matrix, (batch, 1) each."""
    matrix = tf.cast(part[f"matrix {kind}"], tf.int32) if kind == "ids" else part[f"matrix {kind}"]
    yield from zip(names, tf.split(matrix, len(names), axis=1), strict=True)


def _counted(batches: tf.data.Dataset, count: int) -> tf.data.Dataset:
    """Return the batches, their number known: Keras warns at the end of what it can't count."""
    return batches.apply(tf.data.experimental.assert_cardinality(count))


def _ahead(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Return the batches, fetched ahead."""
    options = tf.data.Options()
    options.autotune.enabled = False  # an iterator's end can wait for its tuning for seconds
    return batches.prefetch(_AHEAD).with_options(options)


def _pack(arrays: Mapping[str, Encoded]) -> dict[str, tuple[list[str], np.ndarray]]:
    """Return {"ids" or dtype: (names, matrix (n, names))}; the ids in the smallest type that holds all of them."""
    single = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    groups: dict[str, list[str]] = {}
    for name, array in single.items():
        groups.setdefault("ids" if array.dtype.kind in "iu" else array.dtype.name, []).append(name)
    matrices = {kind: (names, np.stack([single[name] for name in names], axis=1)) for kind, names in groups.items()}
    return {kind: (names, m.view(np.int64) if m.dtype.kind == "M" else m) for kind, (names, m) in matrices.items()}


def _lists(schema: Schema, encoded: Mapping[str, Encoded]) -> dict[str, tuple[tf.RaggedTensor, Any]]:
    """Return {input name: (lists, what a batch of them is filled up with)}."""
    lists = {}
    for name, array in encoded.items():
        if isinstance(array, Ragged):
            part = schema.parts[name]
            values = array.values.astype(part.dtype, copy=False)
            # Validation would run over all rows at every batch.
            ragged = tf.RaggedTensor.from_row_splits(values, array.offsets, validate=False)
            lists[schema.input_names[name]] = (ragged, part.fill)
    return lists


class _Orders:
    """An order of the rows for every epoch; TensorFlow's own random data sets would read the global seed."""

    def __init__(self, rows: int, seed: int | None) -> None:
        self.rows, self.first = rows, Seeds(seed, "seed").next()
        with tf.device("CPU"):
            self.epoch = tf.Variable(0, trainable=False)

    def next(self) -> tf.Tensor:
        """Return (rows,) row numbers in the next order."""
        drawn = tf.stack([self.first, self.epoch.assign_add(1)])
        return tf.random.experimental.stateless_shuffle(tf.range(self.rows), seed=drawn)


def _indices(rows: int, size: int, orders: _Orders | None, steps: int | None) -> tf.data.Dataset:
    """Return batches of row numbers; of ``steps`` an epoch the last are filled up from the epoch's first."""
    end = rows if steps is None else steps * size
    starts = tf.data.Dataset.range(0, end, size, output_type=tf.int32)

    def step(order: tf.Tensor, start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the epoch's order, drawn at its first batch, and the batch's part of it."""
        if orders is not None:
            order = tf.cond(start == 0, orders.next, lambda: order)
        if end > rows:
            return order, tf.gather(order, (start + tf.range(size)) % rows)
        return order, order[start : tf.minimum(start + size, rows)]

    # Data sets within a data set, one an epoch, would take longer to start than some batches take to train.
    return (starts if steps is None else starts.repeat()).scan(tf.range(rows), _as_it_is(step))


def check_batch_size(batch_size: int, rows: int) -> int:
    """Return the rows of a batch.

    Raises:
        DataError: for a bad one, or no rows.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise DataError(f"`batch_size` must be a whole number of 1 or more, however: batch_size={batch_size!r}")
    if not rows:
        raise DataError("the data must hold at least one row, however: it has none")
    return int(batch_size)


def check_weights(weights: Any, rows: int) -> np.ndarray:
    """Return sample weights as (n,) float32.

    Raises:
        DataError: for another length, a weight that is missing, infinite or negative, or weights that are all 0.

    Example:
        >>> check_weights([1, 2], 2).tolist()
        [1.0, 2.0]
    """
    try:
        array = np.asarray(weights, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"`sample_weight` must be numbers of 0 or more, however: {error}") from error
    if array.shape != (rows,):
        raise DataError(f"`sample_weight` must have one weight a row ({rows:,}), however: its shape is {array.shape}")
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"`sample_weight` must be numbers of 0 or more, however: {array[row]} in row {row}")
    if not array.any():
        raise DataError("`sample_weight` must not be zero in every row")
    return array
