"""A folder of tables: one file each, and ``tables.json``, which says which column's table stands in which file."""

from __future__ import annotations

__all__ = ["load_tables", "save_tables"]

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ..io.errors import DataError
from ..io.writes import write_aside
from ..schema.names import safe_names
from .files import write_table
from .formats import projector
from .table import EmbeddingTable

_SUFFIX_OF = {
    "parquet": ".parquet",
    "npz": ".npz",
    "safetensors": ".safetensors",
    "word2vec": ".txt",
    "tensorboard": "",
}
_INDEX = "tables.json"


def save_tables(tables: Mapping[str, EmbeddingTable], folder: str | os.PathLike[str], format: str = "parquet") -> None:
    """Write tables into a folder, each under its column's safe name; written aside and renamed.

    A folder that ``save_tables`` wrote is replaced whole; another one must be new or empty. Columns that share one
    table share its file. "tensorboard" writes a folder each, and one configuration, so that ``tensorboard --logdir
    FOLDER`` shows all.

    Args:
        tables: column -> table, as ``est.tables_`` or ``extract_tables``.
        folder: where they will stand.
        format: "parquet", "npz", "safetensors", "word2vec" or "tensorboard".

    Raises:
        DataError: for another format, something that is no table, or a folder that can't be written.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> save_tables({"a/b": EmbeddingTable(["x"], [[1.0]])}, folder)
        >>> load_tables(folder)["a/b"].labels
        ('x',)
    """
    if format not in _SUFFIX_OF:
        raise DataError(f"format must be one of {', '.join(_SUFFIX_OF)}, however: format={format!r}")
    for column, table in tables.items():
        if not isinstance(column, str) or not isinstance(table, EmbeddingTable):
            raise DataError(f"tables must map column names to EmbeddingTables, however: {column!r} maps to {table!r}")
    owners = {id(table): column for column, table in reversed([*tables.items()])}  # the first column of each table
    safe = safe_names(tables)
    files = {column: safe[owners[id(table)]] + _SUFFIX_OF[format] for column, table in tables.items()}
    target = Path(folder)
    with write_aside(target, directory=True, replace_directory=(target / _INDEX).is_file()) as aside:
        for column in owners.values():
            _write(tables[column], aside / files[column])
        if format == "tensorboard":
            (aside / "projector_config.pbtxt").write_text(projector.config(files), encoding="utf-8")
        (aside / _INDEX).write_text(json.dumps(files, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write(table: EmbeddingTable, path: Path) -> None:
    if path.suffix:
        write_table(table, path)
    else:
        path.mkdir()
        projector.write(table, path)


def load_tables(folder: str | os.PathLike[str], mmap: bool = False) -> dict[str, EmbeddingTable]:
    """Load the tables that ``save_tables`` wrote; columns that shared a table share it again.

    Args:
        folder: the folder.
        mmap: open .npz and .safetensors files without reading their vectors.

    Raises:
        DataError: when there is no readable ``tables.json``, or it names a file outside the folder.

    Example:
        >>> load_tables("/dev/null")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: /dev/null/tables.json must be a file that save_tables wrote, however: ...
    """
    index = Path(folder) / _INDEX
    try:
        files: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))
        outside = next((file for file in files.values() if file != Path(file).name or not file.strip(".")), None)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{index} must be a file that save_tables wrote, however: {error}") from error
    if outside is not None:
        raise DataError(f"{index} must name files beside it, however: it names {outside!r}")
    tables = {file: EmbeddingTable.load(index.with_name(file), mmap=mmap) for file in dict.fromkeys(files.values())}
    return {column: tables[file] for column, file in files.items()}
