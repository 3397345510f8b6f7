"""The layers of a sequence's branch: which steps are there, attention over them, and the state where there are none."""

from __future__ import annotations

__all__ = ["FoldSteps", "StartState", "StepAttention", "StepInputs", "UnfoldSteps"]

from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="tabembed")
class StepInputs(keras.layers.Layer):
    """Say which steps are there: all up to the last one that has a cell; the rest is padding.

    A step in the middle that misses every cell is there. A batch whose lists are all empty gets one step of padding,
    since a recurrent layer takes no list of length 0.

    **Shape**

    - Input: a list of ids (0 missing) or numbers (NaN missing), each (batch, longest)
    - Output: (batch, longest) bools, then the inputs; at least one step long

    Example:
        >>> import numpy as np
        >>> there, _, _ = StepInputs()([np.array([[0, 2, 0]]), np.array([[np.nan, np.nan, np.nan]], "float32")])
        >>> there.numpy().tolist()
        [[True, True, False]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, **kwargs})

    def call(self, inputs: Any) -> Any:
        """Return which steps are there, and the inputs."""
        padded, present = [], None
        for values in inputs:
            missing = keras.ops.cast(float("nan") if _is_float(values) else 0, values.dtype)
            short = tf.maximum(0, 1 - tf.shape(values)[1])
            cells = tf.pad(values, [[0, 0], [0, short]], constant_values=missing)
            known = ~keras.ops.isnan(cells) if _is_float(values) else cells != 0
            present = known if present is None else present | known
            padded.append(cells)
        behind = keras.ops.cumsum(keras.ops.flip(keras.ops.cast(present, "int32"), axis=1), axis=1)
        return [keras.ops.flip(behind, axis=1) > 0, *padded]

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the shapes and types of the outputs."""
        shape = (inputs[0].shape[0], None)
        return [keras.KerasTensor(shape, "bool"), *(keras.KerasTensor(shape, values.dtype) for values in inputs)]


def _is_float(values: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(values.dtype)


@keras.saving.register_keras_serializable(package="tabembed")
class FoldSteps(keras.layers.Layer):
    """Put the cells of all rows end to end: (batch, longest) -> (batch * longest, 1)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, **kwargs})

    def call(self, inputs: Any) -> Any:
        """Return one long column."""
        return keras.ops.reshape(inputs, (-1, 1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output."""
        return (None, 1)


@keras.saving.register_keras_serializable(package="tabembed")
class UnfoldSteps(keras.layers.Layer):
    """Give each row its steps back: (batch * longest, width) and any (batch, longest) -> (batch, longest, width)."""

    def call(self, values: Any, like: Any) -> Any:
        """Return the values as they stand in ``like``."""
        rows, steps = keras.ops.shape(like)[:2]
        return keras.ops.reshape(values, (rows, steps, values.shape[-1]))

    def compute_output_shape(self, values_shape: Shape, like_shape: Shape) -> Shape:
        """Return the shape of the output."""
        return (*like_shape[:2], values_shape[-1])


@keras.saving.register_keras_serializable(package="tabembed")
class StartState(keras.layers.Layer):
    """Put a learned vector where a row has no step; at first it is 0.

    **Shape**

    - Input: states (batch, units) and which steps are there (batch, longest)
    - Output: (batch, units)
    """

    def build(self, state_shape: Shape, there_shape: Shape) -> None:
        """Make the vector."""
        self.start = self.add_weight(shape=(state_shape[-1],), initializer="zeros", name="start")

    def call(self, state: Any, there: Any) -> Any:
        """Return the states."""
        return keras.ops.where(keras.ops.any(there, axis=1, keepdims=True), state, self.start)

    def compute_output_shape(self, state_shape: Shape, there_shape: Shape) -> Shape:
        """Return the shape of the output."""
        return state_shape


@keras.saving.register_keras_serializable(package="tabembed")
class StepAttention(keras.layers.Layer):
    """Average the steps by learned weights; how long ago each one was is a value of the step.

    **Shape**

    - Input: steps (batch, longest, width), and which of them are there (batch, longest)
    - Output: (batch, units), 0 where a row has no step

    Args:
        units: values of the output.
        dropout: share of a step's values dropped while training.
        seed: of the weights and the draws; None takes one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> import numpy as np
        >>> StepAttention(4, seed=0)(np.ones((2, 3, 5), "float32"), np.ones((2, 3), bool)).shape
        TensorShape([2, 4])

    Source: Raffel & Ellis 2015, "Feed-Forward Networks with Attention Can Solve Some Long-Term Memory Problems", arXiv
    1512.08756, section 2; the place in time is added.
    """

    def __init__(self, units: int, dropout: float = 0.0, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.dropout, self.seed = units, dropout, seed
        glorot = [keras.initializers.GlorotUniform(seed=None if seed is None else seed + at) for at in range(2)]
        self._values = keras.layers.Dense(units, "tanh", kernel_initializer=glorot[0], name="values")
        self._scores = keras.layers.Dense(1, use_bias=False, kernel_initializer=glorot[1], name="scores")
        self._drop = keras.layers.Dropout(dropout, seed=seed)

    def build(self, steps_shape: Shape, there_shape: Shape) -> None:
        """Build the two dense layers."""
        self._values.build((*steps_shape[:-1], (steps_shape[-1] or 0) + 1))
        self._scores.build((*steps_shape[:-1], self.units))

    def call(self, steps: Any, there: Any, training: bool | None = None) -> Any:
        """Return the weighted mean of the steps."""
        there = keras.ops.cast(there, steps.dtype)
        behind = keras.ops.flip(keras.ops.cumsum(keras.ops.flip(there, axis=1), axis=1), axis=1)
        placed = keras.ops.concatenate([steps, keras.ops.log(1 + behind)[..., None]], axis=-1)
        values = self._values(self._drop(placed, training=training))
        scores = keras.ops.where(there > 0, self._scores(values)[..., 0], -1e4)
        # Not `ops.softmax`, which warns of lists that are one step long.
        weights = keras.ops.exp(scores - keras.ops.max(scores, axis=1, keepdims=True)) * there
        weights = weights / keras.ops.maximum(keras.ops.sum(weights, axis=1, keepdims=True), 1e-7)
        return keras.ops.sum(values * weights[..., None], axis=1)

    def compute_output_shape(self, steps_shape: Shape, there_shape: Shape) -> Shape:
        """Return the shape of the output."""
        return (steps_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "units": self.units, "dropout": self.dropout, "seed": self.seed}
