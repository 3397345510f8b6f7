"""Columns of any width as vectors of one length, for networks that compare columns with each other."""

from __future__ import annotations

__all__ = ["ColumnTokens"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="tabembed")
class ColumnTokens(keras.layers.Layer):
    """Turn each column's values into a vector of ``dim`` numbers, by a linear layer of the column's own.

    **Shape**

    - Input: (batch, width), the concatenated columns
    - Output: (batch, columns, dim)

    Args:
        widths: how many values each column has; they sum to ``width``.
        dim: of the vectors.
        bias: whether each column has a bias.
        seed: of the weights; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> tuple(ColumnTokens([3, 1, 3], 8, seed=0)(np.ones((2, 7), "float32")).shape)
        (2, 3, 8)

    Source: Gorishniy et al. 2021, arXiv 2106.11959, section 3.3 (the feature tokenizer); a column of labels brings its
    vector, whose product with the column's matrix is the token's embedding there.
    """

    def __init__(
        self, widths: Sequence[int], dim: int, bias: bool = True, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.widths, self.dim, self.bias, self.seed = list(widths), dim, bias, seed

    @property
    def _of_width(self) -> dict[int, list[int]]:
        """{width: the columns of it}, which are computed as one."""
        return {
            width: [at for at, its in enumerate(self.widths) if its == width] for width in dict.fromkeys(self.widths)
        }

    def build(self, input_shape: Any) -> None:
        """Make a matrix for each column; those of one width lie in one variable."""
        for draw, (width, columns) in enumerate(self._of_width.items()):
            # As `torch.nn.Linear` draws it.
            uniform = keras.initializers.RandomUniform(
                -(width**-0.5), width**-0.5, None if self.seed is None else self.seed + draw
            )
            shape, name = (len(columns), width, self.dim), f"kernel_{width}"
            setattr(self, name, self.add_weight(shape=shape, initializer=uniform, name=name))
        if self.bias:
            uniform = keras.initializers.RandomUniform(
                -(self.dim**-0.5), self.dim**-0.5, None if self.seed is None else self.seed + len(self.widths)
            )
            self.biases = self.add_weight(shape=(len(self.widths), self.dim), initializer=uniform, name="bias")

    def call(self, inputs: Any) -> Any:
        """Return the vectors."""
        ops, ends = keras.ops, np.cumsum(self.widths).tolist()
        groups = [
            ops.einsum(
                "bnw,nwd->bnd",
                ops.stack([inputs[:, ends[at] - width : ends[at]] for at in columns], axis=1),
                getattr(self, f"kernel_{width}"),
            )
            for width, columns in self._of_width.items()
        ]
        tokens = groups[0] if len(groups) == 1 else ops.concatenate(groups, axis=1)
        order = [at for columns in self._of_width.values() for at in columns]
        if order != sorted(order):
            tokens = ops.take(tokens, np.argsort(order), axis=1)
        return tokens + self.biases if self.bias else tokens

    def of_column(self, at: int, values: Any) -> Any:
        """Return the tokens of a column's values alone.

        **Shape**: (rows, width of the column) -> (rows, dim)

        Args:
            at: the column's place.
            values: its part of what ``call`` takes.
        """
        width = self.widths[at]
        kernel = getattr(self, f"kernel_{width}")[self._of_width[width].index(at)]
        tokens = keras.ops.matmul(values, kernel)
        return tokens + self.biases[at] if self.bias else tokens

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, columns, dim)."""
        return input_shape[0], len(self.widths), self.dim

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"widths": self.widths, "dim": self.dim, "bias": self.bias, "seed": self.seed}
        return {**super().get_config(), **own}
