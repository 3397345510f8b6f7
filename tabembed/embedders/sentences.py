"""Rows, or groups of rows, as sentences of tokens: what word2vec, fastText and GloVe read."""

from __future__ import annotations

__all__ = ["Sentences", "Tokens", "group_sentences", "row_sentences"]

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np

from ..schema.ragged import Encoded, Ragged
from ..schema.schema import Schema
from .counted import Group
from .labelled import groups_of, labelled_columns


class Tokens(NamedTuple):
    """The ids of all tables end to end, so that a number says both the table and the label.

    Args:
        groups: the columns of each table.
        starts: (tables + 1,) where each table's ids begin.

    Example:
        >>> Tokens((("dest",), ("from", "to")), np.array([0, 10, 15])).of("to", np.array([2, 3])).tolist()
        [12, 13]
    """

    groups: tuple[Group, ...]
    starts: np.ndarray

    @classmethod
    def learned(cls, schema: Schema) -> Self:
        """Number the ids of a schema's labelled columns."""
        labelled, groups = labelled_columns(schema), groups_of(schema)
        return cls(tuple(groups), np.cumsum([0, *(labelled[group[0]].size for group in groups)]))

    def of(self, column: str, ids: np.ndarray) -> np.ndarray:
        """Return (n,) int64 tokens of a column's ids."""
        at = next(at for at, group in enumerate(self.groups) if column in group)
        return ids.astype(np.int64) + self.starts[at]

    def split(self, rows: np.ndarray) -> dict[Group, np.ndarray]:
        """Return {columns: the rows of their ids} of (tokens, ...).

        Example:
            >>> Tokens((("a",), ("b",)), np.array([0, 1, 3])).split(np.array([7, 8, 9]))
            {('a',): array([7]), ('b',): array([8, 9])}
        """
        return dict(zip(self.groups, np.split(rows, self.starts[1:-1]), strict=True))


class Sentences(NamedTuple):
    """Lists of tokens, of two or more each.

    Args:
        tokens: what the numbers are.
        lists: the sentences.
        ordered: whether the order within them says something.
    """

    tokens: Tokens
    lists: Ragged
    ordered: bool

    @property
    def seen(self) -> np.ndarray:
        """(tokens,) whether a token stands beside another one anywhere."""
        return np.bincount(self.lists.values, minlength=int(self.tokens.starts[-1])) > 0


def row_sentences(tokens: Tokens, encoded: Mapping[str, Encoded]) -> Sentences:
    """Return a sentence a row: the ids of its labelled columns.

    Args:
        tokens: of the columns.
        encoded: {column: (n,) ids}.

    Example:
        >>> tokens = Tokens((("a",), ("b",)), np.array([0, 4, 8]))
        >>> row_sentences(tokens, {"a": np.array([2, 3]), "b": np.array([2, 2])}).lists.padded(0).tolist()
        [[2, 6], [3, 6]]
    """
    cells = np.stack([tokens.of(n, np.asarray(encoded[n])) for group in tokens.groups for n in group], axis=1)
    return Sentences(tokens, _two_or_more(Ragged.of(cells.ravel(), np.full(*cells.shape))), ordered=False)


def group_sentences(
    tokens: Tokens, encoded: Mapping[str, Encoded], numbers: np.ndarray, ranks: np.ndarray | None
) -> Sentences:
    """Return a sentence for each group and column: the column's ids in the rows of the group.

    Args:
        tokens: of the columns.
        encoded: {column: (n,) ids}.
        numbers: (n,) the group of each row, -1 for none.
        ranks: (n,) the order within the groups, or None; rows of one rank stay as they come.

    Example:
        >>> tokens, ids = Tokens((("a",),), np.array([0, 9])), {"a": np.array([2, 3, 4, 5])}
        >>> group_sentences(tokens, ids, np.array([0, 1, 0, -1]), np.array([7, 3, 5, 1])).lists.padded(0).tolist()
        [[4, 2]]
    """
    order = np.argsort(numbers, kind="stable") if ranks is None else np.lexsort((ranks, numbers))
    order = order[int((numbers < 0).sum()) :]
    lengths = np.bincount(numbers[order])
    columns = [name for group in tokens.groups for name in group]
    values = np.concatenate([tokens.of(name, np.asarray(encoded[name])[order]) for name in columns])
    return Sentences(tokens, _two_or_more(Ragged.of(values, np.tile(lengths, len(columns)))), ranks is not None)


def _two_or_more(lists: Ragged) -> Ragged:
    """Return the lists without those of one value: it has nothing beside it."""
    alone = lists.lengths < 2
    return lists[~alone] if alone.any() else lists
