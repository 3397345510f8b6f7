"""TensorBoard's projector: a folder with vectors.tsv, metadata.tsv (label, count) and projector_config.pbtxt.

``table.json`` beside them keeps missing, unknown, name and metric. Tabs, line ends and ``%`` in labels are
percent-encoded. Several tables are one folder each under one ``projector_config.pbtxt``, so that ``tensorboard --logdir
FOLDER`` shows them all.
"""

from __future__ import annotations

__all__ = ["config", "read", "write"]

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...io.errors import DataError
from ..base import LabelledVectors
from ..parts import Parts
from .escapes import escape, unescape

_ROWS = 16_384
_EXPECTED = "a projector folder that EmbeddingTable wrote"


def write(table: LabelledVectors, folder: Path) -> None:
    """Write a table into an empty folder."""
    with (folder / "vectors.tsv").open("wb") as vectors, (folder / "metadata.tsv").open("wb") as metadata:
        metadata.write(b"label\tcount\n")
        for start in range(0, len(table), _ROWS):
            part = slice(start, start + _ROWS)
            columns = [pa.array(column).cast(pa.string()) for column in table.vectors[part].T]
            lines = pc.binary_join_element_wise(*columns, "\t").to_pylist()
            vectors.write(("\n".join(lines) + "\n").encode())
            told = zip(table.labels[part], table.counts[part].tolist(), strict=True)
            metadata.write("".join(f"{escape(label, keep=' ')}\t{count}\n" for label, count in told).encode())
    rest = {
        "name": table.name,
        "metric": table.metric,
        "missing": table.missing.tolist(),
        "unknown": table.unknown.tolist(),
    }
    (folder / "table.json").write_text(json.dumps(rest), encoding="utf-8")
    (folder / "projector_config.pbtxt").write_text(config({table.name or "table": "."}), encoding="utf-8")


def config(folders: Mapping[str, str]) -> str:
    """Return a projector configuration (TensorBoard's ``projector_config.proto``, as text).

    Args:
        folders: tensor name -> the folder of its files, relative to the configuration.

    Example:
        >>> print(config({"dest": "."}), end="")
        embeddings {
          tensor_name: "dest"
          tensor_path: "./vectors.tsv"
          metadata_path: "./metadata.tsv"
        }
    """
    return "".join(
        f"embeddings {{\n  tensor_name: {_quoted(name)}\n  tensor_path: {_quoted(f'{folder}/vectors.tsv')}\n"
        f"  metadata_path: {_quoted(f'{folder}/metadata.tsv')}\n}}\n"
        for name, folder in folders.items()
    )


def _quoted(text: str) -> str:
    """Return a string as protobuf's text format writes it: what isn't plain ASCII in octal."""
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(plain)}"'


def read(folder: Path) -> Parts:
    """Read a table.

    Raises:
        DataError: when the folder isn't one that ``write`` wrote, or its files don't go together.
    """
    try:
        rest = json.loads((folder / "table.json").read_text(encoding="utf-8"))
        lines = (folder / "metadata.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
        told = [line.split("\t") for line in lines]
        vectors = (
            _numbers(folder / "vectors.tsv", len(rest["missing"])) if told else np.empty((0, len(rest["missing"])))
        )
        return {
            "labels": [unescape(label) for label, _ in told],
            "counts": np.array([int(count) for _, count in told], np.int64),
            "vectors": vectors,
            "missing": rest["missing"],
            "unknown": rest["unknown"],
            "name": rest["name"],
            "metric": rest["metric"],
        }
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowInvalid) as error:
        raise DataError(
            f"{folder} must be {_EXPECTED}, however: {error}; write it again with save_projector"
        ) from error


def _numbers(path: Path, dim: int) -> np.ndarray:
    names = [str(i) for i in range(dim)]
    columns = pa.csv.read_csv(
        path,
        pa.csv.ReadOptions(column_names=names),
        pa.csv.ParseOptions(delimiter="\t"),
        pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float32()), null_values=[]),
    )
    return np.column_stack([columns[name].to_numpy() for name in names])
