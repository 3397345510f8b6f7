"""What a state says about a label: the product with the label's own token."""

from __future__ import annotations

__all__ = ["TiedScores"]

from typing import Any

import keras
import numpy as np
import tensorflow as tf

WHOLE = 5_000
"""Labels up to which a batch's loss looks at all of a column's labels; of more it looks at those in the batch."""


class TiedScores(keras.layers.Layer):
    """Score the labels of a column: the products of a state and the labels' own tokens, beside a bias.

    There is no table but the one the cells are read by. The bias starts at the logarithm of the labels' shares, so
    that the first guess is near the marginal one; where labels are too many to look at all of them it stays there.

    **Shape**

    - Input: states (batch, dim), and the tokens of all labels (size, dim)
    - Output: (batch, size)

    Args:
        shares: (size,) of the cells that hold each id; they sum to 1.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> scores = TiedScores(np.array([0.25, 0.75]))
        >>> np.exp(scores(np.zeros((1, 3), "float32"), np.ones((2, 3), "float32"))).round(2).tolist()
        [[0.25, 0.75]]

    Source: tied as in Press & Wolf 2017, arXiv 1608.05859; labels of the batch only, their chance to be in it taken
    off, as in Bengio & Senecal 2008, "Adaptive Importance Sampling", section III, and Yi et al. 2019 (RecSys),
    section 3.
    """

    def __init__(self, shares: np.ndarray, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sampled = len(shares) > WHOLE
        self.bias = self.add_weight(shape=(len(shares),), name="bias", trainable=not self.sampled)
        self.built = True  # also where it is never called, but asked of a batch
        self.bias.assign(np.log(np.maximum(shares, 1e-9)))

    def call(self, states: Any, tokens: Any) -> Any:
        """Return the logarithms of the labels' odds."""
        return _products(states, tokens) + self.bias

    def of_batch(self, states: Any, tokens: Any, ids: Any) -> Any:
        """Return what it costs to tell each row's label from those of the other rows.

        **Shape**: (batch, dim), (batch, dim), (batch,) -> (batch,)

        Args:
            states: that tell.
            tokens: of the rows' own labels.
            ids: of the rows' own labels.
        """
        # The bias and the chance to be in the batch are both the label's share, and cancel out.
        scores = _products(states, tokens)
        twice = (ids[:, None] == ids[None, :]) & ~tf.eye(tf.shape(ids)[0], dtype=tf.bool)
        scores = tf.where(twice, -1e9, scores)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.range(tf.shape(ids)[0]), scores)


def _products(states: Any, tokens: Any) -> Any:
    """Return the products of all pairs, scaled as attention scales them, so that long vectors don't begin as sure."""
    return tf.matmul(states, tokens, transpose_b=True) * states.shape[-1] ** -0.5
