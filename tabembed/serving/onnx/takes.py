"""What the ONNX graph takes for each column: raw values, or where ONNX can't read these, what Python encodes."""

from __future__ import annotations

__all__ = ["Take", "takes_of", "takes_of_kind"]

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

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
from ...schema.schema import Schema


class Take(NamedTuple):
    """One input of the ONNX graph.

    Args:
        column: of the data, or where it holds lists of other rows or of records, the lists' own name.
        dtype: ``"string"``, ``"float32"``, ``"int32"`` or ``"int64"``.
        holds: what its cells are, in words.
        lists: whether it is (n, longest) and not (n,).
        encoded: whether it is the model's own input, since no ONNX operator makes it of the raw value.
    """

    column: str
    dtype: str
    holds: str
    lists: bool = False
    encoded: bool = False


def _labels(column: str, lists: bool = False) -> Take:
    return Take(column, "string", "labels, '' missing", lists)


def _numbers(column: str, lists: bool = False) -> Take:
    return Take(column, "float32", "numbers, NaN missing", lists)


def _hashed(column: str, lists: bool = False) -> Take:
    return Take(column, "int32", "ids of hash buckets, 0 missing", lists, encoded=True)


def _categorical(kind: Categorical, name: str) -> Iterator[Take]:
    yield _hashed(name) if kind.hash_buckets else _labels(name)


def _boolean(kind: Boolean, name: str) -> Iterator[Take]:
    yield _labels(name)


def _numeric(kind: Numeric, name: str) -> Iterator[Take]:
    yield _numbers(name)


def _latlon(kind: LatLon, name: str) -> Iterator[Take]:
    yield from map(_numbers, (kind.lat, kind.lon))


def _cross(kind: Cross, name: str) -> Iterator[Take]:
    yield from [_hashed(name)] if kind.hash_buckets else map(_labels, kind.columns)


def _multi_categorical(kind: MultiCategorical, name: str) -> Iterator[Take]:
    if kind.hash_buckets:
        yield _hashed(name, lists=True)
    elif kind.separator is not None:
        yield Take(name, "string", f"labels with {kind.separator!r} between them, '' missing")
    else:
        yield _labels(name, lists=True)
    if kind.weights is not None:
        yield _numbers(kind.weights, lists=True)


def _datetime(kind: Datetime, name: str) -> Iterator[Take]:
    zone = "" if kind.zone is None else f" of {kind.zone}"
    yield Take(name, "int64", f"seconds since 1970 on the wall's clock{zone}, -2**63 missing", encoded=True)


def _text(kind: Text, name: str) -> Iterator[Take]:
    yield Take(name, "int32", "ids of n-grams, 0 for padding", lists=True, encoded=True)


def _sequence(kind: Sequence, name: str) -> Iterator[Take]:
    for step, own in kind.named.items():
        yield from (take._replace(lists=True) for take in _TAKES[type(own)](own, step))


_TAKES: Mapping[type[ColumnKind], Callable[..., Iterable[Take]]] = {
    Boolean: _boolean,
    Categorical: _categorical,
    Cross: _cross,
    Datetime: _datetime,
    LatLon: _latlon,
    MultiCategorical: _multi_categorical,
    Numeric: _numeric,
    Sequence: _sequence,
    Text: _text,
}


def takes_of_kind(kind: ColumnKind, name: str) -> list[Take]:
    """Return what the graph takes for one column.

    Args:
        kind: learned.
        name: the column's.
    """
    return [*_TAKES[type(kind)](kind, name)]


def takes_of(schema: Schema, outputs: Collection[str]) -> dict[str, Take]:
    """Return {input name: what it takes}; raw values by the column's safe name, as in the SavedModel.

    Args:
        schema: of the model.
        outputs: names that are taken, since inputs and outputs of an ONNX graph share their names.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS"], "when": ["2013-01-31", "2013-02-01"]})
        >>> {name: take.dtype for name, take in takes_of(te.infer_schema(df), ["prediction"]).items()}
        {'dest': 'string', 'when_seconds': 'int64'}
    """
    found = dict.fromkeys(take for name, kind in schema.features.items() for take in takes_of_kind(kind, name))
    named: dict[str, Take] = {}
    # Those that keep their safe name first: no other is called so.
    for take in sorted(found, key=lambda take: (take.encoded, schema.input_names[take.column] in outputs)):
        name = schema.input_names[take.column]
        if take.encoded:
            name += "_seconds" if take.dtype == "int64" else "_ids"
        while name in named or name in outputs:
            name += "_"
        named[name] = take
    return named
