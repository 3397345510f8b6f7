"""``build_model``: a schema goes in, a plain functional Keras model comes out."""

from __future__ import annotations

__all__ = ["build_branches", "build_model"]

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from ..io.errors import DataError
from ..schema.kinds import Categorical, Cross
from ..schema.schema import Schema
from ..schema.shared import whole_column
from .aside import aside
from .branches import Branch, build_branch
from .extract import embedding_of
from .head import build_head
from .members import model_of
from .networks import build_network
from .networks.joined import Joined
from .row_prior import scale_priors
from .seeds import Seeds
from .statistics import TargetStatistics
from .statistics_lookup import STATISTICS, statistics_lookup
from .warm_start import start_from, tables_of, warm_dims, warm_options


def build_model(
    schema: Schema,
    network: str = "mlp",
    *,
    init: Any = None,
    freeze: str | Iterable[str] = (),
    statistics: TargetStatistics | None = None,
    random_state: Any = None,
    **options: Any,
) -> keras.Model:
    """Build the model of a schema: a branch a column, one ``Concatenate``, a network, a head that fits the task.

    Each categorical column gets one ``Input`` (batch, 1), one ``Embedding`` and one ``Flatten``; numbers and booleans
    are standardised inside the model. The model takes ``schema.inputs(df)`` or ``schema.dataset(df)``.

    Args:
        schema: with a target.
        network: mlp, linear, wide_deep, resnet, dcn, deepfm, transformer, tabm or lstm.
        init: {column: EmbeddingTable} or a fitted object with ``tables_``, to start from, by label; new labels start
            from the unknown row. It sets the column's dim unless the schema pins ``dim=``. Of a ``te.BERTEmbedder``
            the network ``transformer`` takes the sizes and all layers too.
        freeze: the column, or columns, whose vectors are not trained; one column of a shared table freezes it for all.
        statistics: what the target was on average where labels stood, as more columns; None for none.
        random_state: makes weights and dropout repeatable; the global random state is neither read nor changed.
        **options: the network's own arguments (``hidden=(256, 128)``, ``dropout=0.1``).

    Returns:
        An uncompiled functional ``keras.Model``; ``schema.target``'s ``loss``, ``loss_weight`` and ``metrics`` fit it.
        With ``training=True`` it gives what each member of ``tabm`` says, and behind it what ``nn/aside.py`` does.

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
    target, seeds = schema.need_targets(), Seeds(random_state)
    inputs, joined = build_branches(schema, warm_dims(schema, tables_of(init)), seeds)
    seen = joined if statistics is None else _beside(joined, schema, inputs, statistics)
    outputs = build_head(build_network(network, seen, seeds, warm_options(init, network, options)), target, seeds)
    model = model_of(inputs, outputs, network, None if statistics is None else aside(joined, target, seeds))
    scale_priors(model, target.loss_unit)  # what is added to the loss of a number must be in its unit
    start_from(init, network, model, schema)
    return _frozen(model, schema, freeze)


def _beside(joined: Joined, schema: Schema, inputs: Mapping[str, Any], statistics: TargetStatistics) -> Joined:
    """Return the branches' outputs, and the statistics behind them."""
    by_column = {name: inputs[schema.input_names[name]] for name in statistics.columns}
    return joined.beside(STATISTICS, statistics_lookup(statistics, by_column))


def build_branches(schema: Schema, dims: Mapping[str, int], seeds: Seeds) -> tuple[dict[str, Any], Joined]:
    """Return {input name: input} and the branches' outputs, both in the order of the columns.

    Args:
        schema: with or without a target.
        dims: {key of a table: dimensions} where they are not the kind's own.
        seeds: of initializers and random masks.

    Raises:
        DataError: without a column to learn from.
    """
    if not schema.features:
        raise DataError("the schema has no column to learn from: every one is set aside; declare some with kinds={...}")
    inputs = {
        name: keras.Input((None,) if part.ragged else (1,), name=schema.input_names[name], dtype=part.dtype)
        for name, part in schema.parts.items()
    }
    shared: dict[str, Any] = {}
    columns, dropout, declared, crossed = {}, {}, [], []
    steps: dict[str, tuple[Any, Any]] = {}
    for name, kind in schema.features.items():
        safe = schema.input_names[name]
        branch = Branch(whole_column(schema.columns, name), safe, inputs, seeds, dims, shared, steps)
        columns[safe] = build_branch(branch)
        dropout[safe] = kind.dropout_rate if isinstance(kind, Categorical) else 0.0
        declared += [safe] if isinstance(kind, Categorical) and kind.dropout is not None else []
        crossed += [safe] if isinstance(kind, Cross) else []
    joined = Joined(columns, dropout, frozenset(declared), frozenset(crossed), steps)
    return {schema.input_names[name]: tensor for name, tensor in inputs.items()}, joined


def _frozen(model: keras.Model, schema: Schema, columns: str | Iterable[str]) -> keras.Model:
    """Return the model, the tables of some columns not to be trained."""
    for name in [columns] if isinstance(columns, str) else columns:
        embedding_of(model, schema, name).trainable = False
    return model
