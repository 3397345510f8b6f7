"""How much each row counts: by a column of the data, and by its class."""

from __future__ import annotations

__all__ = ["Weights", "class_factors", "weight_cells"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..schema.labels import label_of
from ..schema.numeric import numbers_of
from ..schema.targets import AnyTarget


def class_factors(target: AnyTarget, class_weight: Any) -> np.ndarray | None:
    """Return (classes,) float32: how much a row of each class counts, or None for alike.

    Args:
        target: learned.
        class_weight: None, ``"balanced"`` (as in scikit-learn: rows / (classes * rows of the class)) or
            {class: weight}, 1 for classes that aren't named.

    Raises:
        DataError: for a target without classes that exclude each other, a class that isn't there, a bad weight.

    Example:
        >>> from tabembed.schema.target import Target
        >>> class_factors(Target("late", "binary", classes=(0, 1), counts=(3, 1)), {1: 2.5}).tolist()
        [1.0, 2.5]
    """
    if class_weight is None:
        return None
    if len(target.parts) > 1 or target.parts[0].task not in ("binary", "multiclass", "ordinal"):
        tasks = ", ".join(part.task for part in target.parts)
        raise DataError(
            f"`class_weight` goes with one target of classes, however: {target.name} is {tasks}; use sample_weight"
        )
    one = target.parts[0]
    if isinstance(class_weight, str) and class_weight == "balanced":
        rows = np.maximum(np.asarray(one.counts, np.float64), 1)
        return np.asarray(rows.sum() / (len(rows) * rows), np.float32)
    if not isinstance(class_weight, Mapping):
        raise DataError(f"`class_weight` must be 'balanced' or {{class: weight}}, however: {class_weight!r}")
    labels = [label_of(label) for label in one.classes]
    factors = np.ones(len(labels), np.float32)
    for label, weight in class_weight.items():
        if label_of(label) not in labels:
            raise DataError(
                f"`class_weight` must name classes of target {one.name!r}, {list(one.classes)}, however: {label!r}"
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise DataError(f"`class_weight` must hold numbers of 0 or more, however: {weight!r} for {label!r}")
        factors[labels.index(label_of(label))] = weight
    if not factors.any():
        raise DataError("`class_weight` must not be zero for every class")
    return factors


@dataclass(frozen=True)
class Weights:
    """Weights of rows that are read some at a time.

    Args:
        column: of the data, that holds a weight for each row; None for 1.
        factors: (classes,) what ``class_factors`` gave.

    Example:
        >>> Weights("w").of(pa.table({"w": [1, 2]}), np.zeros(2)).tolist()
        [1.0, 2.0]
    """

    column: str | None = None
    factors: np.ndarray | None = None

    def __bool__(self) -> bool:
        """Say whether rows count differently."""
        return self.column is not None or self.factors is not None

    @property
    def columns(self) -> list[str]:
        """The columns of the data that are read."""
        return [] if self.column is None else [self.column]

    def of(self, table: pa.Table, truth: np.ndarray) -> np.ndarray | None:
        """Return (n,) float32, or None where all rows count alike.

        Args:
            table: holds the column.
            truth: (n,) what ``schema.encode_target`` gave.

        Raises:
            DataError: for a weight that is missing or negative, with its row.
        """
        own = None if self.column is None else weight_cells(table.column(self.column), self.column)
        return self.by_class(own, truth)

    def by_class(self, own: np.ndarray | None, truth: np.ndarray) -> np.ndarray | None:
        """Return the rows' own weights times those of their classes.

        Args:
            own: (n,) or None.
            truth: (n,) positions of the classes.
        """
        if self.factors is None:
            return own
        return self.factors[truth] if own is None else own * self.factors[truth]


def weight_cells(values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
    """Return a column of weights as (n,) float32.

    Raises:
        DataError: for a weight that is missing or negative, with its row.
    """
    numbers = numbers_of(values, name)
    bad = ~(numbers >= 0)
    if bad.any():
        row = int(np.argmax(bad))
        what = "nothing" if np.isnan(numbers[row]) else f"{numbers[row]:g}"
        raise DataError(f"`sample_weight` column {name!r} must hold numbers of 0 or more, however: {what} in row {row}")
    return numbers
