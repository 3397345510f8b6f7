"""``build_model``: a schema goes in, a plain functional Keras model comes out."""

from __future__ import annotations

__all__ = ["build_model"]

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from ..io.errors import DataError
from ..schema.kinds import Categorical
from ..schema.schema import Schema
from ..schema.shared import whole_column
from .branches import Branch, build_branch
from .extract import embedding_of
from .head import build_head
from .networks import build_network
from .networks.joined import Joined
from .row_prior import scale_priors
from .seeds import Seeds
from .warm_start import load_tables_into, tables_of, warm_dims


def build_model(
    schema: Schema,
    network: str = "mlp",
    *,
    init: Any = None,
    freeze: str | Iterable[str] = (),
    random_state: Any = None,
    **options: Any,
) -> keras.Model:
    """Build the model of a schema: a branch a column, one ``Concatenate``, a network, a head that fits the task.

    Each categorical column gets one ``Input`` (batch, 1), one ``Embedding`` and one ``Flatten``; numbers and booleans
    are standardised inside the model. The model takes ``schema.inputs(df)`` or ``schema.dataset(df)``.

    Args:
        schema: with a target.
        network: ``"mlp"``.
        init: {column: EmbeddingTable} or a fitted object with ``tables_``, to start from: rows are matched by label,
            new labels start from the table's unknown row. It sets the column's dim unless the schema pins ``dim=``.
        freeze: the column, or columns, whose vectors are not trained; one column of a shared table freezes it for all.
        random_state: makes weights and dropout repeatable; the global random state is neither read nor changed.
        **options: the network's own arguments (``hidden=(256, 128)``, ``dropout=0.1``).

    Returns:
        An uncompiled functional ``keras.Model``; ``schema.target``'s ``loss``, ``loss_weight`` and ``metrics`` fit it.

    Raises:
        DataError: without a target, without a column, for an unknown network or option, or a pinned dim that differs.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> te.build_model(schema).predict(schema.inputs(df), verbose=0).shape
        (3, 1)

    Source: Guo & Berkhahn 2016, "Entity Embeddings of Categorical Variables", arXiv 1604.06737, section III.
    """
    target = schema.need_targets()
    tables = tables_of(init)
    dims = warm_dims(schema, tables)
    seeds = Seeds(random_state)
    inputs, branches = _build_branches(schema, dims, seeds)
    last = build_network(network, _join(schema, branches), seeds, options)
    model = keras.Model(inputs, build_head(last, target, seeds), name=f"tabembed_{network}")
    # The loss of a number is in a unit of the target's, and so must be what is added to it.
    scale_priors(model, target.loss_unit)
    load_tables_into(model, schema, tables)
    _freeze(model, schema, freeze)
    return model


def _build_branches(schema: Schema, dims: Mapping[str, int], seeds: Seeds) -> tuple[dict[str, Any], list[Any]]:
    """Return {input name: input} and the branches' outputs, both in the order of the columns."""
    if not schema.features:
        raise DataError("the schema has no column to learn from: every one is set aside; declare some with kinds={...}")
    inputs = {
        name: keras.Input((None,) if part.ragged else (1,), name=schema.input_names[name], dtype=part.dtype)
        for name, part in schema.parts.items()
    }
    shared: dict[str, Any] = {}
    branches = [
        build_branch(Branch(whole_column(schema.columns, name), schema.input_names[name], inputs, seeds, dims, shared))
        for name in schema.features
    ]
    return {schema.input_names[name]: tensor for name, tensor in inputs.items()}, branches


def _join(schema: Schema, branches: list[Any]) -> Joined:
    values = keras.layers.Concatenate(name="network.concatenate")(branches)
    kinds = schema.features.values()
    dropout = tuple(kind.dropout_rate if isinstance(kind, Categorical) else 0.0 for kind in kinds)
    return Joined(values, tuple(branch.shape[-1] for branch in branches), dropout)


def _freeze(model: keras.Model, schema: Schema, columns: str | Iterable[str]) -> None:
    for name in [columns] if isinstance(columns, str) else columns:
        embedding_of(model, schema, name).trainable = False
