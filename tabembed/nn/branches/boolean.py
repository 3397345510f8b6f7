"""The branch of a boolean column: one value of +1 or -1, missing told apart."""

from __future__ import annotations

__all__ = ["boolean"]

from typing import Any

from ...schema.kinds import Boolean
from ..standardize import Standardize
from .base import Branch


def boolean(branch: Branch, kind: Boolean) -> Any:
    """Return +1 or -1, 0 where missing, (batch, 1), or (batch, 2) with the indicator of missing."""
    return Standardize(0.5, 0.5, kind.indicator, name=f"{branch.safe}.standardize")(branch.input)
