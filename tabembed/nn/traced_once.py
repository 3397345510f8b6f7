"""Models whose steps are traced once, where Keras traces a function within branches within a loop within a function."""

from __future__ import annotations

__all__ = ["TabularModel", "TracedOnce"]

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from .garbage import old_objects_alone

Logs = dict[str, Any]
Step = Callable[[Any], Logs]
"""A step of Keras' trainer: takes a batch, gives the metrics."""
Steps = Callable[[Any], Logs]
"""What Keras calls ``train_function`` or ``test_function``: takes the steps of a call from an iterator."""


class TracedOnce:
    """Traces the steps that ``fit`` and ``evaluate`` take in one call as one loop; stands before ``keras.Model``.

    Keras' own loop hands each variable on through five graphs: the function, the loop, its branches for a batch that is
    there and for none, and the step. A model of twelve columns has 74 variables with its optimizer's; their handing on
    took a quarter of the time before the first step.

    Batches, metrics, callbacks, ``steps_per_execution`` and ``jit_compile`` are as ever. Steps that run eagerly, are
    unrolled, take batches one by one (``train_on_batch``) or run on several devices are left to Keras.
    """

    def make_train_function(self: Any, force: bool = False) -> Steps:
        """Return what takes the training steps of a call; see ``keras.Model``."""
        if self.train_function is None or force:
            super().make_train_function(force)  # type: ignore[misc]
            self.train_function = _traced_once(self, self.train_step, self.train_function)
        return self.train_function

    def make_test_function(self: Any, force: bool = False) -> Steps:
        """Return what takes the steps of a call without training; see ``keras.Model``."""
        if self.test_function is None or force:
            super().make_test_function(force)  # type: ignore[misc]
            self.test_function = _traced_once(self, self.test_step, self.test_function)
        return self.test_function

    def _aggregate_additional_loss(self: Any, loss: Any) -> Any:
        """Return what a layer adds to the loss; a number needs no sum, which takes six operations a layer."""
        alone = tf.distribute.get_strategy().num_replicas_in_sync == 1
        if alone and tf.is_tensor(loss) and loss.shape.rank == 0 and loss.dtype.is_floating:
            return loss
        return super()._aggregate_additional_loss(loss)  # type: ignore[misc]


@keras.saving.register_keras_serializable(package="tabembed")
class TabularModel(TracedOnce, keras.Model):
    """A functional ``keras.Model`` like any other, but that its steps are traced once.

    Example:
        >>> rows = keras.Input((2,))
        >>> model = TabularModel(rows, keras.layers.Dense(1)(rows))
        >>> model.compile("adam", "mse")
        >>> len(model.fit(tf.zeros((8, 2)), tf.zeros((8, 1)), verbose=0).history["loss"])
        1
    """


def _traced_once(model: Any, step: Step, by_keras: Steps) -> Steps:
    """Return a function that takes the steps of a call in one loop, where that can be."""
    if model.run_eagerly or model.unrolled_steps_per_execution != 1:
        return by_keras
    together, none = model.steps_per_execution, tf.experimental.Optional.empty
    take = tf.function(step, autograph=False, reduce_retracing=True, jit_compile=True) if model.jit_compile else step

    @old_objects_alone()
    def steps(batches: tf.data.Iterator) -> tuple[Any, Logs]:
        """Return how many steps were taken, fewer where the batches end, and the metrics after them."""

        def there(taken: Any, batch: Any) -> Any:
            """Return whether there is another step to take."""
            return (taken < together) & batch.has_value()

        def take_one(taken: Any, batch: Any) -> tuple[Any, Any]:
            """Take a step, and return how many were taken and the next batch."""
            take(keras.tree.map_structure(_none_for_optional, batch.get_value()))
            taken += 1
            # A batch that is fetched and not taken would be lost to the next call.
            return taken, tf.cond(taken < together, batches.get_next_as_optional, lambda: none(batches.element_spec))

        taken, _ = tf.while_loop(there, take_one, (0, batches.get_next_as_optional()))
        return taken, model.get_metrics_result()

    # As a function TensorFlow would know it from the model before, and warn that it is traced again.
    traced = tf.function(partial(steps), autograph=False, reduce_retracing=True)

    def of_call(batches: Any) -> Logs:
        """Return the metrics after the steps of a call."""
        if not isinstance(batches, tf.data.Iterator):
            return by_keras(batches)
        taken, logs = traced(batches)
        if not taken:
            raise StopIteration  # Keras' word for it
        return logs

    return of_call


def _none_for_optional(part: Any) -> Any:
    """Return None for the Optional by which Keras hands a None through a data set, else the part itself."""
    return None if isinstance(part, tf.experimental.Optional) else part
