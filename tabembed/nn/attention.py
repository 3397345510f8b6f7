"""The layers of a transformer over column tokens."""

from __future__ import annotations

__all__ = ["FirstToken", "PrependToken", "ReGLU", "TokenAttention"]

from typing import Any

import keras

from .draws import Dropout

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="tabembed")
class TokenAttention(keras.layers.Layer):
    """Attention of several heads.

    **Shape**

    - Input: the tokens that ask (batch, queries, dim), and those that are asked (batch, tokens, dim)
    - Output: (batch, queries, dim)

    Args:
        heads: which divide ``dim``; from two on a dense layer mixes them.
        dropout: share of the attention's weights dropped while training.
        causal: whether a token asks only itself and those before it, where the same tokens ask and are asked.
        seed: of the weights and the masks; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> import numpy as np
        >>> tokens = np.ones((2, 5, 8), "float32")
        >>> tuple(TokenAttention(4, seed=0)(tokens[:, :1], tokens).shape)
        (2, 1, 8)

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.2; as ``rtdl_revisiting_models.MultiheadAttention``.
    """

    def __init__(
        self, heads: int, dropout: float = 0.0, causal: bool = False, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.heads, self.dropout, self.causal, self.seed = heads, dropout, causal, seed
        self._drop = Dropout(dropout, seed=seed, name="dropout")

    def build(self, asking_shape: Shape, asked_shape: Shape) -> None:
        """Make the weights, drawn as ``torch.nn.Linear`` draws them."""
        dim = asked_shape[-1] or 0
        for at, name in enumerate(("query", "key", "value", "mix")[: 3 + (self.heads > 1)]):
            uniform = keras.initializers.RandomUniform(
                -(dim**-0.5), dim**-0.5, None if self.seed is None else self.seed + at
            )
            setattr(self, name, self.add_weight(name=name, shape=(dim, dim), initializer=uniform))
            setattr(self, f"{name}_bias", self.add_weight(name=f"{name}_bias", shape=(dim,), initializer="zeros"))

    def call(self, asking: Any, asked: Any, training: bool | None = None) -> Any:
        """Return what the tokens are told."""
        ops = keras.ops
        queries, keys, values = (
            self._by_head(self._linear(tokens, name))
            for tokens, name in ((asking, "query"), (asked, "key"), (asked, "value"))
        )
        scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))) * (asked.shape[-1] / self.heads) ** -0.5
        if self.causal:
            place = ops.arange(ops.shape(scores)[-1])
            scores = ops.where(place[:, None] >= place, scores, -1e9)
        # Not `ops.softmax`, which warns of a row of one.
        weights = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
        weights = self._drop(weights / ops.sum(weights, axis=-1, keepdims=True), training=training)
        told = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        told = ops.reshape(told, (-1, ops.shape(told)[1], asked.shape[-1]))
        return self._linear(told, "mix") if self.heads > 1 else told

    def _linear(self, tokens: Any, name: str) -> Any:
        return keras.ops.matmul(tokens, getattr(self, name)) + getattr(self, f"{name}_bias")

    def _by_head(self, tokens: Any) -> Any:
        """Return (batch, heads, tokens, dim / heads)."""
        count, dim = keras.ops.shape(tokens)[1], tokens.shape[-1]
        parts = keras.ops.reshape(tokens, (-1, count, self.heads, dim // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def compute_output_shape(self, asking_shape: Shape, asked_shape: Shape) -> Shape:
        """Return (batch, queries, dim)."""
        return asking_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"heads": self.heads, "dropout": self.dropout, "causal": self.causal, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="tabembed")
class PrependToken(keras.layers.Layer):
    """Put a learned token before the others: (batch, tokens, dim) -> (batch, 1 + tokens, dim).

    Args:
        seed: of the token; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Source: Devlin et al. 2019, arXiv 1810.04805, section 3 (the token CLS).
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        """Make the token."""
        dim = input_shape[-1] or 1
        uniform = keras.initializers.RandomUniform(-(dim**-0.5), dim**-0.5, self.seed)
        self.token = self.add_weight(name="token", shape=(dim,), initializer=uniform)

    def call(self, inputs: Any) -> Any:
        """Return the tokens."""
        first = keras.ops.zeros_like(inputs[:, :1]) + self.token
        return keras.ops.concatenate([first, inputs], axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (batch, 1 + tokens, dim)."""
        batch, tokens, dim = input_shape
        return batch, None if tokens is None else tokens + 1, dim

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="tabembed")
class FirstToken(keras.layers.Layer):
    """Keep the first token: (batch, tokens, dim) -> (batch, 1, dim)."""

    def call(self, inputs: Any) -> Any:
        """Return the token."""
        return inputs[:, :1]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (batch, 1, dim)."""
        return input_shape[0], 1, input_shape[-1]


@keras.saving.register_keras_serializable(package="tabembed")
class ReGLU(keras.layers.Layer):
    """Multiply the first half of the values by the ReLU of the second half: (..., width) -> (..., width / 2).

    Source: Shazeer 2020, "GLU Variants Improve Transformer", arXiv 2002.05202, section 2.
    """

    def call(self, inputs: Any) -> Any:
        """Return the products."""
        half = inputs.shape[-1] // 2
        return inputs[..., :half] * keras.ops.relu(inputs[..., half:])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return half the width."""
        return (*input_shape[:-1], (input_shape[-1] or 0) // 2)
