"""Training that ends in time: by the clock, the best weights so far kept."""

from __future__ import annotations

__all__ = ["TimeLimit"]

import time
from collections.abc import Iterator
from numbers import Real
from typing import Any, Self

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
    def rounds(cls, seconds: float | None, started: float | None, most: int) -> Iterator[list[Self]]:
        """Return the callbacks of trainings that follow one another, as many as end in time; none without a limit.

        The first has all the time; another begins where as long is left as the longest before it took.

        Args:
            seconds: of them all, or None.
            started: as in the class.
            most: trainings.
        """
        limit = [] if seconds is None else [cls(seconds, started)]  # refused now, not when the first begins

        def each() -> Iterator[list[Self]]:
            """Yield the callbacks as long as there is time."""
            longest = 0.0
            for _ in range(most):
                began = time.monotonic()
                if limit and longest and longest > limit[0].left:
                    return
                yield limit
                longest = max(longest, time.monotonic() - began)

        return each()

    @property
    def left(self) -> float:
        """Seconds that training may still take."""
        return self.ends - time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note when the epoch began."""
        self.began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop within an epoch."""
        if self.left <= 0:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop before an epoch that would end too late."""
        # The first epoch holds the tracing and says little of the next.
        if (time.monotonic() - self.began if epoch else 0.0) > self.left:
            self.model.stop_training = True
