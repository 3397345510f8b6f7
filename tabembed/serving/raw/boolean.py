"""The lookup of a boolean column."""

from __future__ import annotations

__all__ = ["boolean"]

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ...schema.boolean import SPELLINGS
from ...schema.kinds import Boolean
from .base import RawInput, lookup, single


def boolean(kind: Boolean, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return 1, 0 or NaN of text, "" missing."""
    table = lookup(list(SPELLINGS), np.array(list(SPELLINGS.values()), np.float32), np.float32("nan"))
    return single(tf.string, safe[name], table.lookup, table)
