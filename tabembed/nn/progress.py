"""A progress bar for ``fit``: one line, the epoch, the losses, the time left."""

from __future__ import annotations

__all__ = ["Progress"]

from collections.abc import Sequence
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress(keras.callbacks.Callback):
    """Draw one bar over all epochs on stderr, with the last training and validation loss.

    Args:
        ends: the epochs after which training may end; the bar is of the next of them.
        steps: of one epoch.
    """

    def __init__(self, ends: Sequence[int], steps: int) -> None:
        super().__init__()
        self._ends, self._steps = ends, steps
        self._bar = Bar(
            TextColumn("fit"),
            BarColumn(),
            TextColumn("epoch {task.fields[epoch]} of {task.total}"),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
        )
        self._epoch = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Show the bar."""
        self._task = self._bar.add_task("fit", total=self._ends[0], epoch=0, losses="")
        self._bar.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar within the epoch."""
        end = next(end for end in self._ends if end > self._epoch)
        self._bar.update(self._task, total=end, completed=self._epoch + min(1.0, (batch + 1) / self._steps))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the epoch's losses."""
        self._epoch = epoch + 1
        known = {"loss": "loss", "val_loss": "validation"}
        losses = "  ".join(f"{text} {logs[key]:.4g}" for key, text in known.items() if logs and key in logs)
        self._bar.update(self._task, completed=self._epoch, epoch=self._epoch, losses=losses)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leave the bar as it stands: an early stop shows the epoch it stopped at."""
        self.stop()

    def stop(self) -> None:
        """Stop drawing and show the cursor; Keras calls no ``on_train_end`` where Ctrl-C or an error ended it."""
        if self._bar.live.is_started:
            self._bar.stop()
