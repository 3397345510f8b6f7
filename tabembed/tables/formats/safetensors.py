"""safetensors: tensors vectors, counts, missing, unknown, label_bytes and label_offsets (see ``packed``).

Name and metric stand in the file's metadata. Any safetensors library reads it, and it can be mapped.
"""

from __future__ import annotations

__all__ = ["read", "write"]

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...io.errors import require
from ..base import LabelledVectors
from ..index import MappedLabels
from ..parts import Parts
from .packed import pack, unpack
from .sniff import unreadable

_DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U8": np.uint8}
_EXPECTED = "a safetensors table (tensors vectors, label_bytes and label_offsets)"


def write(table: LabelledVectors, path: Path) -> None:
    """Write a table.

    Raises:
        ImportError: when safetensors isn't installed.
    """
    safetensors = require("safetensors.numpy", "safetensors")
    text, offsets = pack(table.labels)
    tensors = {
        "vectors": table.vectors,
        "counts": table.counts,
        "missing": table.missing,
        "unknown": table.unknown,
        "label_bytes": text,
        "label_offsets": offsets,
    }
    about = {"tabembed": json.dumps({"name": table.name, "metric": table.metric})}
    safetensors.save_file(tensors, path, metadata=about)


def read(path: Path, mmap: bool = False) -> Parts:
    """Read a table, or open it without reading its vectors.

    Raises:
        ImportError: when safetensors isn't installed.
        DataError: when it is no whole safetensors file, or holds other tensors.
    """
    safetensors = require("safetensors", "safetensors")
    try:
        with safetensors.safe_open(path, "np") as file:  # checks the header against the file's size
            about = json.loads((file.metadata() or {}).get("tabembed", "{}"))
            tensors = _mapped(path) if mmap else {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        labels = unpack(tensors["label_bytes"], tensors["label_offsets"])
        return {
            "labels": MappedLabels(labels) if mmap else labels.to_pylist(),
            "vectors": tensors["vectors"],
            "counts": tensors.get("counts"),
            "missing": tensors.get("missing"),
            "unknown": tensors.get("unknown"),
            "name": about.get("name"),
            "metric": about.get("metric", "euclidean"),
        }
    except KeyError as error:
        raise unreadable(path, _EXPECTED, f"there is no tensor {error}") from error
    except (safetensors.SafetensorError, pa.ArrowInvalid, OSError, ValueError) as error:
        raise unreadable(path, _EXPECTED, error) from error


def _mapped(path: Path) -> dict[str, np.ndarray]:
    """Map each tensor where it lies: eight bytes say how long the JSON header is, and it says where the tensors are."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    tensors = {}
    for key, entry in header.items():
        dtype, shape, start = _DTYPES[entry["dtype"]], tuple(entry["shape"]), 8 + length + entry["data_offsets"][0]
        tensors[key] = np.memmap(path, dtype, "r", start, shape) if math.prod(shape) else np.empty(shape, dtype)
    return tensors
