"""Rows as the ONNX graph takes them."""

from __future__ import annotations

__all__ = ["Feeds"]

from collections.abc import Callable, Container, Iterator, Mapping
from functools import partial
from itertools import count, pairwise
from typing import Any, TypeAlias

import numpy as np

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
from ...schema.labels import factorize
from ...schema.ragged import Encoded, Ragged
from ...schema.schema import Schema
from .takes import Take, takes_of_kind

Reader: TypeAlias = Callable[[Mapping[str, Encoded]], Encoded]
_FILL: Mapping[str, Any] = {"string": "", "float32": np.nan, "int32": 0}


class Feeds:
    """Turns data into the graph's inputs.

    ``Schema.encode`` is the one reader of cells, here as everywhere; a label goes to the graph as the text that its id
    stands for, a label without an id as a text that is no label.

    Args:
        schema: of the model.
        takes: {input name: what it takes}.
    """

    def __init__(self, schema: Schema, takes: Mapping[str, Take]) -> None:
        self._schema, self._takes = schema, takes
        self._readers: dict[Take, Reader] = {}
        self._crossed: dict[Take, str] = {}
        for name, kind in schema.features.items():
            own = takes_of_kind(kind, name)
            if isinstance(kind, Cross) and not kind.hash_buckets:
                # The labels of a crossed column aren't those of the cross: they are read as they stand.
                self._crossed |= {take: take.column for take in own}
            else:
                self._readers |= zip(own, _READERS[type(kind)](kind, name), strict=True)

    def of(self, data: Any) -> dict[str, Encoded]:
        """Return {input name: (n,) values or ``Ragged``}.

        Args:
            data: anything ``schema.encode`` takes.

        Raises:
            DataError: for a column that is missing or of another kind.
        """
        table = self._schema.table(data) if self._crossed else data
        encoded = self._schema.encode(table)
        found = {take: read(encoded) for take, read in self._readers.items()}
        for take, column in self._crossed.items():
            codes, labels = factorize(table.column(column), column)
            found[take] = np.array([*labels, ""], object)[codes]
        return {name: found[take] for name, take in self._takes.items()}

    def rows(self, feeds: Mapping[str, Encoded], part: slice) -> dict[str, np.ndarray]:
        """Return some rows of what ``of`` gave, lists padded.

        Args:
            feeds: {input name: values}.
            part: the rows.
        """
        return {name: self._dense(values[part], self._takes[name].dtype) for name, values in feeds.items()}

    @staticmethod
    def _dense(values: Encoded, dtype: str) -> np.ndarray:
        if isinstance(values, Ragged):
            values = values.padded(_FILL[dtype])
        return values if dtype == "string" else values.astype(dtype, copy=False)


def _texts(kind: Categorical, separator: str | None = None) -> np.ndarray:
    """Return the text of each id: of the missing one "", of the unknown one a text that is no label."""
    labels = kind.labels
    return np.array(["", _no_label(set(labels), separator), *labels], object)


def _no_label(labels: Container[str], separator: str | None) -> str:
    texts = (mark * times for times in count(1) for mark in "?!")
    return next(text for text in texts if text not in labels and (separator is None or separator not in text))


def _same(part: str) -> Reader:
    return lambda encoded: encoded[part]


def _looked_up(part: str, place_of: Callable[[np.ndarray], np.ndarray], texts: np.ndarray) -> Reader:
    def read(encoded: Mapping[str, Encoded]) -> Encoded:
        """Return the texts of a part, a list's in lists."""
        values = encoded[part]
        if isinstance(values, Ragged):
            return Ragged(texts[place_of(values.values)], values.offsets)
        found: np.ndarray = texts[place_of(values)]
        return found

    return read


def _as_it_is(kind: ColumnKind, name: str) -> Iterator[Reader]:
    yield from map(_same, kind.parts(name))


def _categorical(kind: Categorical, name: str) -> Iterator[Reader]:
    yield _same(name) if kind.hash_buckets else _looked_up(name, lambda ids: ids, _texts(kind))


def _boolean(kind: Boolean, name: str) -> Iterator[Reader]:
    texts = np.array(["False", "True", ""], object)
    yield _looked_up(name, lambda values: np.where(np.isnan(values), 2, values).astype(np.intp), texts)


def _datetime(kind: Datetime, name: str) -> Iterator[Reader]:
    yield lambda encoded: encoded[name].astype(np.int64)  # type: ignore[union-attr]


def _multi_categorical(kind: MultiCategorical, name: str) -> Iterator[Reader]:
    if kind.separator is None or kind.hash_buckets:
        yield from _categorical(kind, name)
    else:
        yield partial(_joined, name, kind.separator, _texts(kind, kind.separator))
    if kind.weights is not None:
        yield _same(kind.weights_part(name))


def _joined(part: str, separator: str, texts: np.ndarray, encoded: Mapping[str, Encoded]) -> np.ndarray:
    """Return each row's labels with the separator between them."""
    lists = encoded[part]
    assert isinstance(lists, Ragged)
    labels, ends = texts[lists.values].tolist(), lists.offsets.tolist()
    rows = [separator.join(labels[start:end]) for start, end in pairwise(ends)]
    return np.array(rows, object)


def _sequence(kind: Sequence, name: str) -> Iterator[Reader]:
    for step, own in kind.named.items():
        yield from _READERS[type(own)](own, step)


_READERS: dict[type[ColumnKind], Callable[..., Iterator[Reader]]] = {
    Boolean: _boolean,
    Categorical: _categorical,
    Cross: _as_it_is,  # of hash buckets
    Datetime: _datetime,
    LatLon: _as_it_is,
    MultiCategorical: _multi_categorical,
    Numeric: _as_it_is,
    Sequence: _sequence,
    Text: _as_it_is,
}
