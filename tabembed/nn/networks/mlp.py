"""The multi-layer perceptron over concatenated embeddings (Guo & Berkhahn 2016, arXiv 1604.06737, section III).

Two departures, both for columns of many labels, where the plain network learns single rows by heart and falls below
a linear model: a linear path beside the layers (Cheng et al. 2016, "Wide & Deep", arXiv 1606.07792, section 3.3), and
whole columns dropped from the deep path, more often the fewer rows a label has.
"""

from __future__ import annotations

__all__ = ["TRAINING", "mlp"]

from collections.abc import Mapping, Sequence
from typing import Any

from ..seeds import Seeds
from .dense import dense_layers
from .joined import Joined

TRAINING: Mapping[str, Any] = {}
"""The recipe's own defaults, which were chosen for this network."""


def mlp(
    inputs: Joined, seeds: Seeds, name: str = "mlp", *, hidden: Sequence[int] = (256, 128), dropout: float = 0.1
) -> list[Any]:
    """Return the end of dense ReLU layers with dropout between them, and the concatenated branches for the linear path.

    **Shape**: (batch, width) -> (batch, hidden[-1]) and (batch, width)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        name: the prefix of the layers' names.
        hidden: units of each layer.
        dropout: share of units dropped after each layer while training.

    Raises:
        DataError: for units below 1 or a dropout outside [0, 1).
    """
    x = dense_layers(inputs.seen_deep(seeds, name), hidden, dropout, seeds, name)
    return [x, inputs.values] if hidden else [inputs.values]
