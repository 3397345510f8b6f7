"""One branch a column: from its model inputs to the values that the network concatenates.

The second face of the column kinds: ``BRANCHES`` holds a builder for each kind that the model sees.
"""

from __future__ import annotations

__all__ = ["BRANCHES", "Branch", "build_branch", "embedding_name", "number_codes", "numbers_name", "prior_weights"]

from collections.abc import Callable
from typing import Any

from ...io.errors import DataError
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
from .base import Branch, embedding_name
from .boolean import boolean
from .categorical import categorical, number_codes, numbers_name, prior_weights
from .datetime import datetime
from .latlon import latlon
from .multi_categorical import multi_categorical
from .numeric import numeric
from .sequence import sequence
from .text import text

BRANCHES: dict[type[ColumnKind], Callable[..., Any]] = {
    Categorical: categorical,
    Cross: categorical,
    Datetime: datetime,
    LatLon: latlon,
    Numeric: numeric,
    Boolean: boolean,
    MultiCategorical: multi_categorical,
    Sequence: sequence,
    Text: text,
}
"""{kind: builder}; it takes a ``Branch`` and its kind and returns what the network concatenates, (batch, width)."""


def build_branch(branch: Branch) -> Any:
    """Return a branch's output, (batch, width).

    Args:
        branch: what it is built from.

    Raises:
        DataError: for a kind that has no branch.
    """
    column = branch.column
    builder = BRANCHES.get(type(column.kind))
    if builder is None:
        raise DataError(
            f"column {column.name!r} is {type(column.kind).__name__}, which has no model branch; "
            f"leave it out with te.Ignored()"
        )
    return builder(branch, column.kind)
