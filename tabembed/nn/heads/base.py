"""What a head is made of: where its scores start, and what turns them into the target's own terms."""

from __future__ import annotations

__all__ = ["Head"]

from collections.abc import Callable
from typing import Any, NamedTuple


class Head(NamedTuple):
    """The end of a model.

    Args:
        start: one bias for each score.
        link: turns (..., scores) into the prediction; takes the tensor and the prefix of the layers' names.
        gain: what the first weights are multiplied by; below 1 where a large score would be a huge prediction.
    """

    start: list[float]
    link: Callable[[Any, str], Any]
    gain: float = 1.0
