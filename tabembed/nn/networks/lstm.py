"""LSTM over the steps of a history (Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", section 4).

At each step the categories' vectors stand beside the step's numbers; LSTM layers read them, oldest first, and the
columns that have no steps join before the dense layers. It reads the steps of every ``te.Sequence`` itself, so that
column's ``cell``, ``units`` and ``dropout`` don't count; with another network they do, and the column is one state
among the columns. Departures as in ``mlp``: a linear path, and columns of many labels dropped whole from the deep one.
"""

from __future__ import annotations

__all__ = ["TRAINING", "lstm"]

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from ...io.errors import DataError
from ..seeds import Seeds
from ..steps import StartState
from .checks import check_shares, check_whole
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {"learning_rate": 2e-3}
"""Adam (Kingma & Ba 2015, arXiv 1412.6980) at a third of the recipe's rate, for the rate is what counts most with an
LSTM (Greff et al. 2017, "LSTM: A Search Space Odyssey", arXiv 1503.04069); the choice is ours."""


def lstm(
    inputs: Joined,
    seeds: Seeds,
    *,
    units: int = 64,
    layers: int = 1,
    hidden: Sequence[int] = (128,),
    dropout: float = 0.1,
) -> list[Any]:
    """Return the end of the dense layers over states and columns, and these themselves for the linear path.

    **Shape**: (batch, width), steps (batch, longest, width) -> (batch, hidden[-1]) and (batch, width)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        units: of each LSTM layer.
        layers: LSTM layers, one over the other.
        hidden: units of each dense layer.
        dropout: share of a step's values that the LSTM doesn't see, and of the dense layers' units, while training.

    Raises:
        DataError: for a schema without a sequence, or an argument out of its range.
    """
    if not inputs.steps:
        raise DataError(
            "network 'lstm' needs a te.Sequence among the columns, however: the schema has none; declare the list "
            "columns, as in kinds={'history': te.Sequence({'past_dest': te.Categorical()})}, or choose another network"
        )
    check_whole("units", units)
    check_whole("layers", layers)
    check_shares(dropout=dropout)
    states = {}
    for column, (steps, there) in inputs.steps.items():
        values = steps
        for at in range(1, layers + 1):
            layer = keras.layers.LSTM(
                units,
                return_sequences=at < layers,
                kernel_initializer=keras.initializers.GlorotUniform(seed=seeds.next()),
                recurrent_initializer=keras.initializers.Orthogonal(seed=seeds.next()),
                dropout=dropout,
                seed=seeds.next(),
                name=f"lstm.{column}.layer_{at}",
            )
            values = layer(values, mask=there)
        states[column] = StartState(name=f"lstm.{column}.start")(values, there)
    joined = inputs.instead(states)
    x = dense_layers(joined.seen_deep(seeds, "lstm"), hidden, dropout, seeds, "lstm")
    return [x, joined.values] if hidden else [joined.values]
