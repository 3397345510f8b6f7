"""An embedding layer that reads only the rows it looks up, however large its table is."""

from __future__ import annotations

__all__ = ["RowwiseEmbedding"]

from typing import Any

import keras
import tensorflow as tf

from ..io.errors import DataError
from .draws import next_state, uniform_of

MISSING_ID, UNKNOWN_ID, FIRST_LABEL_ID = 0, 1, 2


@keras.saving.register_keras_serializable(package="tabembed")
class RowwiseEmbedding(keras.layers.Embedding):
    """A ``keras.layers.Embedding`` whose step costs what the batch costs, not what the table costs.

    ``keras.layers.Embedding`` reads its whole variable before it gathers. This layer gathers straight from the
    variable; the gradient is a ``tf.IndexedSlices`` of the rows in the batch, which ``RowwiseAdam`` applies to those
    rows only. Everything else (arguments, file format, ids out of range) is as in Keras. A regularizer or a constraint
    on the table works too, but reads all of it at every step.

    While training it can hide labels, so that the missing row and the unknown row are trained where the data seldom or
    never shows them: each id of a label (2 or more) becomes 1 with probability ``unknown_rate`` and 0 with probability
    ``missing_rate``.

    **Shape**

    - Input: integer ids, any shape ``(...)``
    - Output: ``(..., output_dim)`` in the layer's compute dtype

    Args:
        input_dim: rows of the table: the labels, and one row each for missing (0) and unknown (1).
        output_dim: columns of the table.
        unknown_rate: the probability, in [0, 1), that a label is trained as unknown.
        missing_rate: the probability, in [0, 1), that a label is trained as missing.
        seed: of the draws, and of the weights unless an initializer is given; None draws one from the global state.
        embeddings_initializer: as in Keras.
        weights: as in Keras, the initial table (input_dim, output_dim).
        **kwargs: what else ``keras.layers.Embedding`` takes.

    Raises:
        DataError: a rate outside [0, 1), rates that sum to more than 1, a seed that is no int, or a ``missing_rate``
            with ``mask_zero=True``, where row 0 is padding.

    Example:
        >>> layer = RowwiseEmbedding(5, 3, unknown_rate=0.1, seed=0)
        >>> tuple(layer(tf.constant([[2, 4], [0, 1]])).shape)
        (2, 2, 3)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        unknown_rate: float = 0.0,
        missing_rate: float = 0.0,
        seed: int | None = None,
        embeddings_initializer: Any = "uniform",
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        _check_seed(seed)
        if seed is not None and embeddings_initializer == "uniform":
            embeddings_initializer = keras.initializers.RandomUniform(seed=seed)
        super().__init__(input_dim, output_dim, embeddings_initializer, **kwargs)
        _check_rates(unknown_rate, missing_rate, self.mask_zero)
        self.unknown_rate = float(unknown_rate)
        self.missing_rate = float(missing_rate)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if unknown_rate or missing_rate else None
        if weights is not None:  # last, since the layer takes no generator once it is built
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the rows of the ids.

        Args:
            inputs: (...) integer ids.
            training: whether labels may be hidden.

        Returns:
            (..., output_dim) in the compute dtype.
        """
        ids = _as_index(inputs)
        hides = training and self.seed_generator is not None
        ids = self._hide(ids) if hides else _from_the_end(ids, self.input_dim)
        if self.lora_enabled:
            return super().call(ids)
        return tf.cast(tf.gather(self.embeddings.value, ids), self.compute_dtype)

    def _hide(self, ids: Any) -> Any:
        """Replace labels by missing and unknown, at their rates."""
        # Missing takes from unknown the draws below its own rate.
        below = [self.missing_rate, self.missing_rate + self.unknown_rate]
        hidden = _HIDDEN[ids.dtype](ids, self.input_dim, next_state(self.seed_generator), below)
        hidden.set_shape(ids.shape)
        return hidden

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build this layer again."""
        config: dict[str, Any] = super().get_config()
        return {
            **config,
            "unknown_rate": self.unknown_rate,
            "missing_rate": self.missing_rate,
            "seed": self.seed,
        }


def _as_index(ids: Any) -> Any:
    """Give ids a type TensorFlow can index by; unsigned 32 bits and more don't fit the smaller one."""
    ids = tf.convert_to_tensor(ids)
    if ids.dtype in (tf.int32, tf.int64):
        return ids
    return tf.cast(ids, tf.int64 if ids.dtype in (tf.uint32, tf.uint64) else tf.int32)


def _from_the_end(ids: Any, rows: Any) -> Any:
    """Return ids, of which those below 0 count from the table's end, as in Keras."""
    return tf.where(ids < 0, ids + rows, ids)


def _hidden(ids: Any, rows: Any, state: Any, below: Any) -> Any:
    """Return ids, of which labels whose draw is below the first bound are missing, below the second one unknown."""
    ids, drawn = _from_the_end(ids, rows), uniform_of(state, tf.shape(ids))
    hidden = tf.where(drawn < below[1], tf.constant(UNKNOWN_ID, ids.dtype), ids)
    hidden = tf.where(drawn < below[0], tf.constant(MISSING_ID, ids.dtype), hidden)
    return tf.where(ids >= FIRST_LABEL_ID, hidden, ids)


# By type of the ids. A function that stays one is traced and optimized once, not for each of many columns.
_HIDDEN = {
    kind: tf.function(
        _hidden,
        input_signature=[
            tf.TensorSpec(None, kind),
            tf.TensorSpec((), kind),
            tf.TensorSpec((2,), tf.uint32),
            tf.TensorSpec((2,), tf.float32),
        ],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )
    for kind in (tf.int32, tf.int64)
}


def _check_rates(unknown_rate: float, missing_rate: float, mask_zero: bool) -> None:
    """Refuse rates that are no probabilities."""
    for name, rate in (("unknown_rate", unknown_rate), ("missing_rate", missing_rate)):
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise DataError(f"`{name}` must be a number from 0 to below 1, however: {name}={rate!r}")
    if unknown_rate + missing_rate > 1:
        raise DataError(
            "`unknown_rate` and `missing_rate` must sum to at most 1, "
            f"however: unknown_rate={unknown_rate!r}, missing_rate={missing_rate!r}"
        )
    if missing_rate and mask_zero:
        raise DataError(
            "`missing_rate` must be 0 when `mask_zero=True`, since row 0 is padding then, "
            f"however: missing_rate={missing_rate!r}"
        )


def _check_seed(seed: int | None) -> None:
    """Refuse a seed that is no whole number."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise DataError(f"`seed` must be an int or None, however: seed={seed!r}")
