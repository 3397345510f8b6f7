"""NumPy's .npz: plain arrays, loaded with ``allow_pickle=False``, uncompressed and aligned so that it can be mapped.

Arrays: ``labels`` (n,) text, ``vectors`` (n, dim) float32, ``counts`` (n,) int64, ``missing`` and ``unknown`` (dim,),
and ``about``, JSON with name and metric. NumPy's text arrays are as wide as the longest label and lose a final NUL:
where a label is longer than 64 characters or ends so, ``label_bytes`` and ``label_offsets`` (see ``packed``) stand in.
"""

from __future__ import annotations

__all__ = ["read", "write"]

import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...io.errors import DataError
from ..base import LabelledVectors
from ..index import MappedLabels
from ..parts import Parts
from .packed import pack, unpack
from .sniff import unreadable

_WIDEST = 64
_ALIGNED = 64  # bytes, like NumPy's own header
_LOCAL_HEADER, _ZIP64_EXTRA = 30, 20
_PADDING = 0xD935  # the extra field that Android's zipalign pads with
_CHUNK = 65_536
_EXPECTED = "an .npz table (arrays vectors and labels)"


def write(table: LabelledVectors, path: Path) -> None:
    """Write a table."""
    about = np.array(json.dumps({"name": table.name, "metric": table.metric}))
    arrays = {
        "vectors": table.vectors,
        "counts": table.counts,
        "missing": table.missing,
        "unknown": table.unknown,
        "about": about,
        **_label_arrays(table.labels),
    }
    with path.open("wb") as raw, zipfile.ZipFile(raw, "w") as archive:
        for key, array in arrays.items():
            member = zipfile.ZipInfo(f"{key}.npy")
            header = _LOCAL_HEADER + len(member.filename) + _ZIP64_EXTRA + 6
            gap = -(raw.tell() + header) % _ALIGNED
            member.extra = struct.pack("<HHH", _PADDING, 2 + gap, _ALIGNED) + bytes(gap)
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def _label_arrays(labels: Sequence[str]) -> dict[str, np.ndarray]:
    if all(len(label) <= _WIDEST and label[-1] != "\0" for label in labels):
        return {"labels": np.array(tuple(labels), np.str_)}
    text, offsets = pack(labels)
    return {"label_bytes": text, "label_offsets": offsets}


def read(path: Path, mmap: bool = False) -> Parts:
    """Read a table, or open it without reading its vectors.

    Raises:
        DataError: when it is no whole .npz, holds other arrays, or is compressed and was to be mapped.
    """
    try:
        if mmap:
            return _parts(dict(_mapped(path)), MappedLabels)
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
            return _parts(archive, pa.LargeStringArray.to_pylist)
    except DataError:
        raise
    except KeyError as error:
        raise unreadable(path, _EXPECTED, f"there is no array {error}") from error
    except (zipfile.BadZipFile, pa.ArrowInvalid, OSError, ValueError, EOFError, TypeError) as error:
        raise unreadable(path, _EXPECTED, error) from error


def _parts(arrays: Mapping[str, np.ndarray], as_labels: Callable[[pa.LargeStringArray], Sequence[str]]) -> Parts:
    about = json.loads(arrays["about"].item()) if "about" in arrays else {}
    if "label_bytes" in arrays:
        labels = unpack(arrays["label_bytes"], arrays["label_offsets"])
    else:
        labels = _text(arrays["labels"])
    return {
        "labels": as_labels(labels),
        "vectors": arrays["vectors"],
        "counts": arrays.get("counts"),
        "missing": arrays.get("missing"),
        "unknown": arrays.get("unknown"),
        "name": about.get("name"),
        "metric": about.get("metric", "euclidean"),
    }


def _text(labels: np.ndarray) -> pa.LargeStringArray:
    if labels.dtype.kind != "U":
        raise TypeError(f"labels must be text, however: their dtype is {labels.dtype}")
    chunks = [
        pa.array(labels[start : start + _CHUNK].tolist(), pa.large_string()) for start in range(0, len(labels), _CHUNK)
    ]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.large_string())


def _mapped(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of an uncompressed archive, each mapped where it lies."""
    with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise DataError(
                    f"{path} is compressed and can't be mapped; load it, and save it with EmbeddingTable.save"
                )
            raw.seek(member.header_offset + 26)
            raw.seek(sum(struct.unpack("<HH", raw.read(4))), 1)  # the name and the extra fields
            version = np.lib.format.read_magic(raw)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = header(raw)
            if dtype.hasobject:
                raise DataError(f"{path} holds pickled objects in {member.filename}, which are never read")
            array = np.empty(shape, dtype)
            if array.size:
                array = np.memmap(path, dtype, "r", raw.tell(), shape, order="F" if fortran else "C")
            yield member.filename.removesuffix(".npy"), array
