"""What a network starts from: the concatenated branches, and which value belongs to which column."""

from __future__ import annotations

__all__ = ["Joined"]

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Joined:
    """The concatenated branches.

    Args:
        values: (batch, sum of the widths).
        widths: how many values each column has.
        dropout: the share of rows in which deep layers should not see each column.
    """

    values: Any
    widths: tuple[int, ...]
    dropout: tuple[float, ...]
