"""From raw values to the model's inputs, in ONNX operators: what ``serving.raw`` does in TensorFlow's."""

from __future__ import annotations

__all__ = ["ONNX_KINDS", "encoded_inputs"]

from collections.abc import Callable, Mapping
from typing import Any

from ...schema.boolean import SPELLINGS
from ...schema.cross import split
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
from ...schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID
from .nodes import Front
from .takes import takes_of_kind

_INT32 = 6  # onnx.TensorProto's number
_UNSEEN, _GONE = -1, -2  # places of a label that no cross holds, and of a missing one


def encoded_inputs(front: Front, kind: ColumnKind, name: str) -> dict[str, str]:
    """Add a column's nodes and return {part: the name of its (n,) or (n, longest) values}.

    Args:
        front: gets the nodes.
        kind: learned.
        name: the column's.
    """
    raw = [front[take] for take in takes_of_kind(kind, name)]
    return ONNX_KINDS[type(kind)](front, kind, name, *raw)


def _as_it_is(front: Front, kind: ColumnKind, name: str, *values: str) -> dict[str, str]:
    return dict(zip(kind.parts(name), values, strict=True))


def _ids(front: Front, kind: Categorical, texts: str) -> str:
    if kind.hash_buckets:  # ONNX has no hashes of texts: they are ids already
        return texts
    labels = kind.labels
    places = range(FIRST_ID, FIRST_ID + len(labels))
    return front.add("Cast", front.lookup(texts, ["", *labels], [MISSING_ID, *places], UNKNOWN_ID), to=_INT32)


def _categorical(front: Front, kind: Categorical, name: str, texts: str) -> dict[str, str]:
    return {name: _ids(front, kind, texts)}


def _boolean(front: Front, kind: Boolean, name: str, texts: str) -> dict[str, str]:
    table: dict[str, Any] = {"keys_strings": list(SPELLINGS), "values_floats": list(SPELLINGS.values())}
    return {name: front.add("LabelEncoder", texts, domain="ai.onnx.ml", **table, default_float=float("nan"))}


def _cross(front: Front, kind: Cross, name: str, *texts: str) -> dict[str, str]:
    """Look up column by column, each time the number so far and the next label's: ONNX can't escape and join texts."""
    if kind.hash_buckets:
        return {name: texts[0]}
    rows = [tuple(split(label)) for label in kind.labels]
    known = [list(dict.fromkeys(row[at] for row in rows)) for at in range(len(texts))]
    places = [
        front.lookup(text, ["", *labels], [_GONE, *range(len(labels))], _UNSEEN)
        for text, labels in zip(texts, known, strict=True)
    ]
    found = places[0]
    numbers: dict[tuple[str, ...], int] = {(label,): at for at, label in enumerate(known[0])}
    for at in range(1, len(texts)):
        last = at + 1 == len(texts)
        place_of = {label: place for place, label in enumerate(known[at])}
        longer = {row[: at + 1]: None for row in rows}
        keys = [numbers[row[:-1]] * len(known[at]) + place_of[row[-1]] for row in longer]
        numbers = {row: number for number, row in enumerate(longer, FIRST_ID if last else 0)}
        found = _pair(front, found, places[at], len(known[at]), dict(zip(keys, numbers.values(), strict=True)), last)
    zero = front.constant(0)
    least = front.add("Min", *places)
    gone = front.add("Equal", least, front.constant(_GONE))
    return {name: front.add("Cast", front.add("Where", gone, zero, found), to=_INT32)}


def _pair(front: Front, found: str, place: str, labels: int, numbers: Mapping[int, int], last: bool) -> str:
    """Return the number of a number and a place, and of what no row holds -1, at last the unknown id."""
    other = UNKNOWN_ID if last else _UNSEEN
    key = front.add("Add", front.add("Mul", found, front.constant(labels)), place)
    number = front.add(
        "LabelEncoder",
        key,
        domain="ai.onnx.ml",
        keys_int64s=[_UNSEEN, *numbers],  # the first one since a table without a key is none
        values_int64s=[other, *numbers.values()],
        default_int64=other,
    )
    both = front.add("GreaterOrEqual", front.add("Min", found, place), front.constant(0))
    return front.add("Where", both, number, front.constant(other))


def _multi_categorical(front: Front, kind: MultiCategorical, name: str, labels: str, *weights: str) -> dict[str, str]:
    apart = kind.separator is not None and not kind.hash_buckets
    ids = _ids(front, kind, front.split(labels, kind.separator or "") if apart else labels)
    if not weights:
        return {name: ids}
    if apart:
        ids = _as_wide(front, ids, weights[0])
    return {name: ids, kind.weights_part(name): weights[0]}


def _as_wide(front: Front, ids: str, weights: str) -> str:
    """Cut ids, or pad them with 0, to as many columns as the weights have."""
    one = front.constant([1])
    width = front.add("Gather", front.add("Shape", weights), one)
    ids = front.add("Slice", ids, front.constant([0]), width, one)
    gap = front.add("Sub", width, front.add("Gather", front.add("Shape", ids), one))
    return front.add("Pad", ids, front.add("Concat", front.constant([0, 0, 0]), gap, axis=0))


def _sequence(front: Front, kind: Sequence, name: str, *lists: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for (step, own), values in zip(kind.named.items(), lists, strict=True):
        found |= ONNX_KINDS[type(own)](front, own, step, values)
    return found


ONNX_KINDS: dict[type[ColumnKind], Callable[..., dict[str, str]]] = {
    Boolean: _boolean,
    Categorical: _categorical,
    Cross: _cross,
    Datetime: _as_it_is,
    LatLon: _as_it_is,
    MultiCategorical: _multi_categorical,
    Numeric: _as_it_is,
    Sequence: _sequence,
    Text: _as_it_is,
}
"""Takes the front, the kind, the column's name and its inputs' names; returns {part: name of its values}."""
