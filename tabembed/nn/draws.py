"""Random numbers for layers: a hash of the place and the step, which XLA computes in vectors.

Keras draws by ``tf.random.stateless_uniform``, which XLA on a processor runs number by number: dropout then takes most
of a training step.
"""

from __future__ import annotations

__all__ = ["Dropout", "uniform"]

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
        [[0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]]

    Source: Srivastava et al. 2014, "Dropout", section 4.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the values, some of them 0 while training."""
        if not training or not self.rate:
            return inputs
        shape = tf.shape(inputs)
        if self.noise_shape is not None:
            shape = tf.stack([shape[at] if size is None else size for at, size in enumerate(self.noise_shape)])
        keep = tf.cast(uniform(shape, self.seed_generator) >= self.rate, inputs.dtype)
        return inputs * (keep / tf.cast(1 - self.rate, inputs.dtype))


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
    state = tf.cast(seed_generator.next(), tf.uint32)
    stride = tf.constant(_STRIDE, tf.uint32)
    numbers = tf.cast(tf.range(tf.reduce_prod(shape)), tf.uint32)
    bits = _mixed(numbers * stride + _mixed(state[0] * stride + state[1]))
    # By way of int32, which processors turn into floats in vectors.
    drawn = tf.cast(tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.int32), tf.float32)
    return tf.reshape(drawn * 2.0**-24, shape)


def _mixed(bits: Any) -> Any:
    """Return uint32 of which each bit depends on all bits of the uint32 given."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        bits ^= tf.bitwise.right_shift(bits, tf.constant(shift, tf.uint32))
        if factor != 1:
            bits *= tf.constant(factor, tf.uint32)
    return bits
