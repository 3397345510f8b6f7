"""Parquet: columns label, count and vector, which pandas, polars, DuckDB and embedding viewers read."""

from __future__ import annotations

__all__ = ["read", "write"]

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...io.errors import DataError
from ..base import LabelledVectors
from ..frame import parts_of_columns
from ..parts import Parts
from .sniff import unreadable

_KEY = b"tabembed"  # of the schema's metadata
_ROWS = 65_536


def write(table: LabelledVectors, path: Path) -> None:
    """Write a table; missing, unknown, name and metric stand in the schema's metadata, as JSON."""
    rest = {
        "missing": table.missing.tolist(),
        "unknown": table.unknown.tolist(),
        "name": table.name,
        "metric": table.metric,
    }
    schema = pa.schema(
        {"label": pa.string(), "count": pa.int64(), "vector": pa.list_(pa.float32(), table.dim)},
        metadata={_KEY: json.dumps(rest).encode()},
    )
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as file:
        for start in range(0, len(table), _ROWS):
            part = slice(start, start + _ROWS)
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(table.vectors[part].ravel()), table.dim)
            columns = [pa.array(table.labels[part], pa.string()), pa.array(table.counts[part]), vectors]
            file.write_table(pa.Table.from_arrays(columns, schema=schema))


def read(path: Path) -> Parts:
    """Read a table; a Parquet file of another hand needs a column label, and vector or columns of numbers.

    Raises:
        DataError: when it is no whole Parquet file, or its columns are others.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            return _parts(file)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise unreadable(path, "a Parquet file", error) from error


def _parts(file: pq.ParquetFile) -> Parts:
    rest: dict[str, Any] = json.loads((file.schema_arrow.metadata or {}).get(_KEY, b"{}"))
    batches = file.iter_batches(_ROWS)
    if not {"label", "vector"} <= set(file.schema_arrow.names):
        return parts_of_columns(pa.Table.from_batches(batches, file.schema_arrow), **rest)
    parts = [parts_of_columns(pa.Table.from_batches([batch]), **rest) for batch in batches]
    if not parts:
        return parts_of_columns(file.schema_arrow.empty_table(), **rest)
    return _joined(parts)


def _joined(parts: list[Parts]) -> Parts:
    """Join what the row groups hold; one at a time, so that Arrow's copy of the vectors never stands beside ours."""
    counts = [part["counts"] for part in parts if part["counts"] is not None]
    widths = {part["vectors"].shape[1] for part in parts}
    if len(widths) > 1:
        raise DataError(f"column 'vector' must hold lists of one length, however: there are lengths {sorted(widths)}")
    return {
        **parts[0],
        "labels": [label for part in parts for label in part["labels"]],
        "vectors": np.concatenate([part["vectors"] for part in parts]),
        "counts": np.concatenate(counts) if counts else None,
    }
