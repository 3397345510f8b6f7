"""CSV and Parquet files into one Arrow table: a path, a glob, a folder or a list of these."""

from __future__ import annotations

__all__ = ["SUFFIXES", "are_parquet", "expand", "is_parquet", "read_files"]

import glob
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa

from .errors import DataError
from .names import did_you_mean

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def read_files(paths: Paths, columns: Sequence[str] | None = None, text: Collection[str] = ()) -> pa.Table:
    r"""Read CSV or Parquet files into one table.

    Args:
        paths: a path, a glob, a folder, or a list of these. The files of a glob or a folder are read in sorted order.
        columns: keep just these, in this order; the others are not read.
        text: the columns of a CSV to leave as text, whatever they look like.

    Returns:
        The (n, columns) table. The columns of CSV files are typed over all the files, see ``typed``.

    Raises:
        DataError: a file that isn't there, isn't what its suffix says, is damaged, or differs from the first one.
        LabelError: a column that isn't there.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "zips.csv"
        >>> _ = path.write_text("zip,price\n00501,5\n10001,7\n")
        >>> read_files(path).to_pydict()
        {'zip': ['00501', '10001'], 'price': [5, 7]}
    """
    files = expand(paths)
    if is_parquet(files[0]):
        from .parquet_files import read_parquet

        return read_parquet(files, columns)
    from .csv_files import read_csv

    return read_csv(files, columns, text)


def are_parquet(paths: Paths) -> bool:
    """Say whether paths are of Parquet files, which can be streamed, and not of CSV ones.

    Args:
        paths: a path, a glob, a folder, or a list of these.

    Raises:
        DataError: when there is no such file, or they are of both.
    """
    return is_parquet(expand(paths)[0])


def is_parquet(path: Path) -> bool:
    """Say whether a path's suffix is Parquet's.

    Example:
        >>> is_parquet(Path("flights.parquet")), is_parquet(Path("flights.csv.gz"))
        (True, False)
    """
    return path.name.casefold().endswith(".parquet")


def expand(paths: Paths) -> list[Path]:
    """List the files that paths, globs and folders name.

    Args:
        paths: a path, a glob, a folder, or a list of these.

    Returns:
        The files: those of a glob or a folder sorted, a list's in its own order.

    Raises:
        DataError: a path that isn't there, a glob or folder without files, a suffix that isn't read, a file named
            twice, CSV beside Parquet.

    Example:
        >>> expand("no_such_file.csv")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: there is no file 'no_such_file.csv'...
    """
    listed = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    files = [file for path in listed for file in _expand_one(str(path))]
    if not files:
        raise DataError("paths must name at least one file, however: the list is empty")
    for file in files:
        if not file.name.casefold().endswith(SUFFIXES):
            raise DataError(f"file {str(file)!r} must end in one of {', '.join(SUFFIXES)}; other formats are not read")
    if len(set(files)) < len(files):
        twice = next(file for at, file in enumerate(files) if file in files[:at])
        raise DataError(f"file {str(twice)!r} is named twice: its rows would count twice")
    other = next((file for file in files if is_parquet(file) != is_parquet(files[0])), None)
    if other is not None:
        raise DataError(
            f"files must be all CSV or all Parquet, however: {str(files[0])!r} stands beside {str(other)!r}"
        )
    return files


def _expand_one(text: str) -> list[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        found = sorted(
            file for file in path.iterdir() if file.name.casefold().endswith(SUFFIXES) and file.name[0] not in "._"
        )
        if not found:
            raise DataError(
                f"folder {text!r} must hold files that end in {', '.join(SUFFIXES)}, however: it holds none"
            )
        return found
    if path.exists():
        return [path]
    if glob.has_magic(text):
        found = sorted(Path(match) for match in glob.glob(str(path), recursive=True) if os.path.isfile(match))
        if not found:
            raise DataError(f"the pattern {text!r} matches no file")
        return found
    raise DataError(f"there is no file {text!r}; {_closest_file(path)}")


def _closest_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r} either"
    names = sorted(file.name for file in path.parent.iterdir() if file.name.casefold().endswith(SUFFIXES))
    return did_you_mean(path.name, names, "files beside it")
