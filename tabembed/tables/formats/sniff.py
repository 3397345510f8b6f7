"""Telling what a file really is, for the sentence that refuses it."""

from __future__ import annotations

__all__ = ["looks_like", "unreadable"]

import re
from pathlib import Path

from ...io.errors import DataError

_MAGIC = (
    (b"PAR1", "a Parquet file (.parquet)"),
    (b"PK\x03\x04", "a NumPy archive (.npz)"),
    (b"\x93NUMPY", "a single NumPy array (.npy)"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip file: unpack it"),
    (b"\x80\x04\x95", "a pickle, which is never read"),
    (b"label,", "a CSV file (.csv)"),
    (b'"label",', "a CSV file (.csv)"),
)


def looks_like(path: Path) -> str | None:
    """Say what a file looks like by its first bytes, None for nothing known.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_bytes(b"PAR1....")
        >>> looks_like(path)
        'a Parquet file (.parquet)'
    """
    with path.open("rb") as file:
        head = file.read(64)
    if head[8:10] == b'{"':
        return "a safetensors file (.safetensors)"
    if re.match(rb"\d+ \d+\r?\n", head):
        return "a word2vec file (.txt or .bin)"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def unreadable(path: Path, expected: str, cause: object) -> DataError:
    """Return the error for a file that can't be read: what was expected, what is wrong, what may help.

    Args:
        path: the file.
        expected: what its suffix promises.
        cause: what is wrong, a text or the reader's own error.

    Example:
        >>> print(unreadable(Path("/dev/null"), "a table", "it is empty"))
        /dev/null must be a table, however: it is empty; if it was cut short, write it again with EmbeddingTable.save
    """
    kind = looks_like(path)
    fix = "if it was cut short, write it again with EmbeddingTable.save"
    if kind is not None and path.suffix.lower() not in kind:
        fix = f"it looks like {kind}"
    return DataError(f"{path} must be {expected}, however: {str(cause).strip() or type(cause).__name__}; {fix}")
