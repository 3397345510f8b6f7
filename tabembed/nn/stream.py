"""Batches for ``fit`` from files larger than memory: row groups in shuffled order through a buffer of rows."""

from __future__ import annotations

__all__ = ["Split", "Stream"]

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf

from ..io.errors import DataError
from ..io.row_groups import RowGroup, RowGroups
from ..schema.ragged import Ragged, joined_rows
from ..schema.schema import Schema
from ..schema.streamed import check_streams
from .answers import answers
from .dataset import check_batch_size
from .packed import Packed, pack, pack_spec, unpack
from .seeds import Seeds
from .weights import Weights, weight_cells

BUFFER_ROWS = 1 << 18
_OPEN = 4
"""Row groups read at the same time, so that neighbours in a file are apart in the batches."""


@dataclass(frozen=True)
class Split:
    """One side of a split of the rows by a hash of the file's name and the row's number in it.

    It is the same on every machine and for every order of the files; a hash of the row's content would put all equal
    rows on one side.

    Args:
        fraction: of the rows that are held out.
        seed: of the draw.
        held: whether this is the side that is held out.

    Example:
        >>> import tempfile, pyarrow.parquet as pq
        >>> path = tempfile.mkdtemp() + "/a.parquet"
        >>> pq.write_table(pa.table({"x": range(1000)}), path)
        >>> Split(0.1, 0, held=True).rows(RowGroups(path)) + Split(0.1, 0, held=False).rows(RowGroups(path))
        1000
    """

    fraction: float
    seed: int
    held: bool

    def mask(self, group: RowGroup, start: int, rows: int) -> np.ndarray:
        """Return (rows,) bools: which rows from the ``start``-th of a row group are on this side."""
        if self.fraction >= 1:
            return np.full(rows, self.held)
        name = hashlib.sha1(f"{self.seed}/{group.source.name}".encode("utf-8", "surrogatepass")).digest()[:8]
        numbers = np.arange(group.first + start, group.first + start + rows, dtype=np.uint64)
        held = _mixed(numbers + np.uint64(int.from_bytes(name, "little"))) < np.uint64(int(self.fraction * 2**63) * 2)
        return held if self.held else ~held

    def rows(self, groups: RowGroups) -> int:
        """Return how many rows are on this side."""
        return sum(int(self.mask(group, 0, group.rows).sum()) for group in groups.groups)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return 64 random-looking bits of each number (SplitMix64's; Steele, Lea & Flood 2014, figure 15)."""
    z = numbers * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


Block = tuple[Packed, np.ndarray, np.ndarray | None]
"""What ``pack`` gives of some rows, their target, and their weights where a column holds some."""


class Stream:
    """The encoded rows of Parquet files, or of one side of a split of them.

    Args:
        schema: with a target.
        groups: the files, with the schema's columns.
        split: the side; None for all rows.
        weights: how much rows count.
        buffer_rows: rows that are shuffled together.

    Raises:
        DataError: for a column that is read from other rows too.

    Attributes:
        rows: how many there are.
        error: what stopped the last iteration; TensorFlow passes on its text alone.
    """

    def __init__(
        self,
        schema: Schema,
        groups: RowGroups,
        split: Split | None = None,
        weights: Weights | None = None,
        buffer_rows: int = BUFFER_ROWS,
    ) -> None:
        check_streams(schema.features)
        self._weights = weights or Weights()
        self._schema, self._groups, self._split, self._buffer = schema, groups, split, buffer_rows
        self.rows = groups.rows if split is None else split.rows(groups)
        self.error: DataError | None = None

    def dataset(self, batch_size: int, *, shuffle: bool = False, seed: int | None = None) -> tf.data.Dataset:
        """Return batches of ``({input name: (batch, 1)}, target (batch, 1)[, weight (batch,)])``, their number known.

        Args:
            batch_size: rows a batch; the last may be smaller.
            shuffle: another order in every epoch.
            seed: makes the orders repeatable.

        Raises:
            DataError: for a bad batch size or no rows.
        """
        size = check_batch_size(batch_size, self.rows)
        first = int(Seeds(seed, "seed").next()) if shuffle else 0
        epochs = iter(range(2**62))

        def blocks() -> Iterator[tuple[Any, ...]]:
            """Yield the blocks of the next epoch, lists as values and offsets."""
            rng = np.random.default_rng([first, next(epochs)]) if shuffle else None
            for packed, target, weight in self.blocks(size, rng):
                parts = packed.values()
                lists = ((p.values, p.offsets) if isinstance(p, Ragged) else p for p in parts)
                yield *lists, target, *([] if weight is None else [weight])

        spec = (*map(self._spec, pack_spec(self._schema)), *self._answer_specs())
        found = tf.data.Dataset.from_generator(blocks, output_signature=spec).prefetch(1)
        batches = found.flat_map(lambda *block: self._cut(block, size)).map(self._named)
        return batches.apply(tf.data.experimental.assert_cardinality(math.ceil(self.rows / size))).prefetch(16)

    def _answer_specs(self) -> list[tf.TensorSpec]:
        target = self._schema.need_targets()
        wide = sum(part.truth_width for part in target.parts)
        classes = len(target.parts) == 1 and wide == 1 and target.is_classification
        truth = tf.TensorSpec((None,) if wide == 1 else (None, wide), tf.int32 if classes else tf.float32)
        return [truth, *(tf.TensorSpec((None,), tf.float32) for _ in self._weights.columns)]

    def _fill(self, group: str) -> Any:
        """Return what a list input's batches are filled up with, None for a matrix."""
        lists = {self._schema.input_names[name]: part for name, part in self._schema.parts.items() if part.ragged}
        return lists[group].fill if group in lists else None

    def _spec(self, spec: tf.TensorSpec) -> Any:
        if self._fill(spec.name) is None:
            return spec
        return tf.TensorSpec((None,), spec.dtype), tf.TensorSpec((None,), tf.int64)

    def _cut(self, block: tuple[Any, ...], size: int) -> tf.data.Dataset:
        """Cut a block into batches; each pads its lists to its own longest."""
        rows = tf.shape(block[-1], tf.int64)[0]
        fills = [*(self._fill(spec.name) for spec in pack_spec(self._schema)), *(None for _ in self._answer_specs())]

        def batch(at: tf.Tensor) -> tuple[tf.Tensor, ...]:
            """Return the batch from row ``at`` on."""
            return tuple(
                part[at : at + size]
                if fill is None
                else tf.RaggedTensor.from_row_splits(*part, validate=False)[at : at + size].to_tensor(fill)
                for part, fill in zip(block, fills, strict=True)
            )

        return tf.data.Dataset.range(0, rows, size).map(batch)

    def _named(self, *batch: tf.Tensor) -> tuple[Any, ...]:
        columns = len(pack_spec(self._schema))
        truth, weight = batch[columns], batch[columns + 1] if self._weights.columns else None
        if self._weights.factors is not None:
            factor = tf.gather(self._weights.factors, truth)
            weight = factor if weight is None else weight * factor
        return unpack(self._schema, *batch[:columns]), *answers(self._schema.need_targets(), truth, weight)

    def blocks(self, size: int, rng: np.random.Generator | None = None) -> Iterator[Block]:
        """Yield (packed columns, target, weights) of some thousand rows: a multiple of ``size``, but for the last.

        Args:
            size: rows of a batch.
            rng: shuffles the rows; None for the files' order.

        Raises:
            DataError: when a file can't be read or isn't of the schema.
        """
        try:
            yield from _mixed_blocks(self._pieces(rng), size, self._buffer, rng)
        except DataError as error:
            self.error = error
            raise

    def _pieces(self, rng: np.random.Generator | None) -> Iterator[Block]:
        """Yield the rows as they are read, some row groups in turn when shuffled."""
        groups = list(self._groups.groups)
        if rng is None:
            for group in groups:
                yield from self._of_group(group)
            return
        rng.shuffle(groups)
        waiting = iter(groups)
        reading: list[Iterator[Block]] = []
        while True:
            reading += [self._of_group(group) for _, group in zip(range(_OPEN - len(reading)), waiting, strict=False)]
            if not reading:
                return
            at = int(rng.integers(len(reading)))
            piece = next(reading[at], None)
            if piece is None:
                del reading[at]
            else:
                yield piece

    def _of_group(self, group: RowGroup) -> Iterator[Block]:
        start = 0
        for table in self._groups.batches(groups=[group]):
            block = self._encoded(table, group)
            if self._split is not None:
                block = _rows(block, self._split.mask(group, start, table.num_rows))
            start += table.num_rows
            yield block

    def _encoded(self, table: pa.Table, group: RowGroup) -> Block:
        try:
            column = self._weights.column
            weight = None if column is None else weight_cells(table.column(column), column)
            return pack(self._schema, self._schema.encode(table)), self._schema.encode_target(table), weight
        except DataError as error:
            raise DataError(f"{error} (among {group.where})") from error


def _mixed_blocks(
    pieces: Iterator[Block], size: int, buffer_rows: int, rng: np.random.Generator | None
) -> Iterator[Block]:
    """Yield half of the buffer whenever it is full; the other half meets the rows that follow."""
    kept: list[Block] = []
    held, full = 0, max(buffer_rows if rng else buffer_rows // 4, 2 * size)
    for piece in pieces:
        kept.append(piece)
        held += len(piece[1])
        if held >= full:
            block = _joined(kept, rng)
            go = held // 2 // size * size
            yield _rows(block, slice(go))
            kept, held = [_rows(block, slice(go, None))], held - go
    if held:
        yield _joined(kept, rng)


def _rows(block: Block, rows: Any) -> Block:
    """Return some rows of a block: a slice, row numbers or a mask."""
    packed, target, weight = block
    return {name: part[rows] for name, part in packed.items()}, target[rows], None if weight is None else weight[rows]


def _joined(pieces: list[Block], rng: np.random.Generator | None) -> Block:
    packed = {name: joined_rows([piece[0][name] for piece in pieces]) for name in pieces[0][0]}
    target = np.concatenate([piece[1] for piece in pieces])
    weights = [piece[2] for piece in pieces if piece[2] is not None]
    block = packed, target, np.concatenate(weights) if weights else None
    return block if rng is None else _rows(block, rng.permutation(len(target)))
