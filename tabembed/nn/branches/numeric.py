"""The branch of a column of numbers: standardised, missing told apart."""

from __future__ import annotations

__all__ = ["numeric"]

from typing import Any

from ...schema.kinds import Numeric
from ..standardize import Standardize
from .base import Branch


def numeric(branch: Branch, kind: Numeric) -> Any:
    """Return the standardised value, (batch, 1), or (batch, 2) with the indicator of missing."""
    standard = Standardize(kind.mean or 0.0, kind.scale or 1.0, kind.indicator, name=f"{branch.safe}.standardize")
    return standard(branch.input)
