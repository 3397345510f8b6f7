"""Which files are streamed, and opening them for it, whatever their format."""

from __future__ import annotations

__all__ = ["are_streamed", "open_rows"]

from collections.abc import Mapping, Sequence

from .csv_spool import Reader, spool_csv
from .files import Paths, expand, is_parquet
from .row_groups import RowGroups

_LARGE, _LARGE_ZIPPED = 64 << 20, 8 << 20


def are_streamed(paths: Paths) -> bool:
    """Say whether files are read in a stream: Parquet always, CSV where it is large; memory holds the others.

    Args:
        paths: a path, a glob, a folder, or a list of these.

    Raises:
        DataError: when there is no such file, or they are of both formats.
    """
    files = expand(paths)
    if is_parquet(files[0]):
        return True
    sizes = {zipped: sum(f.stat().st_size for f in files if (f.suffix == ".gz") == zipped) for zipped in (False, True)}
    return sizes[False] > _LARGE or sizes[True] > _LARGE_ZIPPED


def open_rows(
    paths: Paths, columns: Sequence[str] | None = None, readers: Mapping[str, Reader] | None = None
) -> RowGroups:
    """Open files for streaming; CSV is read into temporary Parquet files first.

    Args:
        paths: a path, a glob, a folder, or a list of these.
        columns: keep just these, in this order.
        readers: of a CSV's columns, see ``spool_csv``.

    Raises:
        DataError: a file that can't be read or differs from the first one; no room for the temporary files.
        LabelError: a column that isn't there.
    """
    files = expand(paths)
    return RowGroups(files, columns) if is_parquet(files[0]) else spool_csv(files, columns, readers)
