"""What the embedders share that learn from the labels standing beside a label, in its row or its group of rows."""

from __future__ import annotations

__all__ = ["BesideEmbedder", "check_number", "check_whole"]

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..io.errors import DataError
from ..schema.history import group_numbers, names_of, time_ranks
from ..schema.vocabulary import FIRST_ID
from ..tables.reduce import Axes, principal_axes
from .counted import CountingEmbedder, Group, columns_of
from .labelled import labelled_columns
from .sentences import Sentences, Tokens, group_sentences, row_sentences

WINDOW = 5
"""Neighbours to each side in a sequence; gensim's default."""


class BesideEmbedder(CountingEmbedder):
    """An embedder that reads the table as sentences: rows, or with ``group_by`` the labels of a group of rows.

    All tables are learned in one space of the largest dim; narrower ones are turned onto its principal axes.

    Attributes:
        tables_: {column: EmbeddingTable}, measured by cosines.
        dims_: {column: the dimensions its vectors got}.
        schema_: the ``te.Schema`` of X (not kept by ``save``).
    """

    group_by: str | Sequence[str] | None
    order_by: str | Sequence[str] | None
    window: int | None

    def _sentences(self, X: Any) -> Sentences:
        """Return the table as sentences; sets ``schema_``."""
        self._check_order()
        groups = [] if self.group_by is None else names_of(self.group_by, "group_by")
        times = [] if self.order_by is None else names_of(self.order_by, "order_by")
        table = self._prepared(X, [*groups, *times])
        encoded, tokens = self.schema_.encode(table), Tokens.learned(self.schema_)
        if groups:
            beside = columns_of(table, [*groups, *times])
            ranks = time_ranks(beside, times) if times else None
            sentences = group_sentences(tokens, encoded, group_numbers(beside, groups), ranks)
        else:
            self._check_columns()
            sentences = row_sentences(tokens, encoded)
        if not len(sentences.lists):
            raise DataError(
                f"`group_by` must name columns whose values come in several rows, however: each value of "
                f"{', '.join(map(repr, groups))} comes in one, beside which nothing stands; group by another column"
            )
        return sentences

    def _check_order(self) -> None:
        check_whole("window", self.window, none=True)
        if self.order_by is not None and self.group_by is None:
            raise DataError(
                f"`order_by` needs `group_by`, the column whose equal values make a sequence, however: "
                f"order_by={self.order_by!r} came alone; give group_by= too"
            )
        if self.window is not None and self.order_by is None:
            raise DataError(
                f"`window` counts neighbours in an order, however: window={self.window!r} came without `order_by`; "
                f"give order_by=, or leave the window out"
            )

    def _check_columns(self) -> None:
        labelled = list(labelled_columns(self.schema_))
        if len(labelled) < 2:
            raise DataError(
                f"column {labelled[0]!r} must stand beside another one of labels to learn from, however: there is "
                f"none (n_features = {self.n_features_in_}); give more columns, or say with group_by= which rows "
                f"belong together"
            )

    @property
    def _vector_size(self) -> int:
        """The dims of the space in which all tables are learned."""
        return max(kind.dim or 1 for kind in labelled_columns(self.schema_).values())

    def _finish_rows(self, sentences: Sentences, matrix: np.ndarray) -> dict[Group, Axes]:
        """Set the tables of (tokens, width) vectors; what stood beside nothing gets the mean of its table's labels.

        Returns:
            {columns: the axes onto which the vectors were turned}.
        """
        labelled, seen = labelled_columns(self.schema_), sentences.tokens.split(sentences.seen)
        rows: dict[Group, np.ndarray] = {}
        turned: dict[Group, Axes] = {}
        for group, vectors in sentences.tokens.split(matrix).items():
            kind, here = labelled[group[0]], seen[group]
            learned = here[FIRST_ID:]
            weights = np.where(learned, np.maximum(kind.row_counts, 1), 0)
            mean = weights @ vectors[FIRST_ID:] / max(weights.sum(), 1)
            whole = np.where(here[:, None], vectors, mean)
            turned[group] = _axes(whole[FIRST_ID:], kind.dim or 1)
            rows[group] = turned[group].of(whole)
        self._finish(rows, metric="cosine")
        return turned


def _axes(vectors: np.ndarray, dim: int) -> Axes:
    """Return the axes of the table's own dim; those of the vectors, if it is theirs."""
    width = vectors.shape[1]
    return Axes(np.zeros(width), np.eye(width)) if dim == width else principal_axes(vectors, dim, centred=False)


def check_whole(argument: str, value: Any, none: bool = False) -> None:
    """Refuse what is no whole number of 1 or more.

    Args:
        argument: its name.
        value: what came.
        none: whether it may be None, too.

    Raises:
        DataError: for such a value.

    Example:
        >>> check_whole("epochs", 0, none=True)
        Traceback (most recent call last):
        tabembed.io.errors.DataError: `epochs` must be None or a whole number of 1 or more, however: epochs=0
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1
    if not whole and not (none and value is None):
        wanted = "None or a whole number" if none else "a whole number"
        raise DataError(f"`{argument}` must be {wanted} of 1 or more, however: {argument}={value!r}")


def check_number(argument: str, value: Any) -> None:
    """Refuse what is no number above 0.

    Args:
        argument: its name.
        value: what came.

    Raises:
        DataError: for such a value.

    Example:
        >>> check_number("learning_rate", -1)
        Traceback (most recent call last):
        tabembed.io.errors.DataError: `learning_rate` must be a number above 0, however: learning_rate=-1
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 < value < math.inf:
        raise DataError(f"`{argument}` must be a number above 0, however: {argument}={value!r}")
