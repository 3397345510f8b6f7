"""The target's cells: which are missing, and what those that are there count as."""

from __future__ import annotations

__all__ = ["codes_of", "indicators", "label_matrix", "missing_cells", "plain"]

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .items import is_list, items_of
from .labels import factorize
from .numeric import numbers_of


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return plain values: a dictionary may list labels that no row holds."""
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def missing_cells(values: pa.Array | pa.ChunkedArray, name: str, *, refuse: bool) -> np.ndarray:
    """Return (n,) bools: which cells are missing.

    Args:
        values: (n,) plain Arrow column.
        name: the target's.
        refuse: whether none may be.

    Raises:
        DataError: for missing cells, with their count.
    """
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        missing = factorize(values, name)[0] < 0  # an empty text is missing too
    elif not values.null_count:
        return np.zeros(len(values), dtype=bool)
    else:
        missing = np.asarray(values.is_null())
    if refuse and missing.any():
        raise DataError(
            f"target {name!r} must be there in every row, however: {int(missing.sum()):,} of {len(values):,} rows miss "
            f"it; drop them first (df.dropna(subset=[{name!r}]))"
        )
    return missing


def codes_of(values: pa.Array | pa.ChunkedArray, name: str, positions: Mapping[str, int]) -> np.ndarray:
    """Return (n,) int32 positions of the classes, 0 where missing.

    Args:
        values: (n,) plain Arrow column.
        name: the target's.
        positions: {label: position} of the classes.

    Raises:
        DataError: for a class that isn't among them, with its row.
    """
    codes, labels = factorize(values, name)
    unseen = next((label for label in labels if label not in positions), None)
    if unseen is not None:
        raise DataError(
            f"target {name!r} must be one of the {len(positions)} classes of the schema, however: "
            f"{unseen!r} in row {int(np.argmax(codes == labels.index(unseen)))}; "
            f"make the schema from data with every class"
        )
    return np.asarray([*(positions[label] for label in labels), 0], dtype=np.int32)[codes]


def label_matrix(values: pa.Array | pa.ChunkedArray, name: str, labels: Sequence[str]) -> np.ndarray:
    """Return (n, labels) float32: 1 where a row's list holds the label.

    Args:
        values: (n,) lists of labels.
        name: the target's.
        labels: in the order of the columns.

    Raises:
        DataError: for cells that are no lists, and a label that isn't among those of the schema.

    Example:
        >>> label_matrix(pa.array([["b", "a"], [], ["a"]]), "tags", ["a", "b"]).tolist()
        [[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """
    if not is_list(values.type):
        raise DataError(
            f"target {name!r} must hold lists of labels for task='multilabel', however: its type is {values.type}; "
            f"make lists of it, or name several columns of 0 and 1"
        )
    items = items_of(values, name)
    positions = {label: at for at, label in enumerate(labels)}
    held = items.present
    rows = np.repeat(np.arange(len(held)), held.lengths)
    unseen = next((at for at, label in enumerate(items.labels) if label not in positions), None)
    if unseen is not None:
        raise DataError(
            f"target {name!r} must hold the {len(labels)} labels of the schema, however: {items.labels[unseen]!r} in "
            f"row {int(rows[np.argmax(held.values == unseen)])}; make the schema from data with every label"
        )
    matrix = np.zeros((len(held), len(labels)), np.float32)
    matrix[rows, np.asarray([positions[label] for label in items.labels], dtype=np.int64)[held.values]] = 1
    return matrix


def indicators(values: pa.Array | pa.ChunkedArray, name: str, *, gaps: bool = False) -> np.ndarray:
    """Return (n,) float32 of 0 and 1.

    Args:
        values: (n,) numbers or bools.
        name: the column's.
        gaps: whether cells may be missing, which are NaN then.

    Raises:
        DataError: for missing cells, and another number, with its row.
    """
    values = plain(values)
    missing_cells(values, name, refuse=not gaps)
    numbers = numbers_of(values, name)
    bad = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"target {name!r} must be 0 or 1 in every row, however: {numbers[row]:g} in row {row}")
    return numbers
