"""Every column kind by its key; a new one is a file, a line here, a branch in ``nn`` and a lookup in ``serving``."""

from __future__ import annotations

__all__ = [
    "KINDS",
    "Boolean",
    "Categorical",
    "ColumnKind",
    "Cross",
    "Datetime",
    "Ignored",
    "LatLon",
    "MultiCategorical",
    "Numeric",
    "Sequence",
    "Text",
]

from .boolean import Boolean
from .categorical import Categorical
from .cross import Cross
from .datetime import Datetime
from .ignored import Ignored
from .kind import ColumnKind
from .latlon import LatLon
from .multi_categorical import MultiCategorical
from .numeric import Numeric
from .sequence import Sequence
from .text import Text

KINDS: dict[str, type[ColumnKind]] = {
    kind.key: kind
    for kind in (
        Categorical,
        Cross,
        Datetime,
        LatLon,
        MultiCategorical,
        Numeric,
        Boolean,
        Sequence,
        Text,
        Ignored,
    )
}
