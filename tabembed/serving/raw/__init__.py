"""From raw values to the model's inputs, inside the graph: the third face of the column kinds."""

from __future__ import annotations

__all__ = ["RAW_KINDS", "RawInput", "raw_input"]

from collections.abc import Callable, Mapping

from ...schema.kinds import (
    Boolean,
    Categorical,
    ColumnKind,
    Cross,
    Datetime,
    LatLon,
    MultiCategorical,
    Numeric,
    Sequence,
    Text,
)
from .base import RawInput
from .boolean import boolean
from .categorical import categorical
from .cross import cross
from .datetime import datetime
from .latlon import latlon
from .multi_categorical import multi_categorical
from .numeric import numeric
from .sequence import sequence
from .text import text

RAW_KINDS: dict[type[ColumnKind], Callable[..., RawInput]] = {
    Categorical: categorical,
    Cross: cross,
    Datetime: datetime,
    LatLon: latlon,
    Numeric: numeric,
    Boolean: boolean,
    MultiCategorical: multi_categorical,
    Sequence: sequence,
    Text: text,
}


def raw_input(kind: ColumnKind, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return how a column enters the served graph.

    Args:
        kind: learned.
        name: the column's.
        safe: {column: safe name}.
    """
    return RAW_KINDS[type(kind)](kind, name, safe)
