"""Cells that hold a list of labels each: Arrow lists, or texts with a separator, as one array of codes."""

from __future__ import annotations

__all__ = ["Items", "is_list", "items_of", "weights_of"]

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from .labels import factorize
from .ragged import Ragged


@dataclass(frozen=True)
class Items:
    """The labels of all lists end to end.

    Args:
        codes: each list's codes, -1 for an item that is null or "".
        labels: what the codes count.
    """

    codes: Ragged
    labels: list[str]

    @property
    def present(self) -> Ragged:
        """The codes without the missing ones."""
        return self.kept(self.codes.values)

    def kept(self, values: np.ndarray) -> Ragged:
        """Return lists of the values of the items that aren't missing.

        Args:
            values: (items,) one for each item.
        """
        held = self.codes.values >= 0
        rows = np.repeat(np.arange(len(self.codes)), self.codes.lengths)
        return Ragged.of(values[held], np.bincount(rows[held], minlength=len(self.codes)))


def is_list(kind: pa.DataType) -> bool:
    """Say whether an Arrow type is of lists.

    Example:
        >>> is_list(pa.large_list(pa.string())), is_list(pa.string())
        (True, False)
    """
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def items_of(values: pa.Array | pa.ChunkedArray, name: str, separator: str | None = None) -> Items:
    """Return the labels of cells that hold several each.

    Args:
        values: (n,) lists of what has labels; with a separator also texts (or other cells that have a label).
        name: the column's, for errors.
        separator: what stands between the labels of a text.

    Raises:
        DataError: for cells that are no lists, items that have no label, or a label of a list that holds the separator.

    Example:
        >>> items = items_of(pa.array([["b", "a"], None, ["a", None]]), "tags")
        >>> items.codes.padded(-2).tolist(), items.labels
        ([[0, 1], [-2, -2], [1, -1]], ['b', 'a'])
        >>> items_of(pa.array(["b|a", "", "a|"]), "tags", "|").present.lengths.tolist()
        [2, 0, 1]
    """
    if pa.types.is_null(values.type):
        return Items(Ragged.of(np.empty(0, np.int32), np.zeros(len(values), np.int64)), [])
    if not is_list(values.type):
        if separator is None or pa.types.is_nested(values.type):
            raise _no_list(values, name)
        return _split(values, name, separator)
    lengths = _lengths(values)
    flat = _flat(values)
    try:
        codes, labels = factorize(flat, name)
    except DataError:
        raise _no_label(flat, lengths, name) from None
    items = Items(Ragged.of(codes, lengths), labels)
    if separator is not None:
        _refuse_separator(items, name, separator)
    return items


def _lengths(values: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(pc.list_value_length(values), 0)).astype(np.int64)


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    return pa.chunked_array([chunk.flatten() for chunk in chunks], values.type.value_type)


def _split(values: pa.Array | pa.ChunkedArray, name: str, separator: str) -> Items:
    """Split each distinct text once."""
    rows, cells = factorize(values, name)
    ids: dict[str, int] = {}
    pieces = [cell.split(separator) for cell in cells]
    codes = [ids.setdefault(piece, len(ids)) if piece else -1 for cell in pieces for piece in cell]
    distinct = Ragged.of(np.array(codes, np.int32), np.array([*map(len, pieces), 0]))  # the last serves code -1
    return Items(distinct[rows], list(ids))


def _refuse_separator(items: Items, name: str, separator: str) -> None:
    holds = np.array([separator in label for label in items.labels], bool)
    if not holds.any():
        return
    bad = np.flatnonzero(holds[items.codes.values] & (items.codes.values >= 0))
    if len(bad):
        raise DataError(
            f"column {name!r} must hold labels without the separator {separator!r}, however: "
            f"{items.labels[items.codes.values[bad[0]]]!r} in row {_row(items.codes.lengths, bad[0])}; "
            f"choose another separator, or leave it out: lists need none"
        )


def _row(lengths: np.ndarray, at: int) -> int:
    """Return the row that an item stands in."""
    return int(np.searchsorted(np.cumsum(lengths), at, side="right"))


def _first(values: pa.Array | pa.ChunkedArray) -> int:
    """Return where the first valid cell is, 0 where there is none."""
    return max(0, pc.index(values.is_valid(), True).as_py())


