"""Training that ends in time: by the clock, the best weights so far kept."""

from __future__ import annotations

__all__ = ["TimeLimit"]

import time
from numbers import Real
from typing import Any

import keras

from ..io.errors import DataError

_SHARE = 0.9
"""Of the time is for training; the rest is for the metrics."""


class TimeLimit(keras.callbacks.Callback):
    """Stop training when its time is over, or when another epoch would not end before.

    Args:
        seconds: from ``started`` on.
        started: what ``time.monotonic`` gave; None for now.

    Raises:
        DataError: for seconds that aren't above 0.
    """

    def __init__(self, seconds: float, started: float | None = None) -> None:
        super().__init__()
        if isinstance(seconds, bool) or not isinstance(seconds, Real) or not seconds > 0:
            raise DataError(f"`time_limit` must be seconds above 0, or None, however: time_limit={seconds!r}")
        self.ends: float = (time.monotonic() if started is None else started) + _SHARE * float(seconds)
        self.began: float = 0.0

    @classmethod
    def of(cls, seconds: float | None, started: float | None = None) -> list[TimeLimit]:
        """Return the callbacks: none where there is no limit."""
        return [] if seconds is None else [cls(seconds, started)]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note when the epoch began."""
        self.began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop within an epoch."""
        if time.monotonic() >= self.ends:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop before an epoch that would end too late."""
        now = time.monotonic()
        # The first epoch holds the tracing and says little of the next.
        if now + (now - self.began if epoch else 0.0) > self.ends:
            self.model.stop_training = True
