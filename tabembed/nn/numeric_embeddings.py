"""Numbers as vectors: piecewise linear, periodic, and by bucket."""

from __future__ import annotations

__all__ = ["Bucketize", "CosineLinear", "PeriodicLinear", "PiecewiseLinear"]

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ..schema.vocabulary import FIRST_ID, MISSING_ID


class _NumericEmbedding(keras.layers.Layer):
    """Embeds the first ``features`` values and passes what follows (the indicator of missing) on behind them.

    With ``keep`` it passes the values themselves on too.

    **Shape**

    - Input: (batch, features + rest)
    - Output: (batch, dim + rest)
    """

    def __init__(self, dim: int, features: int = 1, seed: int | None = None, keep: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim, self.features, self.seed, self.keep = dim, features, seed, keep

    def call(self, inputs: Any) -> Any:
        """Return the vectors, (batch, dim + rest)."""
        if inputs.shape[-1] == self.features and not self.keep:  # nothing to take apart
            return self.embedded(inputs)
        vectors = self.embedded(inputs[..., : self.features])
        return keras.ops.concatenate([vectors, inputs[..., 0 if self.keep else self.features :]], axis=-1)

    def embedded(self, values: Any) -> Any:
        """Return the vectors of (batch, features) values, (batch, dim)."""
        raise NotImplementedError

    def _uniform(self, name: str, shape: tuple[int, ...], fan_in: int, draw: int) -> Any:
        """Return a weight as ``torch.nn.Linear`` draws it."""
        return self.add_weight(name=name, shape=shape, initializer=self._uniform_at(fan_in, draw))

    def _uniform_at(self, fan_in: int, draw: int) -> keras.initializers.Initializer:
        bound = fan_in**-0.5
        return keras.initializers.RandomUniform(-bound, bound, None if self.seed is None else self.seed + draw)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return (*input_shape[:-1], self.dim + (input_shape[-1] or 0) - (0 if self.keep else self.features))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"dim": self.dim, "features": self.features, "seed": self.seed, "keep": self.keep}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="tabembed")
