"""The training recipe: split, batch size, schedule, early stopping with the best weights."""

from __future__ import annotations

__all__ = [
    "Recipe",
    "epoch_steps",
    "fit_model",
    "together",
    "train",
    "train_more",
    "worth_xla",
]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from ..schema.targets import AnyTarget
from .cycles import CYCLE, Cycles, cosine, cycle_ends
from .dataset import make_dataset
from .draws import Dropout
from .held_out import RowSplit, hold_out
from .networks import network_of
from .optimizer import RowwiseAdam
from .progress import Progress
from .row_prior import scale_priors
from .seeds import Seeds
from .statistics_lookup import STATISTICS, fed_statistics
from .time_limit import TimeLimit

_TOGETHER = 16
"""The most steps that one call of the train function takes."""
_WORTH_XLA, _WORTH_XLA_DRAWS = 2_000, 500_000_000
"""Training steps from which on XLA saves more time than it takes to compile one, some seconds; or values that dropout
draws for, where steps are heavy: in graphs each operation of its hash is a walk through memory. A step of the default
preset on InstEval (1,024 rows, 2,048 values each) takes 24 ms by graphs and 13 by XLA, which is compiled in 3 s."""
_LEFT_FOR_XLA = 30.0
"""Seconds that a limit of time must leave: what compiles can't be stopped, and takes up to 10 for dozens of columns."""
_WIDE = 50
"""Columns from which on these three bars rise with their number, as the time to compile does: 15 seconds for 140
columns and 45 for 320, where a step of the plain network takes 11 and 30 ms by XLA, 14 and 35 by graphs."""

_FEW_ROWS, _BATCH, _FEW_STEPS, _STEPS, _MOST = 1_000, 128, 12, 50, 1_024
"""From so many rows on a batch has up to 128 of them, as far as that leaves 12 steps an epoch, and more where there are
50 steps then; fewer rows are taken by 50 steps. Five sets of 2,900 to 6,400 rows by 128 a step, not 64 (training rows,
one seed): R2 .438 to .456, AUC .837 to .837, .854 to .855, .733 to .749, .702 to .694."""


@dataclass(frozen=True)
class Recipe:
    """How a model is trained; the defaults are meant to be good without tuning, and are those of the network ``mlp``.

    Args:
        epochs: at most so many passes over the training rows; ``"auto"``: 20, and where these took few steps, still
            helped in their second half and rows are held out to judge by, cycles of twice as many as long as they do.
        batch_size: rows a step; ``"auto"``: 16 up to a thousand rows, then about 12 steps an epoch up to 128 rows a
            step, and from there about 50 up to 1,024. ``"small"``: the same, but 128 up to 51,200 rows.
        learning_rate: the first; it falls to 0 along a cosine (Loshchilov & Hutter 2017, arXiv 1608.03983, section 3).
        weight_decay: decoupled, on touched rows and on the dense weights (Loshchilov & Hutter 2019, arXiv 1711.05101).
        validation_fraction: share of the rows held out to choose the best epoch; 0 for none.
        patience: epochs without a better validation loss, where there are cycles of their mean either, before it stops.
        verbose: 1 for a progress bar, 0 for silence.
    """

    epochs: int | str = 20
    batch_size: int | str = "auto"
    learning_rate: float = 6e-3
    weight_decay: float = 0.02
    validation_fraction: float = 0.1
    patience: int = 5
    verbose: int = 1

    @classmethod
    def of(cls, network: str, **given: Any) -> Self:
        """Return a network's recipe.

        Args:
            network: a name that ``te.build_model`` takes.
            **given: settings; where one is None, the network's own is taken.

        Raises:
            DataError: for a network that doesn't exist, or a setting out of its range.

        Example:
            >>> Recipe.of("resnet", epochs=3, learning_rate=None).learning_rate
            0.001
        """
        own = network_of(network).training
        return cls(**{**own, **{name: value for name, value in given.items() if value is not None}})

    def __post_init__(self) -> None:
        for argument, names in (("epochs", ["auto"]), ("patience", []), ("batch_size", ["auto", "small"])):
            value = getattr(self, argument)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1
            if not whole and value not in names:
                also = f"{', '.join(map(repr, names))} or " if names else ""
                raise DataError(
                    f"`{argument}` must be {also}a whole number of 1 or more, however: {argument}={value!r}"
                )
        for argument in ("learning_rate", "weight_decay", "validation_fraction"):
            value = getattr(self, argument)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise DataError(f"`{argument}` must be a number, however: {argument}={value!r}")
        if not 0 <= self.validation_fraction < 1:
            raise DataError(f"`validation_fraction` must be in [0, 1), however: {self.validation_fraction!r}")
        if not self.learning_rate > 0 or not self.weight_decay >= 0:
            raise DataError(
                f"`learning_rate` must be above 0 and `weight_decay` 0 or more, however: "
                f"learning_rate={self.learning_rate!r}, weight_decay={self.weight_decay!r}"
            )

    def batch_rows(self, rows: int) -> int:
        """Return the rows of a batch for so many training rows.

        Example:
            >>> Recipe().batch_rows(300_000), Recipe().batch_rows(10_000), Recipe(batch_size=7).batch_rows(10)
            (1024, 128, 7)
        """
        if not isinstance(self.batch_size, str):
            return int(self.batch_size)
        most = _BATCH if self.batch_size == "small" and rows < _STEPS * _MOST else _MOST
        few, many = (2 ** int(math.log2(max(1, rows / steps))) for steps in (_FEW_STEPS, _STEPS))
        return max(16, min(_BATCH, few) if rows >= _FEW_ROWS else 0, min(most, many))

    @property
    def cycle(self) -> int:
        """Return the epochs of the first cycle, or of the only one."""
        return CYCLE if isinstance(self.epochs, str) else int(self.epochs)

    def ends(self, steps: int) -> list[int]:
        """Return the epochs after which training may end, for so many steps an epoch."""
        return cycle_ends(steps) if isinstance(self.epochs, str) else [self.cycle]


