"""The boolean kind: true, false or missing."""

from __future__ import annotations

__all__ = ["SPELLINGS", "Boolean"]

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..io.few import Cells
from .kind import ColumnKind, Part
from .labels import factorize, label_of

SPELLINGS: dict[str, float] = {
    **dict.fromkeys(("True", "true", "TRUE", "1"), 1.0),
    **dict.fromkeys(("False", "false", "FALSE", "0"), 0.0),
}
"""The labels that are read as true and false, in Python and in the exported graph."""


@dataclass(frozen=True)
class Boolean(ColumnKind):
    """A column of true and false; its model branch is one dense value of +1 or -1, 0 where missing.

    Args:
        indicator: whether the column had missing values, so the branch tells them apart; learned.
        true_share: share of true among the present cells; learned.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema(pd.DataFrame({"late": [True, False, True, None]}))
        >>> schema.encode(pd.DataFrame({"late": ["False", None, "1"]}))["late"].tolist()
        [0.0, nan, 1.0]
    """

    indicator: bool = False
    true_share: float | None = None

    key: ClassVar[str] = "boolean"

    @property
    def learned(self) -> bool:
        """Whether the share is there."""
        return self.true_share is not None

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Count true and missing cells."""
        cells = self.encode(values, name)
        missing = int(np.isnan(cells).sum())
        share = float(np.nanmean(cells)) if missing < len(cells) else 0.0
        return replace(self, indicator=missing > 0, true_share=share), missing

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another boolean column."""
        return replace(self, **asdict(previous)) if isinstance(previous, Boolean) else None

    def parts(self, name: str) -> dict[str, Part]:
        """Return the one input of numbers."""
        return {name: Part("float32")}

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n,) float32: 1 true, 0 false, NaN missing."""
        codes, labels = factorize(values, name)
        table = np.full(len(labels) + 1, np.nan, dtype=np.float32)  # the last entry serves code -1
        for at, label in enumerate(labels):
            if label not in SPELLINGS:
                if not (codes == at).any():  # a pandas category may list labels that no row has
                    continue
                row = int(np.argmax(codes == at))
                raise DataError(
                    f"column {name!r} must hold true and false ({', '.join(SPELLINGS)}), however: {label!r} in row "
                    f"{row}; convert it, or declare te.Categorical()"
                )
            table[at] = SPELLINGS[label]
        return table.take(codes)

    def encode_few(self, cells: Cells) -> np.ndarray | None:
        """Return the values of a few plain ones, None where one is neither true nor false."""
        labels = [label_of(cell) for cell in cells]
        if any(label is not None and label not in SPELLINGS for label in labels):
            return None
        return np.array([math.nan if label is None else SPELLINGS[label] for label in labels], np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        return cls(**data)

    def describe(self) -> tuple[str, str]:
        """Return the two labels, and one dense value (two with the indicator)."""
        return "2", "1 + missing" if self.indicator else "1"
