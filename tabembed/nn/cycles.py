"""Training in cycles: where twenty epochs took few steps and were run to their end, another cycle of twice as many.

Small tables of little noise, computers by their parts or cars by their country, have not learned all in twenty epochs.
A longer cosine would do them good and harm the others, which stop by their patience while the rate is still high. So
a cycle begins where the one before helped to its end, from its best weights, and counts if it is better by a hundredth.

While the rate is high the loss of small tables leaps from epoch to epoch, and the best of them is one by chance; the
mean of their weights is judged too (Izmailov et al. 2018, arXiv 1803.05407, section 3; here later epochs count more).
"""

from __future__ import annotations

__all__ = ["CYCLE", "Cycles", "cosine", "cycle_ends"]

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

CYCLE = 20
"""Epochs of the first cycle."""
_TIMES = 2
"""How much longer each cycle is than the one before."""
_CYCLES, _STEPS = 3, 9_000
"""At most so many cycles, and none but the first that would end after so many training steps in all."""
_STILL = 0.05
"""The share of the loss that a cycle's second half must take off for another to begin. Training rows, seed 10: it took
6 to 16 % off where another helped, and less than 1 % off for wages, credit, inspections, teachers and the Olympics."""
_GAIN = 0.01
"""The share of the loss that a cycle must take off. Training rows, seed 10, in one cycle and in more: R2 of computers
.908 to .927, cars .914 to .938, diseases .910 to .916, hotel .953 to .955, storms .914 to .916, AUC of jobs .945 to
.951; thirteen other sets within .001. Without the bar wages fell from .467 to .461, credit from .816 to .807."""

_KEEP = 0.8
"""How much of the mean of a cycle's weights stays when an epoch's are added; until there are five, all count alike.
Training rows, seeds 10 and 11: R2 of loans .425 to .442, .406 to .449, of wages .479 to .481 (11), AUC of jobs .953 to
.953, .962 to .968, of covid .820 to .814, .761 to .760, of credit .808 to .808, .834 to .832; others within .002."""


def cycle_ends(steps: int) -> list[int]:
    """Return the epochs after which a cycle ends.

    Args:
        steps: of an epoch.

    Example:
        >>> cycle_ends(50), cycle_ends(100), cycle_ends(1_000)
        ([20, 60, 140], [20, 60], [20])
    """
    ends, length = [CYCLE], CYCLE
    while len(ends) < _CYCLES and (ends[-1] + (length := length * _TIMES)) * steps <= _STEPS:
        ends.append(ends[-1] + length)
    return ends


def cosine(rate: float, ends: Sequence[int], steps: int) -> Any:
    """Return a learning rate that falls to 0 along a cosine in each cycle.

    Args:
        rate: the first of each cycle.
        ends: the epochs after which a cycle ends.
        steps: of an epoch.

    Source: Loshchilov & Hutter 2017, "SGDR", arXiv 1608.03983, section 3, equation 5.
    """
    schedules = keras.optimizers.schedules
    if len(ends) == 1:
        return schedules.CosineDecay(rate, ends[0] * steps)
    return schedules.CosineDecayRestarts(rate, ends[0] * steps, float(_TIMES))


class Cycles(keras.callbacks.Callback):
    """Begin another cycle where one came to its end and helped until then; else stop. The best weights stay.

    Where there may be several cycles, each epoch's weights have a rival, the mean of the cycle's so far (``_KEEP``).
    Patience waits for either: while the rate is high the mean gets better where no epoch alone does. A first cycle that
    another one will follow comes to its end.

    Args:
        ends: the epochs after which a cycle may end.
        patience: epochs without a better validation loss of the cycle, or of its mean, before it stops; half as many
            more in the next.
        judged: the held-out rows that gave the validation loss, to judge the mean by.
    """

    def __init__(self, ends: Sequence[int], patience: int, judged: Any = None) -> None:
        super().__init__()
        self.ends, self.patience, self.judged = list(ends), patience, judged
        self.several = len(self.ends) > 1
        self.best = self.bar = self.own = self.half = self.least = np.inf
        self.waited = self.start = 0
        self.weights: list[np.ndarray] | None = None
        self.mean: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the weights if they are the best, and end the cycle if it is time."""
        loss = (logs or {}).get("val_loss", np.nan)
        self.waited += 1
        self._judge(loss)
        if self.several:
            self._judge_mean(epoch + 1 - self.start)
        if loss < self.own:
            self.own = loss
        if 2 * (epoch + 1 - self.start) <= self.ends[0] - self.start:
            self.half = self.own
        whole, another = epoch + 1 >= self.ends[0], len(self.ends) > 1 and self._helps()
        if whole and another:
            self._begin()
        elif whole or (self.waited >= self.patience and not (another and self.start == 0)):
            self.model.stop_training = True

    def _judge(self, loss: float) -> None:
        """Keep the model's weights if their loss is the best, and wait anew if it is the cycle's least."""
        if loss < self.least:
            self.least, self.waited = loss, 0
        if loss < min(self.best, self.bar):
            self.best, self.weights = loss, self.model.get_weights()

    def _judge_mean(self, epochs: int) -> None:
        """Add the weights to the mean of the cycle's, of so many epochs then, and keep it if its loss is the best."""
        weights = self.model.get_weights()
        if epochs == 1:
            self.mean = weights
            return
        keep = min(_KEEP, 1 - 1 / epochs)
        # In this form what training leaves alone stays the same to the bit.
        self.mean = [old + (1 - keep) * (new - old) for old, new in zip(self.mean, weights, strict=True)]
        self.model.set_weights(self.mean)
        self._judge(self.model.evaluate(self.judged, verbose=0, return_dict=True)["loss"])
        self.model.set_weights(weights)

    def _helps(self) -> bool:
        """Say whether this cycle was better than the one before, and was so still in its second half."""
        return bool(self.best < self.bar and self.own <= _less(self.half, _STILL))

    def _begin(self) -> None:
        """Begin the next cycle from the best weights."""
        self.start = self.ends.pop(0)
        self.patience += self.patience // 2
        self.bar = _less(self.best, _GAIN)
        self.own = self.half = self.least = np.inf
        self.waited = 0
        self._restore()

    def on_train_end(self, logs: Any = None) -> None:
        """Restore the best weights."""
        self._restore()

    def _restore(self) -> None:
        if self.weights is not None:
            self.model.set_weights(self.weights)


def _less(loss: float, share: float) -> float:
    """Return a loss that is better by a share, whatever its sign."""
    return loss - share * abs(loss)
