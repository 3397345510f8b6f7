"""Random numbers for layers: a hash of the place and the step, which XLA computes in vectors.

Keras draws by ``tf.random.stateless_uniform``, which XLA on a processor runs number by number: dropout then takes most
of a training step.
"""

from __future__ import annotations

__all__ = ["Dropout", "kept", "next_state", "uniform", "uniform_of"]

from typing import Any

import keras
import tensorflow as tf

_STRIDE = 0x9E3779B9


@keras.saving.register_keras_serializable(package="tabembed")
class Dropout(keras.layers.Dropout):
    """A ``keras.layers.Dropout`` whose masks cost little under ``jit_compile=True``.

    **Shape**

    - Input: any ``(batch, ...)``
    - Output: the same

    Args:
        rate: the share of values that are set to 0 while training; the rest is scaled up.
        noise_shape: as in Keras: 1 where an axis shares its mask.
        seed: of the masks; None draws one from Keras' global state.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> Dropout(0.5, seed=0)(tf.ones((1, 8)), training=True).numpy().tolist()
        [[2.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0, 2.0]]

    Source: Srivastava et al. 2014, "Dropout", section 4.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the values, some of them 0 while training."""
        if not training or not self.rate:
            return inputs
        if self.rate == 1:
            return tf.zeros_like(inputs)
        shape = tf.shape(inputs)
        if self.noise_shape is not None:
            shape = tf.stack([shape[at] if size is None else size for at, size in enumerate(self.noise_shape)])
        keep = kept(shape, 1 - self.rate, self.seed_generator)
        return inputs * (tf.cast(keep, inputs.dtype) * (1 / (1 - self.rate)))


def uniform(shape: Any, seed_generator: Any) -> Any:
    """Draw numbers from [0, 1), others at every call, the same ones again for the same state of the generator.

    Args:
        shape: of the tensor, ints or an int32 tensor; up to 2 ** 32 numbers.
        seed_generator: a ``keras.random.SeedGenerator``, which moves on.

    Returns:
        float32, in steps of 2 ** -24.

    Example:
        >>> first, second = (uniform((2, 3), keras.random.SeedGenerator(7)).numpy() for _ in range(2))
        >>> bool((first == second).all())
        True

    Source: the mixing is MurmurHash3's ``fmix32`` (Appleby, public domain), of a Weyl sequence as in SplitMix (Steele,
    Lea & Flood 2014, figure 15).
    """
    return tf.reshape(_drawn(tf.reduce_prod(shape), next_state(seed_generator)), shape)


def uniform_of(state: Any, shape: Any) -> Any:
    """Return what ``uniform`` draws of a state.

    Args:
        state: (2,) uint32, as ``next_state`` gives it.
        shape: of the tensor, ints or an int32 tensor.
    """
    return tf.reshape(_numbers(tf.reduce_prod(shape), state), shape)


def kept(shape: Any, share: float, seed_generator: Any) -> Any:
    """Draw which of many values stay, others at every call, in a half of what ``uniform`` takes.

    Args:
        shape: of the tensor, ints or an int32 tensor; up to 2 ** 32 values.
        share: of the values that stay, above 0 and below 1; at least 2 ** -16, and in steps of it.
        seed_generator: a ``keras.random.SeedGenerator``, which moves on.

    Returns:
        bool.

    Example:
        >>> kept((2, 3), 0.5, keras.random.SeedGenerator(7)).numpy().tolist()
        [[False, False, True], [True, True, False]]
    """
    count, state = tf.reduce_prod(shape), next_state(seed_generator)
    least = min(max(1, round(share * 2**16)), 2**16 - 1)
    # Two numbers of 16 bits in each hash: the lower half is the first.
    if _under_xla():
        # XLA joins all that goes value by value into one walk through memory, in which to hash twice costs less than
        # to keep the halves: a mask of two million values takes 0.9 ms, not 2.7.
        at = tf.cast(tf.range(count), tf.uint32)
        bits = _hash(tf.bitwise.right_shift(at, _u32(1)), state)
        first = tf.equal(tf.bitwise.bitwise_and(at, _u32(1)), _u32(0))
        return tf.reshape(tf.where(first, tf.bitwise.left_shift(bits, _u32(16)), bits) < _u32(least << 16), shape)
    halves = tf.reshape(tf.bitcast(_hashed((count + 1) // 2, state), tf.uint16), [-1])[:count]
    return tf.reshape(halves < tf.constant(least, tf.uint16), shape)


def next_state(seed_generator: Any) -> Any:
    """Return a generator's state as (2,) uint32, and have it move on.

    Args:
        seed_generator: a ``keras.random.SeedGenerator``; moved as its ``next`` does, in fewer operations.
    """
    state = tf.convert_to_tensor(seed_generator.state.value)  # read before it moves on
    seed_generator.state.value.assign_add([0, 1])
    return tf.cast(state, tf.uint32)


def _numbers(count: Any, state: Any) -> Any:
    """Return (count,) numbers from [0, 1) of a generator's state."""
    # By way of int32, which processors turn into floats in vectors.
    return tf.cast(tf.cast(tf.bitwise.right_shift(_bits(count, state), _u32(8)), tf.int32), tf.float32) * 2.0**-24


def _bits(count: Any, state: Any) -> Any:
    """Return (count,) uint32 of a generator's state."""
    return _hash(tf.cast(tf.range(count), tf.uint32), state)


_OF_COUNT = [tf.TensorSpec((), tf.int32), tf.TensorSpec((2,), tf.uint32)]
# Both as functions of their own, or to trace many columns would take longer.
_drawn, _hashed = (tf.function(draw, autograph=False, input_signature=_OF_COUNT) for draw in (_numbers, _bits))


def _hash(numbers: Any, state: Any) -> Any:
    """Return random uint32 of uint32, others for each of a generator's states."""
    stride = _u32(_STRIDE)
    return _mixed(numbers * stride + _mixed(state[0] * stride + state[1]))


def _mixed(bits: Any) -> Any:
    """Return uint32 of which each bit depends on all bits of the uint32 given."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        bits ^= tf.bitwise.right_shift(bits, _u32(shift))
        if factor != 1:
            bits *= _u32(factor)
    return bits


def _u32(value: int) -> Any:
    return tf.constant(value, tf.uint32)


def _under_xla() -> bool:
    """Say whether what is traced now is for XLA; where TensorFlow doesn't tell, no."""
    graph = tf.compat.v1.get_default_graph()
    while graph is not None:
        context = getattr(graph, "_get_control_flow_context", lambda: None)()
        if context is not None and context.IsXLAContext():
            return True
        graph = getattr(graph, "outer_graph", None)
    return False