def epoch_steps(rows: int, batch: int) -> int:
    """Return the steps of an epoch: what the rows fill, and a few more where no call of the train function ends there.

    Where calls end with the epoch one iterator serves all epochs; to make one takes as long as a short epoch.

    Args:
        rows: to train on.
        batch: rows a step.

    Example:
        >>> epoch_steps(10_000, 1_000), epoch_steps(59_000, 1_000), epoch_steps(64_000, 1_000)
        (10, 60, 64)
    """
    least = math.ceil(rows / batch)
    return least + -least % together(least)


def together(steps: int) -> int:
    """Return how many steps one call of the train function takes: if it can be, a divisor."""
    return min(range(min(_TOGETHER, steps), _TOGETHER // 2, -1), key=lambda by: -steps % by, default=steps)


def train(
    model: keras.Model,
    schema: Schema,
    encoded: Mapping[str, Encoded],
    target: np.ndarray,
    recipe: Recipe,
    *,
    random_state: Any = None,
    sample_weight: np.ndarray | None = None,
    split: RowSplit | None = None,
    crossed: np.ndarray | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    compiled: bool = False,
) -> tuple[keras.callbacks.History, np.ndarray]:
    """Compile and fit a model of the schema by the recipe.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.
        encoded: what ``schema.encode`` gave.
        target: what ``schema.encode_target`` gave.
        recipe: the settings.
        random_state: of the split and the batches' order.
        sample_weight: (n,) or None.
        split: the rows to train on and those to hold out; None draws them by ``recipe.validation_fraction``.
        crossed: (n, width) float32 what to train on in place of the model's target statistics; None where it has none.
        callbacks: more of Keras' callbacks.
        compiled: whether an earlier call compiled the model, for as many steps.

    Returns:
        Keras' history and the row numbers that were held out; none where none of them has a weight above 0.
    """
    seeds = Seeds(random_state)
    wanted = schema.need_targets()
    seed = seeds.next()
    training, held = split or hold_out(target, recipe.validation_fraction, sample_weight, seed)
    batch = recipe.batch_rows(len(training))

    part = partial(_part, schema, encoded, target, sample_weight, crossed)
    fed = model if crossed is None else fed_statistics(model)
    steps = epoch_steps(len(training), batch)
    batches = part(training, batch, shuffle=True, seed=seeds.next(), steps=steps)
    # Kept as batches: an iterator of what is there takes a fortieth of the time to start.
    judged = part(held, 8192).cache() if len(held) else None
    history = fit_model(fed, wanted, recipe, (steps, batch), batches, judged, callbacks, compiled=compiled)
    if fed is not model:
        model.compile(fed.optimizer, wanted.loss, loss_weights=wanted.loss_weight)
    return history, held


def fit_model(
    model: keras.Model,
    target: AnyTarget,
    recipe: Recipe,
    epoch: tuple[int, int],
    batches: Any,
    judged: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    *,
    compiled: bool = False,
) -> keras.callbacks.History:
    """Compile a model and fit it on batches by the recipe, wherever these come from.

    Args:
        model: built by ``build_model``.
        target: the schema's.
        recipe: the settings.
        epoch: how many batches there are in an epoch, and of how many rows each.
        batches: a data set, in another order in every epoch; of one epoch, or of all of them without an end.
        judged: a data set of held-out rows that choose the best epoch; None for none.
        callbacks: more of Keras' callbacks.
        compiled: whether an earlier call compiled the model, for as many steps.

    Returns:
        Keras' history.
    """
    steps, batch = epoch
    ends = [recipe.cycle] if judged is None else recipe.ends(steps)
    if not compiled:
        left = min((limit.left for limit in callbacks if isinstance(limit, TimeLimit)), default=math.inf)
        may = left >= _LEFT_FOR_XLA * _times(model)
        rate = cosine(recipe.learning_rate, ends, steps)
        _compile(model, target, recipe, rate, (ends[0], steps, batch), xla=may)
    if judged is not None:
        callbacks = [*callbacks, Cycles(ends, recipe.patience, judged)]
    return _run(model, target, recipe, ends, steps, batches, validation_data=judged, callbacks=callbacks)


def _run(
    model: keras.Model,
    target: AnyTarget,
    recipe: Recipe,
    ends: Sequence[int],
    steps: int,
    batches: Any,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **how: Any,
) -> keras.callbacks.History:
    """Fit with the priors in the unit of the weighed loss, and the progress bar if it is wanted."""
    progress = Progress(ends, steps)
    # At every fit, compiled anew or not: Keras traces again for weights that come or go.
    scale_priors(model, 1 / target.loss_unit)
    try:
        shown = [*callbacks, *([progress] if recipe.verbose else [])]
        endless = batches.cardinality() == tf.data.INFINITE_CARDINALITY
        how["steps_per_epoch"] = steps if endless else None
        return model.fit(batches, epochs=ends[-1], shuffle=False, verbose=0, callbacks=shown, **how)
    finally:
        progress.stop()
        scale_priors(model, target.loss_unit)


def _part(
    schema: Schema,
    encoded: Mapping[str, Encoded],
    target: np.ndarray,
    weights: np.ndarray | None,
    crossed: np.ndarray | None,
    rows: np.ndarray,
    size: int,
    **how: Any,
) -> Any:
    """Return the batches of some rows."""
    columns = {name: array[rows] for name, array in encoded.items()}
    some = None if weights is None else weights[rows]
    beside = {} if crossed is None else {STATISTICS: crossed[rows]}
    return make_dataset(schema, columns, target[rows], size, sample_weight=some, beside=beside, **how)


def train_more(
    model: keras.Model,
    schema: Schema,
    encoded: Mapping[str, Encoded],
    target: np.ndarray,
    recipe: Recipe,
    rate: float,
    *,
    random_state: Any = None,
    sample_weight: np.ndarray | None = None,
) -> keras.callbacks.History:
    """Train a model on all rows once more, at a constant rate; from one such pass to the next the optimizer goes on.

    Args:
        model: built by ``build_model(schema)``, trained or not.
        schema: the same one.
        encoded: what ``schema.encode`` gave.
        target: what ``schema.encode_target`` gave.
        recipe: its batch size, weight decay and verbosity are used.
        rate: the learning rate.
        random_state: of the batches' order.
        sample_weight: (n,) or None.

    Returns:
        Keras' history, of one epoch.
    """
    wanted, rows = schema.need_targets(), np.arange(len(target))
    batch = recipe.batch_rows(len(rows))
    steps = math.ceil(len(rows) / batch)
    if _goes_on(model, recipe):
        model.optimizer.learning_rate = rate
    else:
        _compile(model, wanted, recipe, rate, (1, steps, batch))
    seed = Seeds(random_state).next()
    batches = _part(schema, encoded, target, sample_weight, None, rows, batch, shuffle=True, seed=seed, steps=steps)
    # With an end: a model that goes on takes as many steps a call as it was compiled for, other rows or not.
    return _run(model, wanted, recipe, [1], steps, batches.take(steps))


def _goes_on(model: keras.Model, recipe: Recipe) -> bool:
    """Say whether the optimizer is one of such a pass, and not of a schedule that came to its end."""
    optimizer = getattr(model, "optimizer", None)
    if not isinstance(optimizer, RowwiseAdam) or optimizer.weight_decay != (recipe.weight_decay or None):
        return False
    return not isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)


def _compile(
    model: keras.Model, target: AnyTarget, recipe: Recipe, rate: Any, length: tuple[int, int, int], xla: bool = True
) -> None:
    """Compile for so many epochs of so many batches of so many rows; by XLA where it may be and is worth it."""
    epochs, steps, batch = length
    model.compile(
        RowwiseAdam(rate, weight_decay=recipe.weight_decay or None),
        target.loss,
        loss_weights=target.loss_weight,
        steps_per_execution=together(steps),
        jit_compile=False,
    )
    # Variables that are made while the step is traced make TensorFlow trace it twice.
    model.optimizer.build(model.trainable_variables)
    if xla and worth_xla(model, epochs * steps, batch):
        # The step of validation is made before, without XLA: it runs too seldom to be worth another compilation.
        model.make_test_function()
        model.jit_compile = True


def worth_xla(model: keras.Model, steps: int, batch: int) -> bool:
    """Say whether XLA saves more time than it takes to compile.

    Args:
        model: a functional one.
        steps: batches in all.
        batch: rows of each.
    """
    # XLA compiles for a shape: lists, padded to the longest of each batch, would have it compile again and again.
    if any(None in tensor.shape[1:] for tensor in model.inputs):
        return False
    drawn = sum(math.prod(layer.output.shape[1:]) for layer in model.layers if isinstance(layer, Dropout))
    return max(steps / _WORTH_XLA, steps * batch * drawn / _WORTH_XLA_DRAWS) >= _times(model)


def _times(model: keras.Model) -> float:
    """Return how many times as much as usual must speak for XLA, which compiles for longer where columns are many."""
    return max(1.0, len(model.inputs) / _WIDE)
