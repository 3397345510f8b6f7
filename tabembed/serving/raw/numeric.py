"""A column of numbers enters as it is."""

from __future__ import annotations

__all__ = ["numeric"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.kinds import Numeric
from .base import RawInput, single


def numeric(kind: Numeric, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return float32, NaN missing."""
    return single(tf.float32, safe[name], tf.identity)
