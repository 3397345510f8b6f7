"""The signatures of an exported model beside ``serving_default``: examples in, and vectors out."""

from __future__ import annotations

__all__ = ["Signature", "embed", "from_examples", "lookups"]

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ..nn.bags import parts_of
from ..nn.extract import embedding_of
from ..schema.kind import ColumnKind, TableSpec
from ..schema.kinds import Datetime, MultiCategorical, Sequence
from ..schema.names import safe_name
from ..schema.schema import Schema
from ..schema.vocabulary import FIRST_ID
from .raw import RawInput
from .raw.base import lookup

Answer = Callable[..., dict[str, tf.Tensor]]


class Signature(NamedTuple):
    """One signature of a SavedModel.

    Args:
        answer: the graph's function from the inputs, in their order, to {output: tensor}.
        specs: of the inputs, named.
        resources: lookup tables that must be saved along.
    """

    answer: Answer
    specs: list[tf.TensorSpec]
    resources: tuple[Any, ...] = ()


def from_examples(answer: Answer, specs: Mapping[str, tf.TensorSpec]) -> Signature:
    """Return a signature that takes serialised ``tf.train.Example``; a feature that isn't there is missing.

    Args:
        answer: of ``serving_default``.
        specs: of its inputs, which are the features' names: one value each, or a list of any length.
    """
    features = {
        name: tf.io.FixedLenFeature((), spec.dtype, _gap(spec))
        if spec.shape.rank == 1
        else tf.io.RaggedFeature(spec.dtype, row_splits_dtype=tf.int64)
        for name, spec in specs.items()
    }

    def serving_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Answer (n,) serialised examples."""
        parsed = tf.io.parse_example(examples, features)
        lists = [name for name, spec in specs.items() if spec.shape.rank == 2]
        # One length for all: the lists of a sequence stand side by side, and padding changes nothing.
        longest = tf.reduce_max([parsed[name].bounding_shape(axis=1) for name in lists] or [tf.constant(0, tf.int64)])
        shape = tf.stack([tf.constant(-1, tf.int64), longest])
        dense = {name: parsed[name].to_tensor(_gap(specs[name]), shape=shape) for name in lists}
        return answer(*(dense.get(name, parsed[name]) for name in specs))

    return Signature(serving_examples, [tf.TensorSpec((None,), tf.string, name="examples")])


def _gap(spec: tf.TensorSpec) -> Any:
    """Return the value that means missing."""
    return "" if spec.dtype == tf.string else float("nan")


def embed(
    model: keras.Model, schema: Schema, encode: Callable[..., dict[str, tf.Tensor]], specs: Mapping[str, tf.TensorSpec]
) -> Signature | None:
    """Return a signature that gives a row's vectors end to end; None where no column has any, or another's branches.

    They stand in the order of ``schema.tables``. A list's is the pooled one; a sequence has none of its own.

    Args:
        model: built from the schema.
        schema: its.
        encode: the graph's function from the inputs to the model's.
        specs: of the inputs, those of ``serving_default``.
    """
    layers = [_vector_layer(schema, name, kind, spec) for name, kind, spec in _vectors(schema)]
    parts = parts_of(model)
    if not layers or not {*layers} <= {layer.name for layer in parts[0].layers}:
        return None
    # Each of these layers is called once, so that its output is the column's own even where the table is shared.
    models = [keras.Model(part.input, [part.get_layer(layer).output for layer in layers]) for part in parts]

    def embed(*values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return (n, width) vectors of raw values."""
        inputs = encode(*values)
        found = [tf.nest.flatten(vectors(inputs, training=False)) for vectors in models]
        return {"embedding": tf.concat([values for column in zip(*found, strict=True) for values in column], axis=1)}

    return Signature(embed, list(specs.values()))


def _vectors(schema: Schema) -> list[tuple[str, ColumnKind, TableSpec]]:
    """Return the tables of which a row has one vector, as (column, kind, table)."""
    found = [(name, schema[name], spec) for name, spec in schema.tables.values()]
    return [(name, kind, spec) for name, kind, spec in found if not isinstance(kind, Sequence)]


def _vector_layer(schema: Schema, name: str, kind: ColumnKind, spec: TableSpec) -> str:
    """Return the layer that gives (batch, dim) vectors."""
    end = "pooling" if isinstance(kind, MultiCategorical) else "flatten"
    part = spec.layer.removesuffix("embedding") if isinstance(kind, Datetime) else ""
    return f"{schema.input_names[name]}.{part}{end}"


def lookups(model: keras.Model, schema: Schema, raw: Mapping[str, RawInput]) -> dict[str, Signature]:
    """Return {"lookup_NAME": signature from labels to vectors} of every table; "" is missing.

    Args:
        model: built from the schema.
        schema: its.
        raw: {column: how it enters the graph}.
    """
    found = {}
    for key, (name, spec) in schema.tables.items():
        ids, resources = (raw[name].ids[key], ()) if key in raw[name].ids else _ids(spec)
        found[f"lookup_{schema.input_names.get(key) or safe_name(key)}"] = Signature(
            _looked_up([embedding_of(part, schema, key) for part in parts_of(model)], ids),
            [tf.TensorSpec((None,), tf.string, name="label")],
            resources,
        )
    return found


def _ids(spec: TableSpec) -> tuple[Callable[[tf.Tensor], tf.Tensor], tuple[Any, ...]]:
    """Return the ids of a table's own labels: a column of times or numbers is read from no labels."""
    labels = ["", *spec.read()[0]]
    ids = np.concatenate([[0], np.arange(len(labels) - 1) + FIRST_ID]).astype(np.int64)
    table = lookup(labels, ids, 1)
    return table.lookup, (table,)


def _looked_up(layers: list[Any], ids: Callable[[tf.Tensor], tf.Tensor]) -> Answer:
    def look_up(label: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the (n, dim) vectors of (n,) labels."""
        rows = ids(label)
        return {"vector": tf.concat([layer(rows, training=False) for layer in layers], axis=-1)}

    return look_up
