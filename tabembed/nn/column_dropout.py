"""Dropping whole columns from the deep layers, more often the fewer rows a label has."""

from __future__ import annotations

__all__ = ["ColumnDropout"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .draws import uniform


@keras.saving.register_keras_serializable(package="tabembed")
class ColumnDropout(keras.layers.Layer):
    """Set all values of a column to 0 in some rows while training, and scale up the rest; each column at its own rate.

    Dropping a whole vector, and not its entries, is what stops deep layers from learning rows by their rare labels.

    **Shape**

    - Input: (batch, width), the concatenated columns
    - Output: the same

    Args:
        rates: the share of the rows that drop each column, in [0, 1).
        widths: how many values each column has; they sum to ``width``.
        seed: of the draws; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> ColumnDropout([0.0, 0.5], [1, 2], seed=0)(np.ones((1, 3), "float32"), training=False).numpy().tolist()
        [[1.0, 1.0, 1.0]]

    Source: Srivastava et al. 2014, "Dropout", section 4, on columns instead of units.
    """

    def __init__(self, rates: Sequence[float], widths: Sequence[int], seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rates, self.widths, self.seed = list(rates), list(widths), seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the values, some columns 0 while training."""
        if not training:
            return inputs
        drawn = uniform((keras.ops.shape(inputs)[0], len(self.rates)), self.seed_generator)
        keep = keras.ops.cast(drawn >= np.asarray(self.rates, np.float32), inputs.dtype)
        scaled = keep / keras.ops.cast(1 - np.asarray(self.rates, np.float32), inputs.dtype)
        return inputs * keras.ops.take(scaled, np.repeat(np.arange(len(self.rates)), self.widths), axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "rates": self.rates, "widths": self.widths, "seed": self.seed}
