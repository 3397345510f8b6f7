"""``Schema.dataset``: batches of a frame in memory, or of files in a stream."""

from __future__ import annotations

__all__ = ["dataset_of"]

from typing import Any

import tensorflow as tf

from ..io.frames import are_paths, to_arrow
from ..io.names import positions
from ..io.streams import are_streamed, open_rows
from ..schema.schema import Schema
from .dataset import check_weights, make_dataset
from .stream import Stream
from .weights import Weights, weight_cells


def dataset_of(
    schema: Schema, data: Any, batch_size: int, *, shuffle: bool, seed: int | None, sample_weight: Any
) -> tf.data.Dataset:
    """Return batches; see ``Schema.dataset``."""
    column = sample_weight if isinstance(sample_weight, str) else None
    if are_paths(data) and are_streamed(data) and (sample_weight is None or column is not None):
        groups = schema.rows(data, target=True)
        if column is not None:
            groups = open_rows(data)
            positions(groups.names, [column])  # refuses a name that isn't there
            groups = groups.select(list(dict.fromkeys([*schema.sources, *schema.need_targets().columns, column])))
        return Stream(schema, groups, weights=Weights(column)).dataset(batch_size, shuffle=shuffle, seed=seed)
    table = schema.table(data, target=True)
    weights = sample_weight if column is None else weight_cells(to_arrow(data, [column]).column(column), column)
    return make_dataset(
        schema,
        schema.encode(table),
        schema.encode_target(table),
        batch_size,
        shuffle=shuffle,
        seed=seed,
        sample_weight=None if weights is None else check_weights(weights, table.num_rows),
    )
