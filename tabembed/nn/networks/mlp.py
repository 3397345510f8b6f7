"""The multi-layer perceptron over concatenated embeddings (Guo & Berkhahn 2016, arXiv 1604.06737, section III).

Two departures, both for columns of many labels, where the plain network learns single rows by heart and falls below
a linear model: a linear path beside the layers (Cheng et al. 2016, "Wide & Deep", arXiv 1606.07792, section 3.3), and
whole columns dropped from the deep path, more often the fewer rows a label has.
"""

from __future__ import annotations

__all__ = ["mlp"]

from collections.abc import Sequence
from typing import Any

import keras

from ...io.errors import DataError
from ..column_dropout import ColumnDropout
from ..draws import Dropout
from ..seeds import Seeds
from .joined import Joined


def mlp(inputs: Joined, seeds: Seeds, *, hidden: Sequence[int] = (256, 128), dropout: float = 0.1) -> list[Any]:
    """Return the end of dense ReLU layers with dropout between them, and the concatenated branches for the linear path.

    **Shape**: (batch, width) -> (batch, hidden[-1]) and (batch, width)

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
    x = inputs.values
    if any(inputs.dropout):
        x = ColumnDropout(inputs.dropout, inputs.widths, seed=seeds.next(), name="mlp.column_dropout")(x)
    for at, units in enumerate(hidden, 1):
        initializer = keras.initializers.HeUniform(seed=seeds.next())
        x = keras.layers.Dense(units, "relu", kernel_initializer=initializer, name=f"mlp.dense_{at}")(x)
        if dropout:
            x = Dropout(dropout, seed=seeds.next(), name=f"mlp.dropout_{at}")(x)
    return [x, inputs.values] if hidden else [inputs.values]
