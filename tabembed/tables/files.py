"""Saving and loading by suffix."""

from __future__ import annotations

__all__ = ["read_table", "write_projector", "write_table"]

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from ..io.errors import DataError
from ..io.writes import write_aside
from .base import LabelledVectors
from .formats import csv, npz, parquet, projector, safetensors, word2vec
from .formats.sniff import looks_like
from .parts import Parts

Write = Callable[[LabelledVectors, Path], None]
Read = Callable[[Path], Parts]

_FORMATS: dict[str, tuple[Write, Read]] = {
    ".parquet": (parquet.write, parquet.read),
    ".npz": (npz.write, npz.read),
    ".safetensors": (safetensors.write, safetensors.read),
    ".txt": (word2vec.write_text, word2vec.read_text),
    ".vec": (word2vec.write_text, word2vec.read_text),
    ".bin": (word2vec.write_binary, word2vec.read_binary),
    ".csv": (csv.write, csv.read),
}
_MAPPED: dict[str, ModuleType] = {".npz": npz, ".safetensors": safetensors}


def write_table(table: LabelledVectors, path: Path) -> None:
    """Answer ``EmbeddingTable.save``."""
    write = _format_of(path)[0]
    with write_aside(path) as aside:
        write(table, aside)


def write_projector(table: LabelledVectors, folder: Path) -> None:
    """Answer ``EmbeddingTable.save_projector``."""
    with write_aside(folder, directory=True, replace_directory=(folder / "table.json").is_file()) as aside:
        projector.write(table, aside)


def read_table(path: Path, mmap: bool = False) -> Parts:
    """Answer ``EmbeddingTable.load``."""
    if path.is_dir():
        if mmap:
            raise DataError(f"mmap=True needs one of {', '.join(_MAPPED)}, however: {path} is a folder")
        return projector.read(path)
    _, read = _format_of(path)
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r} to load a table from")
    if not mmap:
        return read(path)
    mapped = _MAPPED.get(path.suffix.lower())
    if mapped is None:
        raise DataError(
            f"mmap=True needs one of {', '.join(_MAPPED)}, however: {path}; save the table as one of these first"
        )
    parts: Parts = mapped.read(path, mmap=True)
    return parts


def _format_of(path: Path) -> tuple[Write, Read]:
    if path.suffix.lower() not in _FORMATS:
        kind = looks_like(path) if path.is_file() else None
        hint = f"; it looks like {kind}" if kind else ""
        raise DataError(f"a table's file must end in one of {', '.join(_FORMATS)}, however: {str(path)!r}{hint}")
    return _FORMATS[path.suffix.lower()]
