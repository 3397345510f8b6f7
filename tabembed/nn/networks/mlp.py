"""The multi-layer perceptron over concatenated embeddings (Guo & Berkhahn 2016, arXiv 1604.06737, section III)."""

from __future__ import annotations

__all__ = ["mlp"]

from collections.abc import Sequence
from typing import Any

import keras

from ...io.errors import DataError
from ..seeds import Seeds


def mlp(inputs: Any, seeds: Seeds, *, hidden: Sequence[int] = (256, 128), dropout: float = 0.1) -> Any:
    """Return dense ReLU layers with dropout between them.

    **Shape**: (batch, width) -> (batch, hidden[-1])

    Args:
        inputs: the concatenated branches.
        seeds: of initializers and dropout.
        hidden: units of each layer.
        dropout: share of units dropped after each layer while training.

    Raises:
        DataError: for units below 1 or a dropout outside [0, 1).
    """
    if any(isinstance(units, bool) or not isinstance(units, int) or units < 1 for units in hidden):
        raise DataError(f"`hidden` must be whole numbers of 1 or more, however: hidden={hidden!r}")
    if not 0 <= dropout < 1:
        raise DataError(f"`dropout` must be in [0, 1), however: dropout={dropout!r}")
    x = inputs
    for at, units in enumerate(hidden, 1):
        initializer = keras.initializers.HeUniform(seed=seeds.next())
        x = keras.layers.Dense(units, "relu", kernel_initializer=initializer, name=f"mlp.dense_{at}")(x)
        if dropout:
            x = keras.layers.Dropout(dropout, seed=seeds.next(), name=f"mlp.dropout_{at}")(x)
    return x
