"""ResNet for tables (Gorishniy et al. 2021, arXiv 2106.11959, section 3.2), as ``rtdl_revisiting_models.ResNet``.

A linear layer, then blocks of BatchNorm, linear, ReLU, dropout, linear, dropout beside which the values pass on; at the
end BatchNorm and ReLU. The departure is ``mlp``'s: a linear path beside it, and columns of many labels dropped whole
from some rows; ``linear=False`` turns both off.
"""

from __future__ import annotations

__all__ = ["TRAINING", "resnet"]

from collections.abc import Mapping
from typing import Any

import keras

from ..draws import Dropout
from ..seeds import Seeds
from .checks import check_shares, check_whole
from .joined import Joined

TRAINING: Mapping[str, Any] = {"learning_rate": 1e-3, "weight_decay": 1e-5}
"""The paper (arXiv 2106.11959, section 4) tunes AdamW's rate for each set and has no default: the rate is ours, the
weight decay is its FT-Transformer's."""


def resnet(
    inputs: Joined,
    seeds: Seeds,
    *,
    blocks: int = 2,
    width: int = 192,
    hidden_factor: float = 2.0,
    dropout: float = 0.15,
    residual_dropout: float = 0.0,
    linear: bool = True,
) -> list[Any]:
    """Return the end of the blocks, and the concatenated branches where there is a linear path.

    **Shape**: (batch, values) -> (batch, width) and (batch, values)

    Args:
        inputs: the branches.
        seeds: of initializers and dropout.
        blocks: how many.
        width: values that pass on from block to block.
        hidden_factor: the units inside a block in multiples of ``width``.
        dropout: share of the units inside a block dropped while training.
        residual_dropout: share of what a block adds that is dropped while training.
        linear: whether there is a linear path beside the blocks.

    Raises:
        DataError: for an argument out of its range.
    """
    check_whole("blocks", blocks)
    check_whole("width", width)
    hidden = int(width * hidden_factor)
    check_whole("width * hidden_factor", hidden)
    check_shares(dropout=dropout)
    check_shares(residual_dropout=residual_dropout)
    x = _dense(width, seeds, "resnet.input")(inputs.seen_deep(seeds, "resnet", linear))
    for at in range(1, blocks + 1):
        name = f"resnet.block_{at}"
        z = _dense(hidden, seeds, f"{name}.dense_1", "relu")(_normalised(x, f"{name}.normalization"))
        z = _dense(width, seeds, f"{name}.dense_2")(_dropped(z, dropout, seeds, f"{name}.dropout_1"))
        x = keras.layers.Add(name=f"{name}.add")([x, _dropped(z, residual_dropout, seeds, f"{name}.dropout_2")])
    x = keras.layers.Activation("relu", name="resnet.relu")(_normalised(x, "resnet.normalization"))
    return [x, inputs.values] if linear else [x]


def _dense(units: int, seeds: Seeds, name: str, activation: str | None = None) -> keras.layers.Dense:
    initializer = keras.initializers.HeUniform(seed=seeds.next())
    return keras.layers.Dense(units, activation, kernel_initializer=initializer, name=name)


def _normalised(values: Any, name: str) -> Any:
    """Return the values, each standardised over the batch, with PyTorch's constants."""
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(values)


def _dropped(values: Any, rate: float, seeds: Seeds, name: str) -> Any:
    return Dropout(rate, seed=seeds.next(), name=name)(values) if rate else values
