"""A bidirectional LSTM that reads a row's cells and predicts the target."""

from __future__ import annotations

__all__ = ["CELLS", "reading_model"]

from collections.abc import Sequence
from typing import Any

import keras

from ...schema.schema import Schema
from ..column_tokens import ColumnTokens
from ..head import build_head
from ..model import build_branches
from ..row_prior import scale_priors
from ..seeds import Seeds
from ..traced_once import TabularModel
from .directions import both_ways

CELLS = "reading.cells"
"""The layer whose output are the labelled cells' vectors: the static one, and the states beside it."""


def reading_model(
    schema: Schema, labelled: Sequence[str], units: int, layers: int, dropout: float, seeds: Seeds
) -> keras.Model:
    """Return the model of a schema: tokens of the columns, a bidirectional LSTM, and the head over all its states.

    Args:
        schema: with a target; the vectors of labelled columns are of ``2 * units``.
        labelled: the columns whose cells get vectors.
        units: of each direction.
        layers: of the LSTM.
        dropout: share of a layer's inputs dropped while training.
        seeds: of initializers and masks.
    """
    inputs, joined = build_branches(schema, {}, seeds)
    tokens = ColumnTokens(joined.widths, 2 * units, seed=seeds.next(), name="reading.tokens")(joined.values)
    states = both_ways(tokens, units, layers, dropout, seeds, "reading")
    places = [list(schema.features).index(name) for name in labelled]
    static = _stacked([joined.columns[schema.input_names[name]] for name in labelled])
    beside = keras.ops.take(states, places, axis=1)
    cells = keras.layers.Concatenate(name=CELLS)([static, beside])
    # The vectors stay in the graph: the head reads them, and the states of the columns without labels.
    ends = [keras.layers.Flatten()(cells)]
    others = [at for at in range(len(schema.features)) if at not in places]
    if others:
        ends.append(keras.layers.Flatten()(keras.ops.take(states, others, axis=1)))
    model = TabularModel(inputs, build_head(ends, schema.need_target(), seeds), name="reading")
    scale_priors(model, schema.need_target().loss_unit)
    return model


def _stacked(columns: Sequence[Any]) -> Any:
    """Return (batch, columns, dim)."""
    return (
        keras.layers.Concatenate(axis=1)([column[:, None] for column in columns])
        if len(columns) > 1
        else columns[0][:, None]
    )
