"""Learning how layers are mixed: the scalars beside a linear prediction of the target."""

from __future__ import annotations

__all__ = ["learn_mixture"]

import keras
import numpy as np
import tensorflow as tf

from ...schema.target import Target
from ..answers import answers
from ..head import build_head
from ..seeds import Seeds
from ..traced_once import TabularModel
from .directions import ScalarMix

_EPOCHS, _BATCH, _RATE = 10, 128, 1e-2


def learn_mixture(
    mix: ScalarMix, layers: np.ndarray, target: Target, truth: np.ndarray, seeds: Seeds, epochs: int
) -> None:
    """Train the scalars of a mixture, and a linear head that is left behind.

    Args:
        mix: its scalars are trained in place.
        layers: (n, columns, layers, dim) of rows in any order.
        target: what is to be told of each row.
        truth: (n,) what ``target.encode`` gave.
        seeds: of the head.
        epochs: passes over the rows, at most.
    """
    mix.trainable = True
    inputs = keras.Input(layers.shape[1:])
    flat = keras.layers.Flatten()(mix(inputs))
    model = TabularModel(inputs, build_head([flat], target, seeds))
    model.compile(keras.optimizers.Adam(_RATE), target.loss, loss_weights=target.loss_weight)
    batches = tf.data.Dataset.from_tensor_slices((layers, truth)).batch(_BATCH)
    batches = batches.map(lambda some, its: (some, *answers(target, its)))
    model.fit(batches, epochs=min(epochs, _EPOCHS), shuffle=False, verbose=0)
    mix.trainable = False
