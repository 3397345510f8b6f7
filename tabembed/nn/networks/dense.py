"""Dense layers with dropout between them, which many networks hold."""

from __future__ import annotations

__all__ = ["dense_layers"]

from collections.abc import Sequence
from typing import Any

import keras

from ..draws import Dropout
from ..seeds import Seeds
from .checks import check_shares, check_units


def dense_layers(values: Any, hidden: Sequence[int], dropout: float, seeds: Seeds, network: str) -> Any:
    """Return the end of dense ReLU layers with dropout after each.

    **Shape**: (..., width) -> (..., hidden[-1])

    Args:
        values: where they start.
        hidden: units of each layer.
        dropout: share of units dropped after each layer while training.
        seeds: of initializers and dropout.
        network: its name, the prefix of the layers' names.

    Raises:
        DataError: for units below 1 or a dropout outside [0, 1).
    """
    check_units("hidden", hidden)
    check_shares(dropout=dropout)
    for at, units in enumerate(hidden, 1):
        initializer = keras.initializers.HeUniform(seed=seeds.next())
        values = keras.layers.Dense(units, "relu", kernel_initializer=initializer, name=f"{network}.dense_{at}")(values)
        if dropout:
            values = Dropout(dropout, seed=seeds.next(), name=f"{network}.dropout_{at}")(values)
    return values
