"""What the cells of a column may be in a request, by its kind: checked, and brought into one type.

Cells of one type can stand beside those of other requests in one batch, whatever these hold.
"""

from __future__ import annotations

__all__ = ["LABELS", "NUMBERS", "Cells", "readers"]

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...schema.boolean import SPELLINGS
from ...schema.kinds import Boolean, ColumnKind, Datetime, MultiCategorical, Numeric, Sequence, Text
from ...schema.labels import label_of
from ...schema.schema import Schema
from .refusals import Refused, shown

_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_DOUBLE = float(np.finfo(np.float64).max)
_NONE = type(None)
_MANY = 64
_TEXTS: set[type] = {str, _NONE}
_SCALARS: set[type] = {str, int, float, bool, _NONE}


@dataclass(frozen=True)
class Cells:
    """What a column's cells may be.

    Args:
        read: from (the cells, the column's name) to the cells in one type; refuses those of another.
        json: the JSON Schema of one cell.
        long: whether a cell may be long: a text that is taken apart, or a list.
        example: a cell.
    """

    read: Callable[[list[Any], str], list[Any]]
    json: dict[str, Any]
    long: bool = False
    example: Any = None


def readers(schema: Schema) -> dict[str, Cells]:
    """Return {column of the data: what its cells may be}.

    Args:
        schema: of the model.
    """
    found: dict[str, Cells] = {}
    for name, kind in schema.features.items():
        for source in kind.sources(name):
            cells = _cells_of(kind, name, source)
            # What rows are ordered by keeps its type, whatever else reads the column: as text, 10 stands before 9.
            found[source] = cells if cells is _ANY else found.get(source, cells)
    return found


def _cells_of(kind: ColumnKind, name: str, source: str) -> Cells:
    numbers = source in kind.number_sources(name)
    if isinstance(kind, Sequence):
        if kind.records is not None:
            return _RECORDS
        step = kind.steps.get(source)
        cells = _ANY if step is None else _SIMPLE.get(type(step), LABELS)
        return cells if kind.needs_rows else _listed(cells)
    if isinstance(kind, MultiCategorical):
        return _listed(NUMBERS) if numbers else LABELS if kind.separator is not None else _listed(LABELS)
    return _SIMPLE.get(type(kind), NUMBERS if numbers else LABELS)


def _refuse(cells: list[Any], name: str, fits: Callable[[Any], bool], expected: str) -> Refused:
    row = next(at for at, cell in enumerate(cells) if not fits(cell))
    return Refused(400, f"column {name!r} must hold {expected}, however: row {row} holds {shown(cells[row])}")


def _of_types(cells: list[Any], name: str, allowed: set[type], expected: str) -> set[type]:
    kinds = set(map(type, cells))
    if not kinds <= allowed:
        raise _refuse(cells, name, lambda cell: type(cell) in allowed, expected)
    return kinds


def _labels(cells: list[Any], name: str) -> list[Any]:
    kinds = _of_types(cells, name, _SCALARS, "labels (text, numbers, true, false or null)")
    if kinds <= _TEXTS:
        return cells
    if float in kinds:
        _check_finite([cell if type(cell) is float else None for cell in cells], name, _LARGEST_DOUBLE)
    return [label_of(cell) for cell in cells]


def _texts(cells: list[Any], name: str) -> list[Any]:
    _of_types(cells, name, _TEXTS, "text or null")
    return cells


def _numbers(cells: list[Any], name: str) -> list[Any]:
    kinds = _of_types(cells, name, {int, float, bool, _NONE}, "numbers, NaN or null")
    try:
        found = cells if kinds <= {float} else [None if cell is None else float(cell) for cell in cells]
    except OverflowError:
        raise _refuse(cells, name, lambda cell: cell is None or not abs(cell) > _LARGEST, "finite numbers") from None
    _check_finite(found, name, _LARGEST)
    return found


def _check_finite(cells: list[Any], name: str, largest: float) -> None:
    if len(cells) > _MANY and not (np.abs(np.array(cells, np.float64)) > largest).any():
        return
    for cell in cells:
        if cell is not None and abs(cell) > largest:  # NaN isn't
            raise _refuse(
                cells,
                name,
                lambda one: one is None or not abs(one) > largest,
                "finite numbers (NaN or null where missing)",
            )


def _booleans(cells: list[Any], name: str) -> list[Any]:
    _of_types(cells, name, _SCALARS, "true, false or null")
    labels = [label_of(cell) for cell in cells]
    for row, label in enumerate(labels):
        if label is not None and label not in SPELLINGS:
            raise Refused(
                400, f"column {name!r} must hold true, false or null, however: row {row} holds {shown(cells[row])}"
            )
    return labels


def _anything(cells: list[Any], name: str) -> list[Any]:
    kinds = _of_types(cells, name, _SCALARS, "text, numbers, true, false or null")
    if len(kinds - {_NONE}) > 1 and not kinds <= {int, float, _NONE}:
        raise Refused(400, f"column {name!r} must hold values of one type, however: text beside numbers")
    return cells


def _records(cells: list[Any], name: str) -> list[Any]:
    def fits(cell: Any) -> bool:
        """Say whether a cell is null or a list of objects."""
        return cell is None or (type(cell) is list and all(type(record) is dict for record in cell))

    if not all(map(fits, cells)):
        raise _refuse(cells, name, fits, "lists of objects, or null")
    return cells


def _listed(items: Cells) -> Cells:
    """Return what lists of such cells are: null is an empty one."""

    def read(cells: list[Any], name: str) -> list[Any]:
        """Check each list's items, all of them at once."""
        _of_types(cells, name, {list, _NONE}, "lists or null")
        flat = [item for cell in cells if cell for item in cell]
        try:
            values = iter([None if item != item else item for item in items.read(flat, name)])
        except Refused:  # once more, list by list, to say which
            for row, cell in enumerate(cells):
                try:
                    items.read(cell or [], name)
                except Refused as error:
                    raise Refused(400, f"{error} of the list in row {row}".replace("row", "item", 1)) from None
            raise
        return [[next(values) for _ in cell or ()] for cell in cells]

    one = {"type": ["array", "null"], "items": items.json}
    return Cells(read, one, long=True, example=[items.example])


LABELS = Cells(_labels, {"type": ["string", "integer", "number", "boolean", "null"]}, example="a label")
NUMBERS = Cells(_numbers, {"type": ["number", "null"], "maximum": _LARGEST, "minimum": -_LARGEST}, example=1.5)
_ANY = Cells(_anything, {"type": ["string", "number", "null"]}, example=1)
_RECORDS = Cells(_records, {"type": ["array", "null"], "items": {"type": "object"}}, long=True, example=[])
_SIMPLE: dict[type[ColumnKind], Cells] = {
    Numeric: NUMBERS,
    Boolean: Cells(_booleans, {"enum": [True, False, None, *SPELLINGS, "", 0, 1]}, example=True),
    Datetime: Cells(
        _texts,
        {"type": ["string", "null"], "description": "an ISO date or time; null or an empty text is missing"},
        example="2013-01-31T05:00:00",
    ),
    Text: Cells(_texts, {"type": ["string", "null"]}, long=True, example="some words"),
}