class PiecewiseLinear(_NumericEmbedding):
    """Piecewise-linear embedding: a linear one, and for every bin how much of it the value has passed, times a vector.

    The vectors of the bins begin at zero, so that it is linear at first. The first bin goes on below and the last one
    above what was seen.

    **Shape**

    - Input: (batch, 1 + rest)
    - Output: (batch, dim + rest)

    Args:
        edges: (bins + 1,) rising borders, in the unit of the input.
        dim: of the vectors.
        seed: of the weights.
        raw_edges: the borders in the column's unit, for a model that is built again; the layer doesn't read them.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> layer = PiecewiseLinear([0.0, 1.0, 3.0], 4, seed=0)
        >>> layer.encoded(np.array([[-1.0], [2.0], [5.0]], "float32")).numpy().tolist()
        [[-1.0, 0.0], [1.0, 0.5], [1.0, 2.0]]
        >>> tuple(layer(np.zeros((2, 1), "float32")).shape)
        (2, 4)

    Source: Gorishniy et al. 2022, arXiv 2203.05556, section 3.2; the linear part is TabM's, arXiv 2410.24210
    (``PiecewiseLinearEmbeddings(version="B", activation=False)`` of ``rtdl_num_embeddings``).
    """

    def __init__(
        self,
        edges: Sequence[float],
        dim: int,
        seed: int | None = None,
        raw_edges: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, seed=seed, **{name: value for name, value in kwargs.items() if name != "features"})
        self.edges = list(edges)
        self.raw_edges = None if raw_edges is None else list(raw_edges)

    def build(self, input_shape: Any) -> None:
        """Make the weights: of the value itself, of a one, and of every bin, in one matrix."""
        self.kernel = self.add_weight(name="kernel", shape=(len(self.edges) + 1, self.dim), initializer=self._start)

    def _start(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return the first weights: what is linear as ``torch.nn.Linear`` draws it, bins at zero."""
        linear = [self._uniform_at(self.dim, draw)((1, self.dim), dtype) for draw in range(2)]
        return keras.ops.concatenate([*linear, keras.ops.zeros((shape[0] - 2, self.dim), dtype)])

    def load_own_variables(self, store: Any) -> None:
        """Load the weights; files of before hold what is linear apart."""
        if len(store) == 3:
            store = {"0": np.concatenate([np.atleast_2d(np.asarray(store[str(at)])) for at in range(3)])}
        super().load_own_variables(store)

    def encoded(self, values: Any) -> Any:
        """Return how much of each bin (batch, 1) values have passed, (batch, bins)."""
        return self._passed(values)[:, 2:]

    def _passed(self, values: Any) -> Any:
        """Return (batch, 1) values, ones, and how much of each bin they have passed, (batch, 2 + bins)."""
        edges = np.asarray(self.edges, np.float64)
        slope = 1 / np.diff(edges)
        low, high = (np.full(2 + len(slope), bound, np.float32) for bound in (-np.inf, np.inf))
        low[3:], high[2:-1] = 0, 1
        slopes = np.concatenate([[1, 0], slope]).astype(np.float32)
        shifts = np.concatenate([[0, 1], -edges[:-1] * slope]).astype(np.float32)
        return keras.ops.minimum(keras.ops.maximum(keras.ops.cast(values, "float32") * slopes + shifts, low), high)

    def embedded(self, values: Any) -> Any:
        """Return the vectors of (batch, 1) values."""
        return keras.ops.matmul(keras.ops.cast(self._passed(values), self.compute_dtype), self.kernel)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "edges": self.edges, "raw_edges": self.raw_edges}


@keras.saving.register_keras_serializable(package="tabembed")
class PeriodicLinear(_NumericEmbedding):
    """Periodic embedding (PLR): cosines and sines of learned frequencies, a linear layer, ReLU.

    **Shape**

    - Input: (batch, features + rest)
    - Output: (batch, dim + rest)

    Args:
        dim: of the vectors.
        frequencies: how many.
        scale: standard deviation of the first frequencies.
        features: how many values together have one vector; each frequency is then a direction.
        seed: of the weights.
        keep: whether the values are passed on too, behind the vector.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> tuple(PeriodicLinear(24, seed=0)(np.zeros((2, 1), "float32")).shape)
        (2, 24)

    Source: Gorishniy et al. 2022, arXiv 2203.05556, section 3.3 (``PeriodicEmbeddings(lite=False)`` of
    ``rtdl_num_embeddings``).
    """

    def __init__(
        self,
        dim: int,
        frequencies: int = 48,
        scale: float = 0.1,
        features: int = 1,
        seed: int | None = None,
        keep: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, features, seed, keep, **kwargs)
        self.frequencies, self.scale = frequencies, scale

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        drawn = keras.initializers.RandomNormal(stddev=self.scale, seed=self.seed)
        self.frequency = self.add_weight(name="frequency", shape=(self.features, self.frequencies), initializer=drawn)
        self.kernel = self._uniform("kernel", (2 * self.frequencies, self.dim), 2 * self.frequencies, 1)
        self.bias = self._uniform("bias", (self.dim,), 2 * self.frequencies, 2)

    def embedded(self, values: Any) -> Any:
        """Return the vectors of (batch, features) values."""
        angles = 2 * math.pi * keras.ops.matmul(values, self.frequency)
        waves = keras.ops.concatenate([keras.ops.cos(angles), keras.ops.sin(angles)], axis=-1)
        return keras.ops.relu(keras.ops.matmul(waves, self.kernel) + self.bias)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "frequencies": self.frequencies, "scale": self.scale}


@keras.saving.register_keras_serializable(package="tabembed")
class CosineLinear(_NumericEmbedding):
    """PBLD embedding: cosines of learned frequencies and phases, a linear layer, and the value itself.

    **Shape**

    - Input: (batch, 1 + rest)
    - Output: (batch, dim + rest); the last of the ``dim`` is the value

    Args:
        dim: of the vectors, 2 or more.
        frequencies: how many.
        scale: standard deviation of the first frequencies.
        seed: of the weights.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> CosineLinear(4, seed=0)(np.array([[7.0]], "float32")).numpy()[0, -1]
        np.float32(7.0)

    Source: Holzmüller et al. 2024, arXiv 2407.04491, section 3 (PBLD).
    """

    def __init__(
        self, dim: int, frequencies: int = 16, scale: float = 0.1, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(dim, seed=seed, **{name: value for name, value in kwargs.items() if name != "features"})
        self.frequencies, self.scale = frequencies, scale

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        drawn = keras.initializers.RandomNormal(stddev=self.scale, seed=self.seed)
        phase = keras.initializers.RandomUniform(-math.pi, math.pi, None if self.seed is None else self.seed + 1)
        self.frequency = self.add_weight(name="frequency", shape=(1, self.frequencies), initializer=drawn)
        self.phase = self.add_weight(name="phase", shape=(self.frequencies,), initializer=phase)
        self.kernel = self._uniform("kernel", (self.frequencies, self.dim - 1), self.frequencies, 2)
        self.bias = self._uniform("bias", (self.dim - 1,), self.frequencies, 3)

    def embedded(self, values: Any) -> Any:
        """Return the vectors of (batch, 1) values."""
        waves = keras.ops.cos(2 * math.pi * keras.ops.matmul(values, self.frequency) + self.phase)
        return keras.ops.concatenate([keras.ops.matmul(waves, self.kernel) + self.bias, values], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "frequencies": self.frequencies, "scale": self.scale}


@keras.saving.register_keras_serializable(package="tabembed")
class Bucketize(keras.layers.Layer):
    """Return the id of the interval that holds each number: 0 missing, 2 the first interval, 3 the second, ...

    **Shape**

    - Input: (batch, 1) float32, NaN where missing
    - Output: (batch, 1) int32

    Args:
        borders: (intervals - 1,) rising; a number at a border is in the upper interval.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> Bucketize([0.5, 2.0])(np.array([[0.0], [0.5], [9.0], [np.nan]], "float32")).numpy()[:, 0].tolist()
        [2, 3, 4, 0]
    """

    def __init__(self, borders: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, **kwargs})
        self.borders = list(borders)

    def call(self, inputs: Any) -> Any:
        """Return the ids, (batch, 1)."""
        passed = keras.ops.cast(inputs >= np.asarray(self.borders, np.float32), "int32")
        ids = keras.ops.sum(passed, axis=-1, keepdims=True) + FIRST_ID
        return keras.ops.where(keras.ops.isnan(inputs), MISSING_ID, ids)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the ids' shape and type."""
        return keras.KerasTensor(inputs.shape, dtype="int32")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "borders": self.borders}
