"""Every column kind by its key; a new one is a file, a line here, a branch in ``nn`` and a lookup in ``serving``."""

from __future__ import annotations

__all__ = ["KINDS", "Boolean", "Categorical", "ColumnKind", "Ignored", "MultiCategorical", "Numeric", "Text"]

from .boolean import Boolean
from .categorical import Categorical
from .ignored import Ignored
from .kind import ColumnKind
from .multi_categorical import MultiCategorical
from .numeric import Numeric
from .text import Text

KINDS: dict[str, type[ColumnKind]] = {
    kind.key: kind
    for kind in (
        Categorical,
        Numeric,
        Boolean,
        MultiCategorical,
        Text,
        Ignored,
    )
}
