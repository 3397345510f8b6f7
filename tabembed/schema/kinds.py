"""Every column kind by its key; a new one is a file, a line here, a branch in ``nn`` and a lookup in ``serving``."""

from __future__ import annotations

__all__ = ["KINDS", "Boolean", "Categorical", "ColumnKind", "Datetime", "Ignored", "Numeric", "Sequence"]

from .boolean import Boolean
from .categorical import Categorical
from .datetime import Datetime
from .ignored import Ignored
from .kind import ColumnKind
from .numeric import Numeric
from .sequence import Sequence

KINDS: dict[str, type[ColumnKind]] = {
    kind.key: kind for kind in (Categorical, Numeric, Datetime, Boolean, Sequence, Ignored)
}
