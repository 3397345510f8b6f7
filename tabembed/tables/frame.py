"""A table as a data frame and back: also how columns of any Parquet or CSV file become a table."""

from __future__ import annotations

__all__ = ["frame_of", "parts_of_columns", "parts_of_frame", "projection"]

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from ..io.frames import to_arrow
from ..io.names import did_you_mean
from ..schema.labels import labels_of
from .base import LabelledVectors
from .parts import Parts
from .reduce import coordinates

if TYPE_CHECKING:
    import pandas as pd

_KEY = "tabembed"  # of a frame's attrs
_DERIVED = ("norm", "few")


def frame_of(table: LabelledVectors, few: int) -> pd.DataFrame:
    """Answer ``EmbeddingTable.to_frame``.

    Example:
        >>> frame_of(LabelledVectors(["a"], [[3.0, 4.0]], counts=[2]), 10).to_dict("records")
        [{'label': 'a', 'count': 2, 'norm': 5.0, 'few': True, 'v0': 3.0, 'v1': 4.0}]
    """
    import pandas as pd

    told = pd.DataFrame(
        {
            "label": pd.Series(list(table.labels), dtype="str"),
            "count": table.counts,
            "norm": table.norms,
            "few": (table.counts < few) & bool(table.counts.any()),
        }
    )
    frame = pd.concat([told, pd.DataFrame(table.vectors, columns=[f"v{i}" for i in range(table.dim)])], axis=1)
    frame.attrs[_KEY] = {
        "missing": table.missing.tolist(),
        "unknown": table.unknown.tolist(),
        "name": table.name,
        "metric": table.metric,
    }
    return frame


def projection(table: LabelledVectors, dim: int, method: str) -> pd.DataFrame:
    """Answer ``EmbeddingTable.project``.

    Example:
        >>> projection(LabelledVectors(["a", "b"], [[0.0], [2.0]]), 2, "pca").to_dict("list")
        {'label': ['a', 'b'], 'count': [0, 0], 'x': [-1.0, 1.0], 'y': [0.0, 0.0]}
    """
    import pandas as pd

    places = coordinates(table.vectors, dim, method, table.metric == "euclidean")
    axes = {axis: places[:, i] for i, axis in enumerate("xyz"[:dim])}
    return pd.DataFrame({"label": pd.Series(list(table.labels), dtype="str"), "count": table.counts, **axes})


def parts_of_frame(frame: Any, label: str) -> Parts:
    """Answer ``EmbeddingTable.from_frame``.

    Example:
        >>> parts_of_frame({"label": ["a"], "x": [3.0]}, "label")["vectors"].tolist()
        [[3.0]]
    """
    attrs = dict(getattr(frame, "attrs", {}).get(_KEY, {}))
    if hasattr(frame, "reset_index") and label not in frame.columns and type(frame.index).__name__ != "RangeIndex":
        frame = frame.reset_index(names=label)
    parts = parts_of_columns(to_arrow(frame), label, **attrs)
    if attrs and len(attrs["missing"]) != parts["vectors"].shape[1]:  # columns were dropped or added since
        parts = parts_of_columns(to_arrow(frame), label, name=attrs["name"], metric=attrs["metric"])
    return parts


def parts_of_columns(
    columns: pa.Table,
    label: str = "label",
    *,
    missing: Any = None,
    unknown: Any = None,
    name: str | None = None,
    metric: str = "euclidean",
) -> Parts:
    """Read a table's parts from columns: labels, counts where there are any, and one list column or many numbers.

    Args:
        columns: (n, columns) Arrow. ``count`` is the counts; ``vector``, lists of numbers, is the vectors; without it
            all columns but ``norm`` and ``few`` are, in their order.
        label: which column holds the labels.
        missing: the missing vector, if it is known.
        unknown: the unknown vector, if it is known.
        name: the table's name, if it is known.
        metric: the table's metric.

    Returns:
        The parts, checked no further than their columns ask for.

    Raises:
        DataError: when there is no label column, nothing to make vectors of, or a column that isn't numbers.

    Example:
        >>> parts_of_columns(pa.table({"label": ["a"], "vector": [[1.0, 2.0]]}))["vectors"].tolist()
        [[1.0, 2.0]]
    """
    if label not in columns.column_names:
        raise DataError(
            f"column {label!r} must hold the labels, however: it isn't there; "
            f"{did_you_mean(label, columns.column_names)}"
        )
    counts = _numbers(columns["count"], "count") if "count" in columns.column_names else None
    return {
        "labels": _labels(columns[label], label),
        "vectors": _vectors(columns, label),
        "counts": counts,
        "missing": missing,
        "unknown": unknown,
        "name": name,
        "metric": metric,
    }


def _vectors(columns: pa.Table, label: str) -> np.ndarray:
    if "vector" in columns.column_names:
        return _lists(columns["vector"])
    wide = [column for column in columns.column_names if column not in (label, "count", *_DERIVED)]
    if not wide:
        raise DataError("the vectors must stand in a column 'vector' or in columns of numbers, however: there are none")
    return np.column_stack([_numbers(columns[column], column) for column in wide])


def _labels(column: pa.ChunkedArray, name: str) -> list[str]:
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    labels = [label or None for label in column.to_pylist()] if text else labels_of(column)
    if None in labels:
        raise DataError(f"column {name!r} must hold a label in each row, however: row {labels.index(None)} is missing")
    return [label for label in labels if label is not None]


def _numbers(column: pa.ChunkedArray, name: str) -> np.ndarray:
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(
            f"column {name!r} must hold numbers, however: its type is {kind}; leave it out, or name it as label="
        )
    if column.null_count:
        raise DataError(f"column {name!r} must hold a number in each row, however: {column.null_count} are missing")
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    numbers: np.ndarray = column.to_numpy()
    return numbers


def _lists(column: pa.ChunkedArray) -> np.ndarray:
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise DataError(f"column 'vector' must hold lists of numbers, however: its type is {kind}")
    if column.null_count:
        raise DataError(f"column 'vector' must hold a list in each row, however: {column.null_count} are missing")
    if pa.types.is_fixed_size_list(kind):
        return _numbers(pc.list_flatten(column), "vector").reshape(len(column), kind.list_size)
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if len(lengths) > 1:
        raise DataError(
            f"column 'vector' must hold lists of one length, however: there are lengths {sorted(lengths)[:5]}"
        )
    flat = _numbers(pc.list_flatten(column), "vector")
    return flat.reshape(len(column), lengths[0] if lengths else 0)
