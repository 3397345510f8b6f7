"""Ensembles in one model: the members' own layers, and a model that trains each member as if it were alone.

A tensor of members is (batch, k, width). While training the model's output holds the members' predictions; the loss is
the mean of their losses. Otherwise its output is their mean, as of any other model.
"""

from __future__ import annotations

__all__ = ["Ensemble", "MemberDense", "MemberMean", "MemberScaling", "model_of"]

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from .traced_once import TabularModel

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="tabembed")
class MemberScaling(keras.layers.Layer):
    """Give each member its own multiples of the values.

    **Shape**

    - Input: (batch, width), the concatenated columns
    - Output: (batch, k, width)

    Args:
        k: members.
        widths: how many values each column has; all of a column start with the same multiple.
        start: how multiples are drawn: "normal" or "random-signs".
        seed: of the draw; None draws anew.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> tuple(MemberScaling(4, [2, 1], seed=0)(np.ones((5, 3), "float32")).shape)
        (5, 4, 3)

    Source: Gorishniy et al. 2025, arXiv 2410.24210, section 3.3 (the adapter R); drawn by column as in its package.
    """

    def __init__(
        self, k: int, widths: Sequence[int], start: str = "normal", seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.k, self.widths, self.start, self.seed = k, list(widths), start, seed

    def build(self, input_shape: Shape) -> None:
        """Draw the multiples."""
        rng = np.random.default_rng(self.seed)
        shape = (self.k, len(self.widths))
        drawn = rng.normal(size=shape) if self.start == "normal" else rng.choice([-1.0, 1.0], shape)
        self.scaling = self.add_weight(name="scaling", shape=(self.k, sum(self.widths)), initializer="ones")
        self.scaling.assign(np.repeat(drawn, self.widths, axis=1).astype(np.float32))

    def call(self, inputs: Any) -> Any:
        """Return the members' values."""
        return inputs[:, None] * self.scaling

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (batch, k, width)."""
        return input_shape[0], self.k, input_shape[-1]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"k": self.k, "widths": self.widths, "start": self.start, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="tabembed")
class MemberDense(keras.layers.Layer):
    """A dense layer of each member's own.

    **Shape**

    - Input: (batch, k, width)
    - Output: (batch, k, units)

    Args:
        units: of the output.
        use_bias: whether there are biases.
        bias_initializer: of each member's bias.
        seed: of the weights; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> tuple(MemberDense(2, seed=0)(np.ones((5, 4, 3), "float32")).shape)
        (5, 4, 2)

    Source: ``tabm.LinearEnsemble``.
    """

    def __init__(
        self,
        units: int,
        use_bias: bool = True,
        bias_initializer: Any = "zeros",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.use_bias, self.seed = units, use_bias, seed
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape: Shape) -> None:
        """Make the weights."""
        _, k, width = input_shape
        bound = (width or 1) ** -0.5
        uniform = keras.initializers.RandomUniform(-bound, bound, self.seed)
        self.kernel = self.add_weight(name="kernel", shape=(k, width, self.units), initializer=uniform)
        if self.use_bias:
            start = keras.ops.convert_to_numpy(self.bias_initializer((self.units,), "float32"))
            self.bias = self.add_weight(name="bias", shape=(k, self.units), initializer="zeros")
            self.bias.assign(np.tile(start, (self.bias.shape[0], 1)))

    def call(self, inputs: Any) -> Any:
        """Return the members' values."""
        values = keras.ops.einsum("bkw,kwu->bku", inputs, self.kernel)
        return values + self.bias if self.use_bias else values

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return (batch, k, units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"units": self.units, "use_bias": self.use_bias, "seed": self.seed}
        initializer = keras.initializers.serialize(self.bias_initializer)
        return {**super().get_config(), **own, "bias_initializer": initializer}


@keras.saving.register_keras_serializable(package="tabembed")
class MemberMean(keras.layers.Layer):
    """Average the members' predictions; while training, leave them as they are, and put those of ``aside`` behind them.

    **Shape**

    - Input: (batch, k, width), or (batch, width) of a network without members; with an aside a list of it and (batch,
      width)
    - Output: (batch, width); while training (batch, k, width), with an aside (batch, k + asides, width)

    Example:
        >>> members = np.array([[[1.0], [3.0]]], "float32")
        >>> MemberMean()(members).numpy().tolist(), tuple(MemberMean()(members, training=True).shape)
        ([[2.0]], (1, 2, 1))
        >>> MemberMean()([members, np.array([[9.0]])], training=True).numpy().tolist()
        [[[1.0], [3.0], [9.0], [9.0], [9.0], [9.0]]]

    Source: Gorishniy et al. 2025, arXiv 2410.24210, section 3.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the mean, or the members."""
        members, *beside = inputs if isinstance(inputs, list | tuple) else [inputs]
        if not training:
            return members if len(members.shape) == 2 else keras.ops.mean(members, axis=1)
        members = members[:, None] if len(members.shape) == 2 else members
        asides = [values[:, None] for values in beside] * _asides(members.shape[1])
        return keras.ops.concatenate([members, *asides], axis=1) if asides else members

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the shape of the mean."""
        members = inputs[0] if isinstance(inputs, list | tuple) else inputs
        return keras.KerasTensor((members.shape[0], members.shape[-1]), self.compute_dtype)


def _asides(members: int) -> int:
    """Return how many times what stands aside counts, twice as much as the members."""
    return 2 * members


def model_of(inputs: Any, outputs: Any, network: str, aside: Any = None) -> keras.Model:
    """Return the functional model of these outputs; where they are members', an ``Ensemble`` whose outputs are means.

    Args:
        inputs: of the model.
        outputs: (batch, width), or of members (batch, k, width); one of them or several by name.
        network: its name.
        aside: (batch, width) what is trained beside and has no say, by name like the outputs; None for nothing.
    """
    name = f"tabembed_{network}"
    if aside is None and len(keras.tree.flatten(outputs)[0].shape) == 2:
        return TabularModel(inputs, outputs, name=name)
    if isinstance(outputs, Mapping):
        means = {key: _mean(values, None if aside is None else aside[key], key) for key, values in outputs.items()}
        return Ensemble(inputs, means, name=name)
    return Ensemble(inputs, _mean(outputs, aside, "head"), name=name)


def _mean(values: Any, aside: Any, name: str) -> Any:
    # float32 also under mixed precision, as the head's.
    return MemberMean(dtype="float32", name=f"{name}.mean")(values if aside is None else [values, aside])


@keras.saving.register_keras_serializable(package="tabembed")
class Ensemble(TabularModel):
    """A functional model of members: each is trained as if it were alone, whatever the loss and the rows' weights.

    Source: Gorishniy et al. 2025, arXiv 2410.24210, section 3.
    """

    @cached_property
    def _beside(self) -> int:
        """How many of the last predictions while training have no say."""
        given = next(layer.input for layer in self.layers if isinstance(layer, MemberMean))
        members = given[0] if isinstance(given, list | tuple) else given
        return _asides(members.shape[1] if len(members.shape) == 3 else 1) if members is not given else 0

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the mean of the members' losses while training, as of one batch that holds each row once a member."""
        k = _members(y_pred)
        if k:
            y_pred = _each(lambda values: keras.ops.reshape(values, (-1, *values.shape[2:])), y_pred)
            y, sample_weight = (
                _each(lambda values: keras.ops.repeat(values, k, axis=0), part) for part in (y, sample_weight)
            )
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Return the metrics of the members' mean."""
        k = _members(y_pred) - self._beside
        if k > 0:
            y_pred = _each(lambda values: keras.ops.mean(values[:, :k], axis=1), y_pred)
        found: dict[str, Any] = super().compute_metrics(x, y, y_pred, sample_weight)
        return found


def _each(change: Callable[[Any], Any], values: Any) -> Any:
    """Return tensors changed one by one; None stays."""
    return keras.tree.map_structure(lambda part: None if part is None else change(part), values)


def _members(predicted: Any) -> int:
    """Return how many members' predictions there are, 0 for their mean."""
    first = keras.tree.flatten(predicted)[0]
    return int(first.shape[1]) if len(first.shape) == 3 else 0
