"""Adam for models with large embedding tables: a step costs what the batch costs, not what the tables cost."""

from __future__ import annotations

__all__ = ["RowwiseAdam"]

from typing import Any

import keras
import tensorflow as tf

from ..io.errors import DataError
from .rows import RowGradient, clip_global_norm, clip_norm, clip_value, sum_into_leaders


@keras.saving.register_keras_serializable(package="tabembed")
class RowwiseAdam(keras.optimizers.Adam):
    """Adam that updates only the rows of a table that the batch holds, corrected for the steps they were not in it.

    Args:
        learning_rate: a float, a Keras schedule or a callable.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment.
        epsilon: added to the root of the second moment.
        weight_decay: decoupled; None for none.
        clipnorm: highest norm of each gradient.
        clipvalue: highest size of each entry of a gradient.
        global_clipnorm: highest norm of all gradients together.
        loss_scale_factor: the loss is multiplied by it, the gradients are divided by it.
        name: of the optimizer.
        use_ema: must be False.
        gradient_accumulation_steps: must be None.

    Raises:
        DataError: ``use_ema`` or ``gradient_accumulation_steps`` is asked for.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        loss_scale_factor: float | None = None,
        name: str = "rowwise_adam",
        use_ema: bool = False,
        gradient_accumulation_steps: int | None = None,
    ) -> None:
        if use_ema:
            raise DataError("`use_ema` must be False")
        if gradient_accumulation_steps:
            raise DataError("`gradient_accumulation_steps` must be None")
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            loss_scale_factor=loss_scale_factor,
            name=name,
        )

    def build(self, var_list: Any) -> None:
        """Create the moments, and the last step of each row of what may be a table."""
        if self.built:
            return
        super().build(var_list)
        self._touched = [
            self.add_variable((variable.shape[0],), dtype="int32", name=f"{variable.path.replace('/', '_')}_touched")
            if len(variable.shape) > 1
            else None
            for variable in var_list
        ]

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Apply gradients to variables."""
        wrapped = [RowGradient(grad) if isinstance(grad, tf.IndexedSlices) else grad for grad in grads]
        super().apply(wrapped, trainable_variables)

    def _backend_apply_gradients(self, grads: Any, trainable_variables: Any) -> None:
        plain = [grad.slices if isinstance(grad, RowGradient) else grad for grad in grads]
        clipped = self._clip_gradients(plain)
        dense = [v for g, v in zip(clipped, trainable_variables, strict=True) if not isinstance(g, tf.IndexedSlices)]
        self._apply_weight_decay(dense)
        self._backend_update_step(clipped, trainable_variables, self.learning_rate)

    def _clip_gradients(self, grads: Any) -> Any:
        if self.clipnorm:
            return [clip_norm(grad, self.clipnorm) for grad in grads]
        if self.global_clipnorm:
            return clip_global_norm(grads, self.global_clipnorm)
        if self.clipvalue:
            return [clip_value(grad, self.clipvalue) for grad in grads]
        return grads

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by Adam."""
        touched = self._touched[self._get_variable_index(variable)]
        if touched is not None and isinstance(gradient, tf.IndexedSlices):
            self._update_rows(gradient, variable, learning_rate)
            return
        super().update_step(gradient, variable, learning_rate)
        if touched is not None:
            touched.value.assign(tf.fill(touched.shape, self._step()))

    def _step(self) -> Any:
        return tf.cast(self.iterations.value + 1, tf.int32)

    def _update_rows(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        touched, first, second = (slots[index].value for slots in (self._touched, self._momentums, self._velocities))
        dtype, ids, step = variable.dtype, gradient.indices, self._step()
        last, leaders = _swap_in(touched, ids, step)
        sums, leads = sum_into_leaders(tf.cast(gradient.values, dtype), leaders)
        gap = tf.cast(step - last, tf.float32)[:, None]
        beta_1, beta_2 = (tf.constant(beta, tf.float32) for beta in (self.beta_1, self.beta_2))
        now = tf.cast(step, tf.float32)
        alpha = tf.cast(learning_rate, tf.float32) * tf.sqrt(1 - beta_2**now) / (1 - beta_1**now)
        ratio = beta_1 / tf.sqrt(beta_2)
        alpha = alpha * (1 - ratio**gap) / (1 - ratio)
        keep_1, keep_2 = tf.cast(beta_1**gap, dtype), tf.cast(beta_2**gap, dtype)
        lead = tf.cast(leads, dtype)[:, None]

        m_old, v_old = tf.gather(first, ids), tf.gather(second, ids)
        m_gain = lead * (sums * (1 - self.beta_1) - m_old * (1 - keep_1))
        v_gain = lead * (tf.square(sums) * (1 - self.beta_2) - v_old * (1 - keep_2))
        move = lead * tf.cast(alpha, dtype) * (m_old + m_gain) / (tf.sqrt(v_old + v_gain) + self.epsilon)
        if self.weight_decay is not None and self._use_weight_decay(variable):
            left = (1 - tf.cast(learning_rate, tf.float32) * self.weight_decay) ** gap
            move += lead * tf.cast(1 - left, dtype) * tf.gather(variable, ids)
        first.scatter_add(tf.IndexedSlices(m_gain, ids))
        second.scatter_add(tf.IndexedSlices(v_gain, ids))
        variable.scatter_sub(tf.IndexedSlices(move, ids))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build this optimizer again."""
        config: dict[str, Any] = super().get_config()
        refused = ("use_ema", "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps", "amsgrad")
        return {name: value for name, value in config.items() if name not in refused}


def _swap_in(touched: Any, ids: Any, step: Any) -> tuple[Any, Any]:
    """Read when each id was last touched, mark it as touched now, and name a leader for each id.

    The column itself serves as the blackboard: every position writes its number, one of those of equal ids stays.
    Each write depends on the read before it (by a minimum that is always 0): XLA would copy the column otherwise.
    """
    last = tf.gather(touched, ids)
    positions = tf.range(tf.size(ids)) + tf.minimum(last, 0)
    touched.scatter_update(tf.IndexedSlices(positions, ids))
    leaders = tf.gather(touched, ids)
    touched.scatter_update(tf.IndexedSlices(step + tf.minimum(leaders, 0), ids))
    return last, leaders
