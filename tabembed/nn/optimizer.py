"""Adam for models with large embedding tables: a step costs what the batch costs, not what the tables cost."""

from __future__ import annotations

__all__ = ["RowwiseAdam"]

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from .adam_rule import AdamRule
from .dense_update import Dense, update_dense
from .row_gradients import RowGradient, clip_global_norm, clip_norm, clip_value
from .row_update import Table, update_tables
from .stamps import make_stamp

# The update holds no Python loop or branch over tensors; to have AutoGraph read it takes longer than to trace it.
_as_it_is = tf.autograph.experimental.do_not_convert


@keras.saving.register_keras_serializable(package="tabembed")
class RowwiseAdam(keras.optimizers.Adam):
    """Adam that updates only the rows a batch holds, and still moves them as Adam over the whole table would.

    A variable whose gradient is a ``tf.IndexedSlices`` (the table of a ``RowwiseEmbedding``) is updated by scatters
    into the rows of the batch; every other variable is updated by TensorFlow's Adam. No step and no option runs over a
    whole table, but for tables of up to 512 rows, where that is faster; the rows outside the batch keep their bits
    there too.

    A row that was not in the batch for k - 1 steps is brought up to date when it comes again:

    - its moments decay by ``beta_1 ** k`` and ``beta_2 ** k``, to what Adam over the whole table would hold;
    - Adam would have gone on moving it in the steps between, by the tail of its momentum. The row is moved ahead by the
      tail of as many steps as it was away the last time, ``1 + r + ... + r ** (k - 1)`` steps in one with
      ``r = beta_1 / sqrt(beta_2)``. When it comes again the tail of the steps it was away in fact replaces that guess;
    - weight decay is decoupled (AdamW) and comes to ``(1 - learning_rate * weight_decay) ** k``: what Adam would have
      taken off by then, so that how strongly a label is decayed doesn't depend on the batch size. Rows that never come
      again keep what they have.

    With every row in every batch this is Adam. The last step of each row is kept in one int32 a row beside the moments.
    Adam is from Kingma and Ba (arXiv 1412.6980, algorithm 1), decoupled decay from Loshchilov and Hutter
    (arXiv 1711.05101, algorithm 2). That moments without a correction train worse is ``tensorflow#23668``.

    What reads the whole table all the same, since Keras does it: a regularizer or a constraint on the table, and the
    test for infinite gradients of ``keras.optimizers.LossScaleOptimizer``, which ``compile`` puts around the optimizer
    under the policy ``mixed_float16`` (not under ``mixed_bfloat16``); ``compile(auto_scale_loss=False)`` with a
    ``loss_scale_factor`` here avoids it.

    Args:
        learning_rate: a float, a ``keras.optimizers.schedules.LearningRateSchedule`` or a callable.
        beta_1: decay of the first moment, in [0, 1).
        beta_2: decay of the second moment, in (0, 1).
        epsilon: what is added to the root of the second moment.
        weight_decay: decoupled weight decay a step; None for none. ``exclude_from_weight_decay`` works as in Keras.
        clipnorm: the norm each variable's gradient is scaled down to.
        clipvalue: the size each entry of a gradient is cut off at.
        global_clipnorm: the norm all gradients together are scaled down to. Only one of these three can be given. The
            gradients of one label in a batch are summed before.
        loss_scale_factor: what the loss is multiplied by and the gradients are divided by.
        name: of the optimizer, and the prefix of its variables.
        use_ema: refused unless False.
        gradient_accumulation_steps: refused unless None.
        amsgrad: refused unless False.

    Raises:
        DataError: when ``use_ema``, ``gradient_accumulation_steps`` or ``amsgrad`` is asked for, or a beta is out of
            its range.

    Example:
        >>> table = keras.Variable(tf.ones((4, 2)), name="table")
        >>> rows = tf.IndexedSlices(tf.ones((2, 2)), tf.constant([3, 3]), tf.constant([4, 2]))
        >>> RowwiseAdam(0.1).apply([rows], [table])
        >>> [round(value, 3) for value in table.numpy()[:, 0].tolist()]
        [1.0, 1.0, 1.0, 0.9]
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        loss_scale_factor: float | None = None,
        name: str = "rowwise_adam",
        use_ema: bool = False,
        gradient_accumulation_steps: int | None = None,
        amsgrad: bool = False,
    ) -> None:
        _refuse_whole_tables(use_ema, gradient_accumulation_steps, amsgrad)
        _check_betas(beta_1, beta_2)
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
        """Create the moments of every variable, and the stamps of the rows of every one that may be a table.

        Args:
            var_list: the variables to train.
        """
        if self.built:
            return
        super().build(var_list)
        self._stamps = [self._add_stamps(variable) if len(variable.shape) > 1 else None for variable in var_list]

    def _add_stamps(self, variable: Any) -> Any:
        owner = getattr(variable, "path", variable.name).replace("/", "_").replace(":", "_")
        return self.add_variable((variable.shape[0],), dtype="int32", name=f"{owner}_stamp")

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Update the variables by their gradients.

        Args:
            grads: a tensor, a ``tf.IndexedSlices`` or None for each variable.
            trainable_variables: as many variables; None for those the optimizer was built with.
        """
        divisible = [RowGradient(grad) if isinstance(grad, tf.IndexedSlices) else grad for grad in grads]
        super().apply(divisible, trainable_variables)

    def _backend_apply_gradients(self, grads: Any, trainable_variables: Any) -> None:
        grads = self._clip_gradients([grad.slices if isinstance(grad, RowGradient) else grad for grad in grads])
        rate = self.learning_rate  # once: a schedule is some twenty operations
        whole, some = self._split(zip(grads, trainable_variables, strict=True))
        for pairs, update in ((whole, self._update_whole), (some, self._update_tables)):
            if pairs:
                reduced = self._all_reduce_sum_gradients([(grad, getattr(v, "value", v)) for grad, v in pairs])
                merged = tf.__internal__.distribute.interim.maybe_merge_call
                merged(partial(self._everywhere, update), self._distribution_strategy, reduced, rate)

    def _split(self, pairs: Any) -> tuple[list[Any], list[Any]]:
        """Split pairs of gradient and variable into those of all rows and those of some."""
        dense: list[Any] = []
        sparse: list[Any] = []
        for gradient, variable in pairs:
            stamps = self._stamps[self._get_variable_index(variable)]
            by_rows = stamps is not None and isinstance(gradient, tf.IndexedSlices)
            (sparse if by_rows else dense).append((gradient, variable))
        return dense, sparse

    def _clip_gradients(self, grads: Any) -> Any:
        if self.clipnorm and self.clipnorm > 0:
            return [clip_norm(grad, self.clipnorm) for grad in grads]
        if self.global_clipnorm and self.global_clipnorm > 0:
            return clip_global_norm(grads, self.global_clipnorm)
        if self.clipvalue and self.clipvalue > 0:
            return [clip_value(grad, self.clipvalue) for grad in grads]
        return grads

    def _step(self) -> Any:
        return tf.cast(self.iterations + 1, tf.int32)

    def _rule(self, learning_rate: Any) -> AdamRule:
        return AdamRule(self.beta_1, self.beta_2, self.epsilon, self.weight_decay or 0.0, learning_rate)

    def _everywhere(self, update: Any, distribution: Any, grads_and_vars: Any, learning_rate: Any) -> None:
        """Update the variables of each replica (``tf.distribute``)."""
        grads, variables = zip(*grads_and_vars, strict=True)
        distribution.extended.update(variables[0], update, args=(grads, variables, learning_rate), group=False)

    @_as_it_is
    def _update_whole(self, _: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
        """Update all of some variables."""
        pairs = zip(grads, variables, strict=True)
        update_dense([self._dense(grad, one) for grad, one in pairs], self._rule(learning_rate), self._step())

    def _dense(self, gradient: Any, variable: Any) -> Dense:
        index = self._get_variable_index(variable)
        first, second = (slots[index].value for slots in (self._momentums, self._velocities))
        stamps = self._stamps[index]
        decays = self._use_weight_decay(variable)
        whole = tf.convert_to_tensor(gradient)
        return Dense(whole, variable, first, second, None if stamps is None else stamps.value, decays)

    @_as_it_is
    def _update_tables(self, _: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
        """Update the batch's rows of all tables."""
        tables = [self._table(grad, variable) for grad, variable in zip(grads, variables, strict=True)]
        update_tables(tables, self._rule(learning_rate), self._step())

    def _table(self, gradient: Any, variable: Any) -> Table:
        index = self._get_variable_index(variable)
        stamps, first, second = (slots[index].value for slots in (self._stamps, self._momentums, self._velocities))
        return Table(
            gradient.indices, gradient.values, stamps, variable, first, second, self._use_weight_decay(variable)
        )

    def resume(self, other: RowwiseAdam, rows: Mapping[str, np.ndarray]) -> None:
        """Go on from the state of an optimizer of the same variables, some of whose tables had other rows.

        Args:
            other: a built optimizer; may be this one, when a table's rows were put into another order.
            rows: {variable's path: (rows,) which row of the other's table each row was, -1 for a new one}.
        """
        places = {variable.path: at for at, variable in enumerate(other._trainable_variables)}
        step = tf.cast(other.iterations, tf.int32)
        born = int(make_stamp(step, 0))  # or a new row would be decayed for all steps before it was there
        for mine, theirs, empty in (
            (self._momentums, other._momentums, 0),
            (self._velocities, other._velocities, 0),
            (self._stamps, other._stamps, born),
        ):
            for variable, slot in zip(self._trainable_variables, mine, strict=True):
                old = theirs[places[variable.path]] if variable.path in places else None
                if old is not None:
                    slot.assign(_moved(old.numpy(), rows.get(variable.path), empty))
        self.iterations.assign(other.iterations)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that build this optimizer again; the refused ones aren't among them."""
        refused = {"use_ema", "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps", "amsgrad"}
        return {name: value for name, value in super().get_config().items() if name not in refused}


def _moved(values: np.ndarray, rows: np.ndarray | None, empty: int) -> np.ndarray:
    """Return the rows of a slot in their new places."""
    if rows is None:
        return values
    moved: np.ndarray = values[np.maximum(rows, 0)]
    moved[rows < 0] = empty
    return moved


def _refuse_whole_tables(use_ema: bool, gradient_accumulation_steps: int | None, amsgrad: bool) -> None:
    """Refuse what would need a copy of every table that all rows of are updated at each step."""
    if use_ema:
        raise DataError(
            "`use_ema` must be False, since an average of all weights runs over whole tables at every step, "
            f"however: use_ema={use_ema!r}; keras.optimizers.Adam can, for tables small enough for it"
        )
    if gradient_accumulation_steps is not None:
        raise DataError(
            "`gradient_accumulation_steps` must be None, since summed gradients are as large as the tables, "
            f"however: gradient_accumulation_steps={gradient_accumulation_steps!r}; use a larger batch"
        )
    if amsgrad:
        raise DataError(
            "`amsgrad` must be False, since the highest second moment is not defined for rows that were away, "
            f"however: amsgrad={amsgrad!r}"
        )


def _check_betas(beta_1: float, beta_2: float) -> None:
    """Refuse betas for which the correction has no meaning."""
    for name, beta, lowest in (("beta_1", beta_1, "[0"), ("beta_2", beta_2, "(0")):
        if not isinstance(beta, float | int) or not 0 <= beta < 1 or (name == "beta_2" and beta == 0):
            raise DataError(f"`{name}` must be a number in {lowest}, 1), however: {name}={beta!r}")
