"""From a request's body to checked columns."""

from __future__ import annotations

__all__ = ["Limits", "Question", "Reader", "parsed"]

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ...io.names import did_you_mean
from ...schema.schema import Schema
from .cells import readers
from .refusals import Refused, shown

DEFAULT = "serving_default"
_KEYS = ("instances", "inputs", "signature_name")
_LONGEST_TEXT = 1 << 16
_MOST_ITEMS = 1 << 22
_SHORT = 256


@dataclass(frozen=True)
class Limits:
    """What one request may ask for.

    Args:
        body_bytes: of its body.
        rows: in it.
        seconds: from its first byte to its answer.
    """

    body_bytes: int = 16 << 20
    rows: int = 16_384
    seconds: float = 30.0


@dataclass(frozen=True)
class Question:
    """The rows of one request.

    Args:
        columns: {column: its cells, each column's of one type}.
        rows: how many.
        by_row: whether they came as ``instances``, and the answer goes row by row.
        alone: whether a cell is so long that other requests must not be padded to it.
    """

    columns: dict[str, list[Any]]
    rows: int
    by_row: bool
    alone: bool = False


def parsed(body: bytes) -> dict[str, Any]:
    """Return a body's JSON object; the tokens NaN and Infinity are numbers, as TensorFlow Serving takes them.

    Raises:
        Refused: for what isn't one.

    Example:
        >>> parsed(b'{"instances": [NaN]}')
        {'instances': [nan]}
    """
    try:
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            data = json.loads(body.decode())
            json.dumps(
                data, ensure_ascii=False
            ).encode()  # refuses half of a surrogate pair, which json.loads lets pass
    except (ValueError, TypeError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise Refused(400, f"the body must be JSON in UTF-8, however: {why}") from None
    if type(data) is not dict:
        raise Refused(400, f'the body must be a JSON object such as {{"instances": [...]}}, however: {shown(data)}')
    for key in data:
        if key not in _KEYS:
            raise Refused(
                400, f"the body must hold {' or '.join(_KEYS[:2])} and signature_name, however: it has {key!r}"
            )
    if type(data.get("signature_name", "")) is not str:
        raise Refused(400, f"signature_name must be a text, however: {shown(data['signature_name'])}")
    if ("instances" in data) == ("inputs" in data):
        came = "both are there" if "inputs" in data else "neither is there"
        raise Refused(400, f"the body must hold `instances` (rows) or `inputs` (columns), however: {came}")
    return data


class Reader:
    """Reads the rows that a model of one schema takes.

    Args:
        schema: of the model.
        limits: of one request.
    """

    def __init__(self, schema: Schema, limits: Limits) -> None:
        self.cells = readers(schema)
        self.limits = limits
        names = schema.input_names
        self._safe = {name: names[name] for name in self.cells if name in names}
        self._own: dict[str, str] = {names[name]: name for name in self.cells if names[name] not in self.cells}
        self._long = [name for name, cells in self.cells.items() if cells.long]

    def read(self, data: dict[str, Any], size: int) -> Question:
        """Return the rows of a body.

        Args:
            data: what ``parsed`` gave.
            size: bytes of the body.

        Raises:
            Refused: for what isn't of the schema, by the column's name.
        """
        by_row = "instances" in data
        columns = self._of_rows(data["instances"]) if by_row else self._of_columns(data["inputs"])
        rows = len(next(iter(columns.values())))
        read = {name: cells.read(columns[name], name) for name, cells in self.cells.items()}
        if size > _LONGEST_TEXT:
            _check_texts(read)
        longest = 0
        for name in self._long:
            own = max((len(cell) for cell in read[name] if cell is not None), default=0)
            if own * rows > _MOST_ITEMS:
                raise Refused(
                    400,
                    f"column {name!r} must hold at most {_MOST_ITEMS:,} items when its {rows:,} rows are padded to the "
                    f"longest, however: that is {own:,} long; send fewer rows at once",
                )
            longest = max(longest, own)
        return Question(read, rows, by_row, longest > _SHORT)

    def _of_rows(self, rows: Any) -> dict[str, list[Any]]:
        if type(rows) is not list or not rows:
            raise Refused(400, f"`instances` must be a list of one row or more, however: {shown(rows)}")
        self.check_count(len(rows))
        width = len(self.cells)
        try:
            if all(len(row) == width for row in rows):
                return {name: [row[name] for row in rows] for name in self.cells}
        except (KeyError, TypeError):
            pass  # another name, or no object: said below
        own = [self._named(row, f"row {at}") for at, row in enumerate(rows)]
        return {name: [row[name] for row in own] for name in self.cells}

    def _of_columns(self, data: Any) -> dict[str, list[Any]]:
        columns = self._named(data, "`inputs`")
        rows = None
        for name, cells in columns.items():
            if type(cells) is not list or not cells:
                raise Refused(400, f"column {name!r} must be a list of one cell or more, however: {shown(cells)}")
            rows = len(cells) if rows is None else rows
            if len(cells) != rows:
                first = next(iter(columns))
                raise Refused(
                    400,
                    f"columns must be equally long, however: {first!r} holds {rows} cells and {name!r} {len(cells)}",
                )
        self.check_count(rows or 0)
        return columns

    def _named(self, row: Any, where: str) -> dict[str, Any]:
        """Return a row's cells, or the columns, by the columns' own names."""
        if type(row) is not dict:
            raise Refused(400, f"{where} must be an object of column and value, however: {shown(row)}")
        named: dict[str, Any] = {self._own.get(key) or key: value for key, value in row.items()}
        for name in named:
            if name not in self.cells:
                raise Refused(400, f"{where} has a column {name!r}, which the model doesn't take; {self._near(name)}")
        for name in self.cells:
            if name not in named:
                raise Refused(400, f"{where} misses column {name!r}; null stands for a missing value")
        return named

    def _near(self, name: str) -> str:
        return did_you_mean(name[:100], self.cells)

    def signature_name(self, name: str) -> str:
        """Return what the signatures call a column."""
        return self._safe.get(name, name)

    def check_count(self, rows: int) -> None:
        """Refuse more rows than a request may hold."""
        if rows > self.limits.rows:
            raise Refused(400, f"a request must hold at most {self.limits.rows:,} rows, however: it holds {rows:,}")


def _check_texts(columns: Mapping[str, list[Any]]) -> None:
    """Refuse texts that no label and no remark is as long as."""
    for name, cells in columns.items():
        held = list(filter(None, cells))
        texts = [item for cell in held for item in cell] if held and type(held[0]) is list else held
        longest = max(map(len, texts), default=0) if texts and type(texts[0]) is str else 0
        if longest > _LONGEST_TEXT:
            raise Refused(
                400,
                f"column {name!r} must hold texts of at most {_LONGEST_TEXT:,} characters, "
                f"however: one has {longest:,}",
            )
