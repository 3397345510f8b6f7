"""A trained model for a schema that has grown: what it learned stays, new labels get rows."""

from __future__ import annotations

__all__ = ["grow_model"]

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ..io.errors import DataError
from ..schema.kind import TableSpec
from ..schema.kinds import Categorical, Numeric, Sequence
from ..schema.schema import Schema
from ..schema.shared import labelled, whole_column
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .aside import NAME as ASIDE
from .bags import bag_of, parts_of
from .branches import embedding_name, number_codes, numbers_name, prior_weights
from .embedding import RowwiseEmbedding
from .extract import embedding_of, extract_tables
from .model import build_model
from .numeric_embeddings import PiecewiseLinear
from .optimizer import RowwiseAdam
from .row_prior import RowPrior
from .seeds import Seeds
from .statistics import TargetStatistics
from .statistics_lookup import STATISTICS, set_statistics, statistics_of
from .warm_start import load_tables_into


def grow_model(
    model: keras.Model, before: Schema, after: Schema, network: str = "mlp", *, random_state: Any = None, **options: Any
) -> keras.Model:
    """Return the model for a schema that has grown; where no table has more rows it is the same one, changed in place.

    Old labels keep their vectors, new ones start from the unknown row. All other layers keep their weights, and a
    ``RowwiseAdam`` its state; only the priors weigh the rows anew, by the new counts.

    Args:
        model: built by ``build_model(before, network, **options)``, trained or not; or a bag of such.
        before: its schema.
        after: ``before.grown(...)``.
        network: as in ``build_model``.
        random_state: of a new model's dropout.
        **options: as in ``build_model``.

    Raises:
        DataError: when the network isn't the model's.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]}, "delay")
        >>> wider = schema.grown({"dest": ["JFK"], "delay": [2.5]})
        >>> te.extract_tables(grow_model(te.build_model(schema), schema, wider), wider)["dest"].labels
        ('LAX', 'BOS', 'JFK')
    """
    if len(parts_of(model)) > 1:
        return _grow_bag(model, before, after, network, random_state, options)
    after = _with_bins_of(model, after)
    tables, optimizer = extract_tables(model, before), getattr(model, "optimizer", None)
    old, new = ({name: spec for name, (_, spec) in schema.tables.items()} for schema in (before, after))
    rows = {name: _rows(old[name], new[name]) for name in tables}
    statistics = _moved_statistics(model, before, after)
    if all(old[name].size == new[name].size for name in tables):
        load_tables_into(model, after, {name: table for name, table in tables.items() if new[name].rows is None})
        _weigh_priors(model, after)
        _set_numbers(model, after)
        set_statistics(model, statistics)
        grown = model
    else:
        grown = build_model(after, network, init=tables, statistics=statistics, random_state=random_state, **options)
        _copy_layers(model, grown, {embedding_of(grown, after, n).name for n in tables if new[n].rows is not None})
        if isinstance(optimizer, RowwiseAdam):
            grown.compile_from_config(model.get_compile_config())
    paths = {embedding_of(grown, after, name).embeddings.path: moved for name, moved in rows.items()}
    if isinstance(optimizer, RowwiseAdam) and optimizer.built:
        grown.optimizer.build(grown.trainable_variables)
        grown.optimizer.resume(optimizer, paths)
    return grown


def _grow_bag(
    bag: keras.Model, before: Schema, after: Schema, network: str, random_state: Any, options: Mapping[str, Any]
) -> keras.Model:
    """Return the bag of its models, each grown; the same one where all were changed in place."""
    parts, seeds = parts_of(bag), Seeds(random_state)
    grown = [grow_model(part, before, after, network, random_state=seeds.next(), **options) for part in parts]
    return bag if grown == parts else bag_of(grown)


def _with_bins_of(model: keras.Model, schema: Schema) -> Schema:
    """Return the schema, the borders of piecewise linear numbers those of the model: each of a bag has its own."""
    edges = {layer.name: layer.raw_edges for layer in model.layers if isinstance(layer, PiecewiseLinear)}
    kinds = {}
    for name, kind in schema.features.items():
        own = edges.get(embedding_name(schema.input_names[name]))
        if isinstance(kind, Numeric) and kind.embedding == "ple" and own is not None and own != list(kind.edges):
            kinds[name] = replace(kind, edges=tuple(own))
    return schema.replace(kinds) if kinds else schema


def _rows(before: TableSpec, after: TableSpec) -> np.ndarray:
    """Return (rows of the grown table,) which row each was in the old one, -1 for a new label's."""
    if after.rows is not None:
        return np.arange(after.size)
    ids = {label: at for at, label in enumerate(before.read()[0], FIRST_ID)}
    return np.array([MISSING_ID, UNKNOWN_ID, *(ids.get(label, -1) for label in after.read()[0])])


def _moved_statistics(model: keras.Model, before: Schema, after: Schema) -> TargetStatistics | None:
    """Return the model's target statistics by the new ids; a label that has lost its row has none any more."""
    statistics = statistics_of(model)
    if statistics is None:
        return None
    ids, sizes = {}, {}
    for name in statistics.columns:
        old, new = labelled(before.features)[name], labelled(after.features)[name]
        places = {label: at for at, label in enumerate(new.labels, FIRST_ID)}
        ids[name] = np.array([MISSING_ID, UNKNOWN_ID, *(places.get(label, -1) for label in old.labels)])
        if old.hash_buckets is not None:
            ids[name] = np.arange(old.size)
        sizes[name] = new.size
    return statistics.moved(sizes, ids)


def _weigh_priors(model: keras.Model, schema: Schema) -> None:
    for name in schema.features:
        column, safe = whole_column(schema.columns, name), schema.input_names[name]
        own = {safe: column}
        if isinstance(column.kind, Sequence):
            own = {f"{safe}.{column.kind.layer_name(step.name)}": step for step in column.kind.columns}
        for layer, labels in own.items():
            if isinstance(labels.kind, Categorical) and labels.kind.l2 and not labels.kind.is_one_hot:
                model.get_layer(f"{layer}.prior").weight.assign(prior_weights(labels, labels.kind))


def _set_numbers(model: keras.Model, schema: Schema) -> None:
    """Write the numbers of ordered columns by the new ids."""
    for name, kind in schema.features.items():
        if isinstance(kind, Categorical) and kind.edges is not None:
            model.get_layer(numbers_name(schema.input_names[name])).set_weights([number_codes(kind)])


def _copy_layers(model: keras.Model, grown: keras.Model, hashed: set[str]) -> None:
    """Copy what isn't a table's from layer to layer, by name; of hashed tables also the rows that hold no label."""
    old: Mapping[str, Any] = {layer.name: layer.get_weights() for layer in model.layers}
    kept = {layer.name for layer in grown.layers}
    lost = [name for name, weights in old.items() if weights and name not in kept]
    if lost:
        raise _another_network(f"layer {lost[0]!r} would be lost")
    for layer in grown.layers:
        if layer.name == STATISTICS or (isinstance(layer, RowwiseEmbedding | RowPrior) and layer.name not in hashed):
            continue
        if layer.name.startswith(f"{ASIDE}.") and layer.name not in old:  # models of before had none
            continue
        weights = old.get(layer.name, [])
        if [array.shape for array in weights] != [array.shape for array in layer.get_weights()]:
            raise _another_network(f"layer {layer.name!r} has another shape")
        layer.set_weights(weights)


def _another_network(found: str) -> DataError:
    return DataError(
        f"`network` and `network_options` must be those that the model was built with, however: {found}; set them "
        f"back, or fit anew"
    )
