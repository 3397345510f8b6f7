"""The ignored kind: a column set aside, with the reason kept."""

from __future__ import annotations

__all__ = ["Ignored"]

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .kind import ColumnKind, Part


@dataclass(frozen=True)
class Ignored(ColumnKind):
    """A column that the model doesn't see; it may be absent when predicting.

    Args:
        reason: why it was set aside.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["a", "b"], "note": ["x", "y"]})
        >>> schema = te.infer_schema(df, kinds={"note": te.Ignored()})
        >>> list(schema.features)
        ['dest']
    """

    reason: str = "declared"

    key: ClassVar[str] = "ignored"

    @property
    def learned(self) -> bool:
        """An ignored column has nothing to learn."""
        return True

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Count the missing cells only."""
        return self, values.null_count

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Set any column aside."""
        return self

    def parts(self, name: str) -> dict[str, Part]:
        """Return none."""
        return {}

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Refuse: an ignored column has no model input."""
        raise DataError(f"column {name!r} is ignored ({self.reason}) and can't be encoded")

    def to_dict(self) -> dict[str, Any]:
        """Return the reason, beside the column's own (which says what it looked like)."""
        return {"set_aside": self.reason}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        return cls(data["set_aside"])
