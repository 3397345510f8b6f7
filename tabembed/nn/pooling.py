"""Lists of vectors become one vector each; padding changes nothing."""

from __future__ import annotations

__all__ = ["ListIds", "Pooling"]

from typing import Any

import keras
import numpy as np

_MISSING = 0


@keras.saving.register_keras_serializable(package="tabembed")
class ListIds(keras.layers.Layer):
    """Add a column of missing to padded lists of ids, so that an empty list has a vector to be: the missing one.

    While training it can hide whole lists, so that the missing row is trained where the data never shows an empty list.

    **Shape**

    - Input: ids (batch, longest), 0 for padding
    - Output: (batch, longest + 1)

    Args:
        missing_rate: the share of lists, in [0, 1), that are trained as missing.
        seed: of the draws.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> ListIds()(np.array([[5, 2], [3, 0]])).numpy().tolist()
        [[5, 2, 0], [3, 0, 0]]
    """

    def __init__(self, missing_rate: float = 0.0, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.missing_rate, self.seed = missing_rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed) if missing_rate else None

    def call(self, ids: Any, training: bool | None = None) -> Any:
        """Return the ids and a last column of 0."""
        ids = keras.ops.pad(ids, [[0, 0], [0, 1]], constant_values=_MISSING)
        if not training or self.seed_generator is None:
            return ids
        drawn = keras.random.uniform((keras.ops.shape(ids)[0], 1), seed=self.seed_generator)
        return keras.ops.where(drawn < self.missing_rate, keras.ops.zeros_like(ids), ids)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, longest + 1)."""
        batch, longest = input_shape
        return batch, None if longest is None else longest + 1

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "missing_rate": self.missing_rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabembed")
class Pooling(keras.layers.Layer):
    """Pool each list's vectors into one; the vector of a list without items is its last, the missing one.

    With weights the mean is the weighted one, the sum and the maximum are of the vectors times their weights, and
    attention multiplies its own weights by them. An item whose weight is 0 (or NaN) is left out.

    **Shape**

    - Input: ids (batch, longest + 1) as ``ListIds`` gives them, vectors (batch, longest + 1, dim), and where there are
      any, weights (batch, longest)
    - Output: (batch, dim)

    Args:
        how: ``"mean"``, ``"sum"``, ``"max"`` or ``"attention"``: softmax over the list of ``u . tanh(V x)``, u and V
            learned.
        seed: of the weights of attention.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> vectors = np.array([[[1.0], [3.0], [9.0]], [[5.0], [9.0], [9.0]], [[9.0]] * 3], "float32")
        >>> Pooling("mean")(np.array([[2, 3, 0], [2, 0, 0], [0, 0, 0]]), vectors).numpy().tolist()
        [[2.0], [5.0], [9.0]]

    Source: attention as in Ilse, Tomczak & Welling 2018, "Attention-based Deep Multiple Instance Learning",
    arXiv 1802.04712, equation 8.
    """

    def __init__(self, how: str = "mean", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.how, self.seed = how, seed
        self.inner = self.outer = None

    def build(self, ids_shape: Any, vectors_shape: Any, weights_shape: Any = None) -> None:
        """Make the weights of attention; u begins at 0, so that attention begins as the mean."""
        if self.how != "attention":
            return
        dim = vectors_shape[-1]
        glorot = keras.initializers.GlorotUniform(seed=self.seed)
        self.inner = self.add_weight(shape=(dim, dim), initializer=glorot, name="inner")
        self.outer = self.add_weight(shape=(dim, 1), initializer="zeros", name="outer")

    def call(self, ids: Any, vectors: Any, weights: Any = None) -> Any:
        """Return the pooled vectors."""
        ops = keras.ops
        held = ids > _MISSING
        if weights is not None:
            weights = ops.pad(ops.cast(weights, vectors.dtype), [[0, 0], [0, 1]], constant_values=1)
            held = ops.logical_and(held, weights > 0)
        # A list without items is its last column alone.
        last = ops.arange(ops.shape(ids)[1]) == ops.shape(ids)[1] - 1
        held = ops.where(ops.any(held, axis=1, keepdims=True), held, last[None])
        # Before anything is computed, for NaN times 0 is NaN.
        share = ops.cast(held, vectors.dtype)
        share = share if weights is None else ops.where(held, weights, ops.zeros_like(weights))
        if self.how == "max":
            least = ops.full_like(vectors, -np.inf)
            return ops.max(ops.where(held[..., None], vectors * share[..., None], least), axis=1)
        if self.how == "attention":
            share = share * self._attention(vectors, held)
        pooled = ops.sum(vectors * share[..., None], axis=1)
        return pooled if self.how == "sum" else pooled / ops.sum(share, axis=1, keepdims=True)

    def _attention(self, vectors: Any, held: Any) -> Any:
        """Return exp of the scores (batch, longest + 1), the largest of each list 1."""
        scores = keras.ops.tanh(vectors @ self.inner) @ self.outer
        scores = keras.ops.where(held, scores[..., 0], keras.ops.full_like(scores[..., 0], -np.inf))
        return keras.ops.exp(scores - keras.ops.max(scores, axis=1, keepdims=True))

    def compute_output_shape(self, ids_shape: Any, vectors_shape: Any, weights_shape: Any = None) -> Any:
        """Return (batch, dim)."""
        return vectors_shape[0], vectors_shape[-1]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "how": self.how, "seed": self.seed}
