"""The multi-categorical kind: a list of labels a row, pooled into one vector."""

from __future__ import annotations

__all__ = ["POOLINGS", "MultiCategorical"]

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pyarrow as pa

from ..io.errors import DataError
from .categorical import Categorical
from .items import Items, items_of, weights_of
from .kind import ColumnKind, Part
from .ragged import Encoded, Ragged
from .vocabulary import Vocabulary

POOLINGS = ("mean", "sum", "max", "attention")


@dataclass(frozen=True)
class MultiCategorical(Categorical):
    """A column of lists of labels; its model branch is one ``Embedding`` and a pooling of each list's vectors.

    A missing cell and an empty list are the table's missing vector; a null or "" in a list is left out; unknown labels
    are the unknown vector. ``min_count`` and ``counts`` count items, not rows. The other arguments are those of
    ``Categorical``; with ``table=`` it may share its table with columns of single labels.

    Args:
        separator: what stands between the labels of a text, such as "|"; None for lists. Nothing is stripped.
        pooling: ``"mean"``, ``"sum"``, ``"max"`` or ``"attention"`` (a learned weight for each label).
        weights: a column of lists of numbers of 0 or more, a weight for each label; a label of weight 0 is left out.
            With a separator also texts of numbers, the same separator between them, as CSV files hold them; a served
            model takes lists.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"genres": [["drama", "crime"], [], ["drama"], None]})
        >>> schema = te.infer_schema(df, kinds={"genres": te.MultiCategorical(dim=3)})
        >>> schema["genres"].labels, schema.inputs(df)["genres"].tolist()
        (['drama', 'crime'], [[2, 3], [0, 0], [2, 0], [0, 0]])
    """

    separator: str | None = None
    pooling: str = "mean"
    weights: str | None = None

    key: ClassVar[str] = "multi_categorical"
    decisive: ClassVar[tuple[str, ...]] = ("separator",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pooling not in POOLINGS:
            raise DataError(f"`pooling` must be one of {', '.join(POOLINGS)}, however: pooling={self.pooling!r}")
        if self.one_hot:
            raise DataError(f"`one_hot` must be False for lists of labels, however: one_hot={self.one_hot!r}")
        for argument in ("separator", "weights"):
            value = getattr(self, argument)
            if value is not None and (not isinstance(value, str) or not value):
                raise DataError(f"`{argument}` must be a non-empty string or None, however: {argument}={value!r}")

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the column, and that of the weights."""
        return (name,) if self.weights is None else (name, self.weights)

    def number_sources(self, name: str) -> tuple[str, ...]:
        """Return the column of the weights."""
        return () if self.weights is None else (self.weights,)

    def parts(self, name: str) -> dict[str, Part]:
        """Return the lists of ids, and those of weights."""
        parts = {name: Part(ragged=True)}
        return parts if self.weights is None else {**parts, self.weights_part(name): Part("float32", ragged=True)}

    @staticmethod
    def weights_part(name: str) -> str:
        """Return the name of the weights' model input; they leave out what this column leaves out."""
        return f"{name}.weights"

    def cells(self, table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
        """Return the lists, or structs of them and their weights."""
        if self.weights is None:
            return table.column(name)
        return table.select([name, self.weights]).to_struct_array()

    def count(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Vocabulary, int]:
        """Count the items; return their vocabulary and how many rows have none."""
        items = self.items(values, name)
        vocabulary, _ = Vocabulary.of_codes(items.codes.values, items.labels)
        return vocabulary, int((items.present.lengths == 0).sum())

    def items(self, values: pa.Array | pa.ChunkedArray, name: str) -> Items:
        """Return the labels of some cells, their weights checked."""
        return self._read(values, name)[0]

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the counts of another column of lists, if its texts were split alike."""
        alike = isinstance(previous, MultiCategorical) and previous.separator == self.separator
        return super().adopt(previous) if alike else None

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> Ragged:  # type: ignore[override]
        """Return lists of ids, in the smallest integer type that holds them: 1 unknown, 2.. the labels."""
        return self._ids(self.items(values, name))

    def encode_parts(self, values: pa.Array | pa.ChunkedArray, name: str) -> dict[str, Encoded]:
        """Return the lists of ids, and those of weights."""
        items, weights = self._read(values, name)
        parts: dict[str, Encoded] = {name: self._ids(items)}
        return parts if weights is None else {**parts, self.weights_part(name): weights}

    def _ids(self, items: Items) -> Ragged:
        table = self.id_table(items.labels)
        codes = items.present
        return Ragged(table[codes.values], codes.offsets)

    def _read(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Items, Ragged | None]:
        if self.weights is None:
            return items_of(values, name, self.separator), None
        labels, weights = _fields(values)
        items = items_of(labels, name, self.separator)
        return items, weights_of(weights, self.weights, items, name, self.separator)

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments and the vocabulary."""
        own = {"separator": self.separator, "pooling": self.pooling, "weights": self.weights}
        return {**super().to_dict(), **own}

    def describe(self) -> tuple[str, str]:
        """Return how many labels have a row, and the dim with its rule and the pooling."""
        labels, dim = super().describe()
        return labels, f"{dim}, {self.pooling}" if dim else self.pooling


def _fields(values: pa.Array | pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return the two columns of structs."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    kinds = [values.type.field(at).type for at in range(2)]
    labels, weights = (pa.chunked_array([chunk.field(at) for chunk in chunks], kinds[at]) for at in range(2))
    return labels, weights
