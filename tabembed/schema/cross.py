"""The crossed kind: the labels of two or more columns together are one label."""

from __future__ import annotations

__all__ = ["SEPARATOR", "Cross", "joined", "split"]

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .categorical import Categorical
from .labels import factorize

SEPARATOR = "|"


def joined(labels: Sequence[str]) -> str:
    r"""Return the one label of several; where they hold a ``|`` or ``\`` themselves, a ``\`` stands before it.

    Example:
        >>> joined(["JFK", "LAX"]), joined(["a|b", "c"])
        ('JFK|LAX', 'a\\|b|c')
    """
    return SEPARATOR.join(label.replace("\\", r"\\").replace(SEPARATOR, rf"\{SEPARATOR}") for label in labels)


def split(label: str) -> list[str]:
    r"""Return the labels that ``joined`` joined.

    Example:
        >>> split(joined(["a|b", "\\", ""]))
        ['a|b', '\\', '']
    """
    parts = [""]
    for mark, plain in re.findall(r"\\(.)|(.)", label, re.DOTALL):
        if plain == SEPARATOR:
            parts.append("")
        else:
            parts[-1] += mark or plain
    return parts


@dataclass(frozen=True, init=False)
class Cross(Categorical):
    r"""A column made of others: their labels, joined, are one label, with a vector of its own.

    It is a ``Categorical`` in all else: counts, ``min_count``, ids, table. The columns it reads stay columns of their
    own; where one of them is missing, so is the cross. A label is ``JFK|LAX``, with a ``\`` before a ``|`` or ``\`` of
    the labels themselves. Columns that the schema reads as numbers can't be crossed.

    Args:
        *columns: two or more columns of the data.
        **settings: those of ``Categorical``.

    Raises:
        DataError: for fewer than two columns, one that is named twice, or a setting out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"origin": ["JFK", "JFK", "BOS"], "dest": ["LAX", "LAX", "LAX"]})
        >>> te.infer_schema(df, kinds={"route": te.Cross("origin", "dest", dim=3)})["route"].labels
        ['JFK|LAX', 'BOS|LAX']
    """

    columns: tuple[str, ...] = ()

    key: ClassVar[str] = "cross"
    decisive: ClassVar[tuple[str, ...]] = ("columns",)
    consumes: ClassVar[bool] = False

    def __init__(self, *names: str, columns: Sequence[str] = (), **settings: Any) -> None:
        usual = {each.name: each.default for each in fields(Categorical)}
        unknown = next((name for name in settings if name not in usual), None)
        if unknown is not None:
            raise DataError(
                f"te.Cross takes columns and the settings of te.Categorical, however: {unknown}={settings[unknown]!r}"
            )
        vars(self).update({**usual, **settings, "columns": tuple(names or columns)})
        self.__post_init__()

    def __post_init__(self) -> None:
        super().__post_init__()
        whole = all(isinstance(name, str) for name in self.columns)
        if len(set(self.columns)) < max(2, len(self.columns)) or not whole:
            raise DataError(
                f"te.Cross takes the names of two columns or more, each once, however: {self.columns!r}; as in "
                f"te.Cross('origin', 'dest')"
            )

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the crossed columns."""
        return self.columns

    def cells(self, table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
        """Return the joined labels, (n,) a dictionary of text, null where one of them is missing."""
        codes, parts = factorize(table.column(self.columns[0]), self.columns[0])
        codes = codes.astype(np.int64)
        rows = [(label,) for label in parts]
        for column in self.columns[1:]:
            more, labels = factorize(table.column(column), column)
            pairs = np.where((codes < 0) | (more < 0), -1, codes * max(1, len(labels)) + more)
            held, codes = np.unique(pairs, return_inverse=True)
            first = int(len(held) > 0 and held[0] < 0)
            codes = codes.reshape(-1) - first
            rows = [(*rows[pair // len(labels)], labels[pair % len(labels)]) for pair in held[first:].tolist()]
        # Null where the code is -1.
        indices = pa.array(codes.astype(np.int32), mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array([joined(row) for row in rows], pa.string()))

    def text_labels(self, name: str) -> Mapping[str, Container[str]]:
        """Return the labels of each crossed column that the cross has learned from."""
        found: dict[str, set[str]] = {column: set() for column in self.columns}
        for label in self._vocabulary().labels:
            for column, part in zip(self.columns, split(label), strict=True):
                found[column].add(part)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the columns, the arguments and the vocabulary."""
        return {"columns": list(self.columns), **super().to_dict()}
