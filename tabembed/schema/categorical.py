"""The categorical kind: labels with ids, one embedding a column."""

from __future__ import annotations

__all__ = ["Categorical"]

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from ..io.few import Cells
from .dims import DEFAULT_RULE, DIM_RULES, dim_for
from .hashing import hash_buckets
from .kind import ColumnKind, TableSpec
from .labels import factorize
from .vocabulary import FIRST_ID, MISSING_ID, Vocabulary, id_type

_HALF_DROPPED_AT = 100
"""Rows a label; chosen on a table of 30,000 rows with columns of 7,000 labels and on the New York flights
(`benchmarks/many_labels.py`)."""


_ONE_HOT = 9
"""Labels up to which ``one_hot=True`` holds; RealMLP's, arXiv 2407.04491, section 3."""

_RARE = {
    "table": None,
    "hash_buckets": None,
    "one_hot": False,
    "embedding_dropout": 0.0,
    "ordered": False,
    "edges": None,
}
"""Settings that the JSON leaves out where they are as usual."""

_BINS = 8
"""Of an ordered column: as many as its numbers have at most."""


@dataclass(frozen=True)
class Categorical(ColumnKind):
    """A column of labels; its model branch is one ``Embedding`` and one ``Flatten``.

    Args:
        dim: dimensions of the vectors; None lets ``dim_rule`` choose.
        min_count: labels with fewer rows share the unknown row (and train it).
        max_size: at most so many labels get a row, the most frequent ones.
        dim_rule: ``"fourth_root"`` (the default), ``"half"``, ``"fastai"``, ``"realmlp"`` or ``"rows"``.
        unknown_rate: share of the cells that count as unknown while training, so that the unknown row learns.
        dropout: share of the rows in which the network's deep layers don't see this column while training; None chooses
            by rows a label, ``1 / (1 + rows / labels / 100)``: 0.5 at a hundred rows a label; 0 in networks without a
            path beside the deep layers (``linear=False``).
        l2: strength of the prior that keeps a label's vector near zero until its rows say otherwise; 0 for none.
        vocabulary: the labels and counts; ``infer_schema`` fills it in.
        table: the name of a table that several columns share: one vocabulary, the counts summed, and one embedding.
            They must agree on all settings but ``dropout``. None for a table of the column's own.
        hash_buckets: a label's id comes from its hash, so that labels never seen have vectors too; those of one bucket
            share it. For open vocabularies; the hash is the same in every process and in the exported graph.
        one_hot: True for a fixed one-hot code in place of vectors up to 9 labels, a number for up to so many. Such a
            column has no table; unseen labels are zeros.
        embedding_dropout: share of the vectors' entries that are dropped while training, for the whole network;
            ``dropout`` drops whole vectors, for its deep layers.
        ordered: whether the labels are numbers whose order tells something, as grades and counts are: the network gets
            the number too, piecewise linear, beside the label's vector.
        edges: the borders of its pieces; ``infer_schema`` fills them in.
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
    hash_buckets: int | None = None
    one_hot: bool | int = False
    embedding_dropout: float = 0.0
    ordered: bool = False
    edges: tuple[float, ...] | None = None
    ruled: int | None = field(default=None, repr=False, compare=False)

    key: ClassVar[str] = "categorical"

    def __post_init__(self) -> None:
        for argument in ("dim", "min_count", "max_size", "hash_buckets"):
            value = getattr(self, argument)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
                raise DataError(f"`{argument}` must be a whole number of 1 or more, however: {argument}={value!r}")
        if self.table is not None and (not isinstance(self.table, str) or not self.table):
            raise DataError(f"`table` must be a non-empty string or None, however: table={self.table!r}")
        if not 0 <= self.unknown_rate < 1:
            raise DataError(f"`unknown_rate` must be in [0, 1), however: unknown_rate={self.unknown_rate!r}")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise DataError(f"`dropout` must be in [0, 1), however: dropout={self.dropout!r}")
        if not 0 <= self.embedding_dropout < 1:
            raise DataError(
                f"`embedding_dropout` must be in [0, 1), however: embedding_dropout={self.embedding_dropout!r}"
            )
        self._check_ids()
        if not 0 <= self.l2 < math.inf:
            raise DataError(f"`l2` must be a number of 0 or more, however: l2={self.l2!r}")
        if self.dim_rule is not None and self.dim_rule not in DIM_RULES:
            raise DataError(f"`dim_rule` must be one of {', '.join(DIM_RULES)}, however: dim_rule={self.dim_rule!r}")
        if self.vocabulary is None and self.dim is not None and self.dim_rule is not None:
            raise DataError(f"give `dim` or `dim_rule`, not both, however: dim={self.dim}, dim_rule={self.dim_rule!r}")
        if self.dim_rule is not None and self.dim is not None and self.ruled not in (None, self.dim):
            # dataclasses.replace(kind, dim=...) on a dim that a rule had chosen: it is declared from now on.
            vars(self).update(dim_rule=None, ruled=None)

    def _check_ids(self) -> None:
        if isinstance(self.one_hot, bool | np.bool_):
            vars(self).update(one_hot=bool(self.one_hot))
        elif not isinstance(self.one_hot, int | np.integer) or self.one_hot < 1:
            raise DataError(f"`one_hot` must be True, False or a number of labels, however: one_hot={self.one_hot!r}")
        others = {"min_count": self.min_count > 1, "max_size": self.max_size is not None, "one_hot": bool(self.one_hot)}
        given = [name for name, here in others.items() if here]
        if self.hash_buckets is not None and given:
            raise DataError(
                f"`hash_buckets` gives every label a row, however: {given[0]}={getattr(self, given[0])!r}; "
                f"leave one out"
            )
        if self.one_hot and self.table is not None:
            raise DataError(f"a one-hot column has no table to share, however: table={self.table!r}; leave one out")
        if not isinstance(self.ordered, bool | np.bool_):
            raise DataError(f"`ordered` must be True or False, however: ordered={self.ordered!r}")
        if self.ordered and self.key != Categorical.key:
            raise DataError(f"`ordered` is for te.Categorical, however: te.{type(self).__name__}(ordered=True)")
        taken = [name for name in ("hash_buckets", "one_hot", "table") if getattr(self, name)]
        if self.ordered and taken:
            raise DataError(
                f"`ordered` is for a column with a row a label, however: {taken[0]}={getattr(self, taken[0])!r}; "
                f"leave one out"
            )

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
        return (self.hash_buckets or self.kept) + FIRST_ID

    @property
    def ids(self) -> np.ndarray:
        """(labels,) int64: the row of each label of ``labels``."""
        return self._ids_of(self.labels) if self.hash_buckets else np.arange(FIRST_ID, self.size)

    @property
    def row_counts(self) -> np.ndarray:
        """(size - 2,) how many rows of data hold a label of each row of the embedding, from id 2 on."""
        if not self.hash_buckets:
            return self.counts
        return np.bincount(self.ids - FIRST_ID, self.counts, minlength=self.hash_buckets).astype(np.int64)

    @property
    def is_one_hot(self) -> bool:
        """Whether there are few enough labels for a one-hot code, if one was asked for."""
        return bool(self.one_hot) and self.kept <= (_ONE_HOT if self.one_hot is True else self.one_hot)

    @property
    def numbers(self) -> np.ndarray:
        """(labels,) float64: the labels of an ordered column as numbers, NaN for what came later and is none."""
        return np.array([_number_of(label) for label in self.labels])

    def in_order(self) -> Self:
        """Return this kind as an ordered one, with borders between which there are about equally many rows.

        Raises:
            DataError: for labels that are no numbers.
        """
        if not np.isfinite(numbers := self.numbers).all():
            raise DataError(
                f"`ordered` is for labels that are numbers, however: the first are "
                f"{', '.join(map(repr, self.labels[:3]))}; leave it out, or let the column hold their places in order"
            )
        order = np.argsort(numbers, kind="stable")
        share = np.cumsum(self.counts[order]) / max(float(self.counts.sum()), 1.0)
        edges = np.unique(numbers[order][np.searchsorted(share, np.linspace(0, 1, _BINS + 1).clip(max=share[-1]))])
        return replace(self, ordered=True, edges=tuple(map(float, edges)))

    def _ids_of(self, labels: Sequence[str]) -> np.ndarray:
        return FIRST_ID + hash_buckets(labels, self.hash_buckets or 1)

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
        """Take the counts of another column that holds its labels alike; a crossed one crosses the same columns."""
        alike = type(previous) is type(self) and previous.sources("") == self.sources("")
        known = getattr(previous, "vocabulary", None) if alike else None
        return None if known is None else self.with_vocabulary(known)

    def with_vocabulary(self, vocabulary: Vocabulary) -> Self:
        """Return this kind with other labels, the dim chosen anew unless it was declared."""
        bound = replace(self, vocabulary=vocabulary)
        if self.pinned:
            return bound
        rule = self.dim_rule or DEFAULT_RULE
        dim = dim_for(rule, min(bound.kept, self.hash_buckets or bound.kept), int(bound.counts.sum()))
        return replace(bound, dim=dim, dim_rule=rule, ruled=dim)

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n,) ids in the smallest integer type that holds them: 0 missing, 1 unknown, 2.. the labels."""
        if not self.hash_buckets:
            return self._vocabulary().encode(values, name, self.kept)
        codes, labels = factorize(values, name)
        return self.id_table(labels)[codes]

    def id_table(self, labels: Sequence[str]) -> np.ndarray:
        """Return (labels + 1,) the ids of labels, and at last the missing one, for code -1."""
        if not self.hash_buckets:
            return self._vocabulary().ids_of(labels, self.kept)
        return np.append(self._ids_of(labels), MISSING_ID).astype(id_type(self.size))

    def encode_few(self, cells: Cells) -> np.ndarray | None:
        """Return the ids of a few plain values; None where hashes of many are as quick."""
        return None if self.hash_buckets else self._vocabulary().encode_few(cells, self.kept)

    def encode_texts(self, cells: Sequence[str | None]) -> np.ndarray:
        """Return the ids of labels as they stand, without a look at their types; None is missing."""
        return self._vocabulary().encode_texts(cells, self.kept)

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return the column's one embedding; a one-hot code is none."""
        if self.is_one_hot:
            return {}
        rows = (lambda: self.ids) if self.hash_buckets else None
        return {name: TableSpec(self.size, "embedding", self.table or name, lambda: (self.labels, self.counts), rows)}

    def text_labels(self, name: str) -> Mapping[str, Container[str]]:
        """Return the column's labels."""
        return {name: self._vocabulary().known}

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
            **{name: value for name, usual in _RARE.items() if (value := getattr(self, name)) != usual},
            "vocabulary": None if self.vocabulary is None else self.vocabulary.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        vocabulary = data["vocabulary"]
        ruled = None if data["dim_rule"] is None else data["dim"]
        edges = None if data.get("edges") is None else tuple(data["edges"])
        learned = {"vocabulary": None if vocabulary is None else Vocabulary(**vocabulary), "edges": edges}
        return cls(**{**data, **learned, "ruled": ruled})

    def describe(self) -> tuple[str, str]:
        """Return how many labels have a row, and the dim with its rule."""
        if self.vocabulary is None:
            return "", str(self.dim or "")
        every, kept = len(self.vocabulary), self.kept
        labels = f"{kept:,}" if kept == every else f"{kept:,} of {every:,}"
        if self.is_one_hot:
            return labels, f"{kept + 1} (one-hot)"
        labels = labels if self.hash_buckets is None else f"{labels} in {self.hash_buckets:,}"
        shared = "" if self.table is None else f", table {self.table!r}"
        return labels, f"{self.dim} ({self.dim_rule or 'declared'}){shared}"


def _number_of(label: str) -> float:
    try:
        number = float(label)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
