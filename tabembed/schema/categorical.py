"""The categorical kind: labels with ids, one embedding a column."""

from __future__ import annotations

__all__ = ["Categorical"]

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .dims import DEFAULT_RULE, DIM_RULES, dim_for
from .kind import ColumnKind, TableSpec
from .labels import cells_as_labels
from .vocabulary import FIRST_ID, Vocabulary

_HALF_DROPPED_AT = 100
"""Rows a label; chosen on a table of 30,000 rows with columns of 7,000 labels and on the New York flights
(`benchmarks/many_labels.py`)."""


@dataclass(frozen=True)
class Categorical(ColumnKind):
    """A column of labels; its model branch is one ``Embedding`` and one ``Flatten``.

    Args:
        dim: dimensions of the vectors; None lets ``dim_rule`` choose.
        min_count: labels with fewer rows share the unknown row (and train it).
        max_size: at most so many labels get a row, the most frequent ones.
        dim_rule: ``"fourth_root"`` (the default), ``"half"``, ``"fastai"`` or ``"realmlp"``.
        unknown_rate: share of the cells that count as unknown while training, so that the unknown row learns.
        dropout: share of the rows in which the network's deep layers don't see this column while training; None chooses
            by rows a label, ``1 / (1 + rows / labels / 100)``: 0.5 at a hundred rows a label.
        l2: strength of the prior that keeps a label's vector near zero until its rows say otherwise; 0 for none.
        vocabulary: the labels and counts; ``infer_schema`` fills it in.
        table: the name of a table that several columns share: one vocabulary, the counts summed, and one embedding.
            They must agree on all settings but ``dropout``. None for a table of the column's own.
        ruled: the dim that ``dim_rule`` chose; ``infer_schema`` fills it in. Another ``dim`` set later is declared.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]})
        >>> schema = te.infer_schema(df, kinds={"dest": te.Categorical(dim=3)})
        >>> schema["dest"].labels, schema["dest"].dim
        (['LAX', 'BOS'], 3)
    """

    dim: int | None = None
    min_count: int = 1
    max_size: int | None = None
    dim_rule: str | None = None
    unknown_rate: float = 0.02
    dropout: float | None = None
    l2: float = 30.0
    vocabulary: Vocabulary | None = None
    table: str | None = None
    ruled: int | None = field(default=None, repr=False, compare=False)

    key: ClassVar[str] = "categorical"

    def __post_init__(self) -> None:
        for argument in ("dim", "min_count", "max_size"):
            value = getattr(self, argument)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
                raise DataError(f"`{argument}` must be a whole number of 1 or more, however: {argument}={value!r}")
        if self.table is not None and (not isinstance(self.table, str) or not self.table):
            raise DataError(f"`table` must be a non-empty string or None, however: table={self.table!r}")
        if not 0 <= self.unknown_rate < 1:
            raise DataError(f"`unknown_rate` must be in [0, 1), however: unknown_rate={self.unknown_rate!r}")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise DataError(f"`dropout` must be in [0, 1), however: dropout={self.dropout!r}")
        if not 0 <= self.l2 < math.inf:
            raise DataError(f"`l2` must be a number of 0 or more, however: l2={self.l2!r}")
        if self.dim_rule is not None and self.dim_rule not in DIM_RULES:
            raise DataError(f"`dim_rule` must be one of {', '.join(DIM_RULES)}, however: dim_rule={self.dim_rule!r}")
        if self.vocabulary is None and self.dim is not None and self.dim_rule is not None:
            raise DataError(f"give `dim` or `dim_rule`, not both, however: dim={self.dim}, dim_rule={self.dim_rule!r}")
        if self.dim_rule is not None and self.dim is not None and self.ruled not in (None, self.dim):
            # dataclasses.replace(kind, dim=...) on a dim that a rule had chosen: it is declared from now on.
            vars(self).update(dim_rule=None, ruled=None)

    @property
    def learned(self) -> bool:
        """Whether the vocabulary is there."""
        return self.vocabulary is not None

    @property
    def pinned(self) -> bool:
        """Whether ``dim`` was declared rather than chosen by a rule."""
        return self.dim is not None and self.dim_rule is None

    @property
    def dropout_rate(self) -> float:
        """``dropout``, or the share chosen by rows a label."""
        if self.dropout is not None:
            return self.dropout
        return 1 / (1 + float(self.counts.sum()) / max(1, self.kept) / _HALF_DROPPED_AT)

    @property
    def labels(self) -> list[str]:
        """The labels that have a row, in the order of their ids (2, 3, ...)."""
        vocabulary = self._vocabulary()
        return vocabulary.labels[: vocabulary.kept(self.min_count, self.max_size)]

    @property
    def counts(self) -> np.ndarray:
        """(labels,) int64: how many rows hold each label of ``labels``."""
        return self._vocabulary().counts[: self.kept]

    @cached_property
    def kept(self) -> int:
        """How many labels have a row."""
        return self._vocabulary().kept(self.min_count, self.max_size)

    @property
    def size(self) -> int:
        """Rows of the embedding: the labels, and one each for missing and unknown."""
        return self.kept + FIRST_ID

    def _vocabulary(self) -> Vocabulary:
        if self.vocabulary is None:
            raise DataError(
                "this Categorical has no labels yet: te.infer_schema(data, kinds={column: ...}) learns them"
            )
        return self.vocabulary

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Count the column's labels and choose the dim."""
        vocabulary, missing = self.count(values, name)
        return self.with_vocabulary(vocabulary), missing

    def count(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Vocabulary, int]:
        """Count the labels of some cells; return them and how many cells are missing."""
        return Vocabulary.count(values, name)

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the counts of another column that holds its labels alike."""
        known = previous.vocabulary if isinstance(previous, Categorical) and type(previous) is type(self) else None
        return None if known is None else self.with_vocabulary(known)

    def with_vocabulary(self, vocabulary: Vocabulary) -> Self:
        """Return this kind with other labels, the dim chosen anew unless it was declared."""
        bound = replace(self, vocabulary=vocabulary)
        if self.pinned:
            return bound
        rule = self.dim_rule or DEFAULT_RULE
        dim = dim_for(rule, bound.kept, int(bound.counts.sum()))
        return replace(bound, dim=dim, dim_rule=rule, ruled=dim)

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n,) ids in the smallest integer type that holds them: 0 missing, 1 unknown, 2.. the labels."""
        return self._vocabulary().encode(values, name, self.kept)

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return the column's one embedding."""
        return {name: TableSpec(self.size, "embedding", self.table or name, lambda: (self.labels, self.counts))}

    def read_cells(self, cells: pa.ChunkedArray) -> pa.Array:
        """Read a CSV's cells as this column's labels; see ``cells_as_labels``."""
        return cells_as_labels(cells, self._vocabulary().known)

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments and the vocabulary."""
        return {
            "dim": self.dim,
            "dim_rule": self.dim_rule,
            "min_count": self.min_count,
            "max_size": self.max_size,
            "unknown_rate": self.unknown_rate,
            "dropout": self.dropout,
            "l2": self.l2,
            **({} if self.table is None else {"table": self.table}),
            "vocabulary": None if self.vocabulary is None else self.vocabulary.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        vocabulary = data["vocabulary"]
        ruled = None if data["dim_rule"] is None else data["dim"]
        return cls(**{**data, "vocabulary": None if vocabulary is None else Vocabulary(**vocabulary), "ruled": ruled})

    def describe(self) -> tuple[str, str]:
        """Return how many labels have a row, and the dim with its rule."""
        if self.vocabulary is None:
            return "", str(self.dim or "")
        every, kept = len(self.vocabulary), self.kept
        labels = f"{kept:,}" if kept == every else f"{kept:,} of {every:,}"
        shared = "" if self.table is None else f", table {self.table!r}"
        return labels, f"{self.dim} ({self.dim_rule or 'declared'}){shared}"
