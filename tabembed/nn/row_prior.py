"""A Gaussian prior on every label's vector: rare labels stay near zero until their rows say otherwise."""

from __future__ import annotations

__all__ = ["RowPrior", "scale_priors"]

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tabembed")
class RowPrior(keras.layers.Layer):
    """Add ``strength * |vector|**2 / rows of its label`` to the loss of each cell, and pass the vectors on.

    Over an epoch that is ``strength`` times the sum of all squared vectors, whatever the batch size, though only the
    rows of the batch are read: L2 regularisation of the touched rows. (Decoupled weight decay is no prior: it shrinks a
    label of a thousand rows as strongly as one of a single row.)

    **Shape**

    - Input: ids (batch, 1) and vectors (batch, 1, dim); of lists (batch, longest) and (batch, longest, dim), and which
      of these are there, (batch, longest)
    - Output: the vectors

    Args:
        rows: of the table.
        strength: in units of the loss; 1 / (2 * variance) of the prior.
        **kwargs: ``keras.layers.Layer``'s own.

    Source: Bishop 2006, "Pattern Recognition and Machine Learning", section 3.3 (the maximum a posteriori estimate).
    """

    def __init__(self, rows: int, strength: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows, self.strength = rows, strength
        self.weight = self.add_weight(shape=(rows,), initializer="ones", trainable=False, autocast=False, name="weight")

    def call(self, ids: Any, vectors: Any, there: Any = None, training: bool | None = None) -> Any:
        """Return the vectors; while training their prior is added to the loss."""
        if training:
            # Straight from the variable, so that nothing table-sized is read. One operation sums the squares, and its
            # gradient takes another one: to trace many columns is what their training takes longest for.
            root = tf.sqrt(tf.gather(self.weight.value, tf.cast(ids, tf.int32)))
            root = root if there is None else root * tf.cast(there, "float32")
            half = tf.nn.l2_loss(tf.cast(vectors, "float32") * tf.expand_dims(root, -1))
            self.add_loss(half * _per_row(2 * self.strength, vectors))
        return vectors

    def compute_output_shape(self, ids_shape: Any, vectors_shape: Any, there_shape: Any = None) -> Any:
        """Return the shape of the vectors."""
        return vectors_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; the labels' weights are saved with the model's."""
        return {**super().get_config(), "rows": self.rows, "strength": self.strength}


def _per_row(total: float, values: Any) -> Any:
    """Return a total by the rows of a batch."""
    rows = values.shape[0]
    return total / (tf.cast(tf.shape(values)[0], "float32") if rows is None else rows)


def scale_priors(model: keras.Model, factor: float) -> None:
    """Multiply the strength of a model's priors, before it is compiled, when the unit of its loss changes.

    Args:
        model: built by ``build_model``.
        factor: the new loss of a row in units of the old one.
    """
    for layer in model.layers:
        if isinstance(layer, RowPrior):
            layer.strength *= factor
