"""CSV: columns label, count, kind and v0, v1, ...; quoted as RFC 4180 says, the shortest decimals that keep a float32.

``kind`` is "label" for the labels' rows; four more follow: "name" and "metric" (their text in the column label),
"missing" and "unknown" (their numbers in v0, v1, ...). The rows of labels are those with ``kind == "label"``.
"""

from __future__ import annotations

__all__ = ["read", "write"]

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...io.errors import DataError
from ..base import LabelledVectors
from ..frame import parts_of_columns
from ..parts import Parts
from .sniff import unreadable

_ROWS = 16_384
_BLOCK = 1 << 26  # bytes; no row may be longer
_EXPECTED = "a CSV table (columns label and v0, v1, ...)"
_LAST = ["name", "missing", "unknown", "metric"]


def write(table: LabelledVectors, path: Path) -> None:
    """Write a table."""
    width = [f"v{i}" for i in range(table.dim)]
    schema = pa.schema(
        {"label": pa.string(), "count": pa.int64(), "kind": pa.string(), **dict.fromkeys(width, pa.float32())}
    )
    with pa.csv.CSVWriter(path, schema) as file:
        for start in range(0, len(table), _ROWS):
            part = slice(start, start + _ROWS)
            labels = table.labels[part]
            file.write(_rows(schema, labels, table.counts[part], ["label"] * len(labels), table.vectors[part]))
        none = np.zeros_like(table.missing)
        vectors = np.stack([none, table.missing, table.unknown, none])
        # No name and an empty one differ: the count says whether there is one.
        counts = np.array([table.name is not None, 0, 0, 0])
        file.write(_rows(schema, [table.name or "", "", "", table.metric], counts, _LAST, vectors))


def _rows(schema: pa.Schema, labels: object, counts: np.ndarray, kinds: list[str], vectors: np.ndarray) -> pa.Table:
    columns = [
        pa.array(labels, pa.string()),
        pa.array(counts.astype(np.int64)),
        pa.array(kinds),
        *map(pa.array, vectors.T),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def read(path: Path) -> Parts:
    """Read a table; a CSV file of another hand needs a column label and columns of numbers.

    Raises:
        DataError: when it is no whole CSV file, or its columns are others.
    """
    try:
        with path.open("rb") as file:
            width = file.readline().count(b",") + 1
        columns = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(block_size=_BLOCK),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types={
                    "label": pa.string(),
                    "count": pa.int64(),
                    "kind": pa.string(),
                    **{f"v{i}": pa.float32() for i in range(width)},
                },
                null_values=[],
            ),
        )
        return _parts(columns)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, _EXPECTED, error) from error
    except DataError as error:
        raise unreadable(path, _EXPECTED, error) from error


def _parts(columns: pa.Table) -> Parts:
    if "kind" not in columns.column_names:
        return parts_of_columns(columns)
    kinds = columns["kind"]
    if kinds[-len(_LAST) :].to_pylist() != _LAST:
        raise DataError(f"its last rows must be of kind {', '.join(_LAST)}")
    columns = columns.drop_columns("kind")
    name, missing, unknown, metric = columns.slice(len(columns) - len(_LAST)).to_pylist()
    labels = columns.filter(pc.equal(kinds, "label"))
    width = [column for column in columns.column_names if column not in ("label", "count")]
    return parts_of_columns(
        labels,
        missing=[missing[v] for v in width],
        unknown=[unknown[v] for v in width],
        name=name["label"] if name["count"] else None,
        metric=metric["label"],
    )