def _no_list(values: pa.Array | pa.ChunkedArray, name: str) -> DataError:
    row = _first(values)
    came = f"{values[row].as_py()!r} in row {row}" if values.null_count < len(values) else "nothing"
    return DataError(
        f"column {name!r} must hold lists of labels, however: its type is {values.type}, first {came}; "
        f"give separator= where a text holds several, or declare another kind"
    )


def _no_label(flat: pa.ChunkedArray, lengths: np.ndarray, name: str) -> DataError:
    at = _first(flat)
    came = f"{flat[at].as_py()!r} in row {_row(lengths, at)}" if flat.null_count < len(flat) else "none"
    return DataError(
        f"column {name!r} must hold lists of strings, numbers, bools or dates, however: its items are {flat.type}, "
        f"first {came}; convert them, or leave the column out with te.Ignored()"
    )


def weights_of(
    values: pa.Array | pa.ChunkedArray, name: str, items: Items, of: str, separator: str | None = None
) -> Ragged:
    """Return a weight for each item that isn't missing.

    Args:
        values: (n,) lists of numbers, as long as the lists of items; with a separator also texts of numbers.
        name: the column's, for errors.
        items: what they weigh.
        of: the name of the items' column.
        separator: what stands between the numbers of a text.

    Returns:
        float32 weights of 0 or more.

    Raises:
        DataError: for cells that aren't lists of numbers, lists of another length, or a weight that is missing,
            negative or beyond float32.

    Example:
        >>> weights_of(pa.array([[0.5, 2.0]]), "w", items_of(pa.array([["a", None]]), "tags"), "tags").values
        array([0.5], dtype=float32)
        >>> weights_of(pa.array(["0.5|2"]), "w", items_of(pa.array(["a|b"]), "tags", "|"), "tags", "|").values
        array([0.5, 2. ], dtype=float32)
    """
    what = f"column {name!r}, the weights of {of!r},"
    if pa.types.is_null(values.type):
        numbers, lengths = np.empty(0), np.zeros(len(values), np.int64)
    else:
        numbers, lengths = _numbers(values, what, separator)
    wanted = items.codes.lengths
    wrong = np.flatnonzero(lengths != wanted)
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{what} must hold a weight for each label, however: row {row} has {wanted[row]} labels and "
            f"{lengths[row]} weights; make the lists equally long"
        )
    kept = items.kept(numbers)
    bad = np.flatnonzero(~((kept.values >= 0) & (kept.values <= np.finfo(np.float32).max)))
    if len(bad):
        raise DataError(
            f"{what} must hold numbers of 0 or more, however: {float(kept.values[bad[0]])!r} in row "
            f"{_row(kept.lengths, bad[0])}; replace it (with 0 where the label should not count)"
        )
    return Ragged(kept.values.astype(np.float32), kept.offsets)


def _numbers(values: pa.Array | pa.ChunkedArray, what: str, separator: str | None) -> tuple[Any, np.ndarray]:
    """Return (items,) float64, NaN where missing, and how long each list is."""
    kind = values.type
    if separator is not None and not pa.types.is_nested(kind):
        return _spelled(values, what, separator)
    inner = kind.value_type if is_list(kind) else kind
    null = pa.types.is_null(inner)  # of lists that are all empty
    number = pa.types.is_integer(inner) or pa.types.is_floating(inner) or pa.types.is_decimal(inner) or null
    if not is_list(kind) or not number:
        row = _first(values)
        raise DataError(
            f"{what} must hold lists of numbers, however: its type is {kind}, first {values[row].as_py()!r} in row "
            f"{row}; convert it"
        )
    flat = _flat(values).cast(pa.float64(), safe=False)
    return np.asarray(pc.fill_null(flat, np.nan)), _lengths(values)


def _spelled(values: pa.Array | pa.ChunkedArray, what: str, separator: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of texts, NaN between two separators; a column without any separator may be of numbers."""
    rows, cells = factorize(values, what)
    lists = []
    for at, cell in enumerate(cells):
        try:
            lists.append(
                [float(piece.replace("_", "no digit")) if piece else np.nan for piece in cell.split(separator)]
            )
        except ValueError:
            raise DataError(
                f"{what} must hold numbers with {separator!r} between them, however: {cell!r} in row "
                f"{int(np.argmax(rows == at))}; correct it"
            ) from None
    flat = np.array([number for numbers in lists for number in numbers], np.float64)
    spelled = Ragged.of(flat, np.array([*map(len, lists), 0]))[rows]  # the last serves code -1
    return spelled.values, spelled.lengths
