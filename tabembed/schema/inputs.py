"""What the model's inputs take, and arrays in that form."""

from __future__ import annotations

__all__ = ["input_matrix", "joint_parts"]

from collections.abc import Iterable

import numpy as np

from ..io.errors import DataError
from .column import Column
from .kind import Part
from .ragged import Encoded, Ragged


def joint_parts(columns: Iterable[Column]) -> dict[str, Part]:
    """Return {model input: what it takes}; two columns may read one input if they agree on what it is.

    Args:
        columns: those that the model sees.

    Raises:
        DataError: when they don't agree.
    """
    parts: dict[str, Part] = {}
    owner: dict[str, str] = {}
    for column in columns:
        for name, part in column.kind.parts(column.name).items():
            if parts.setdefault(name, part) != part:
                raise DataError(
                    f"column {name!r} must be read alike by {owner[name]!r} and {column.name!r}, however: as "
                    f"{parts[name].dtype} and {part.dtype}; declare it te.Ignored(), or leave one of them out"
                )
            owner.setdefault(name, column.name)
    return parts


def input_matrix(array: Encoded, part: Part) -> np.ndarray:
    """Return (n, 1) or (n, longest) of a model input's type.

    Args:
        array: what ``schema.encode`` gave for it.
        part: what it takes.

    Example:
        >>> input_matrix(Ragged.of(np.array([2, 3, 4], np.uint8), np.array([2, 1])), Part(ragged=True)).tolist()
        [[2, 3], [4, 0]]
    """
    matrix = array.padded(part.fill) if isinstance(array, Ragged) else array[:, None]
    return matrix.astype(part.dtype, copy=False)
