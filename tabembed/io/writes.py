"""Writing aside and renaming, so that a failure leaves nothing half-written."""

from __future__ import annotations

__all__ = ["check_writable", "write_aside"]

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import DataError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EBUSY)


def check_writable(path: str | os.PathLike[str], *, directory: bool = False) -> Path:
    """Refuse an output that can't be written, before any work is done for it.

    Args:
        path: where a file, or with ``directory`` a folder, will stand; folders above it may be missing.
        directory: whether the output is a folder.

    Returns:
        The path, absolute, links resolved.

    Raises:
        DataError: when a file stands where a folder must be (or the other way), or nothing can be created there.

    Example:
        >>> check_writable("/dev/null/model.parquet")
        Traceback (most recent call last):
        tabembed.io.errors.DataError: output '/dev/null/model.parquet' can't be written: '/dev/null' is not a folder
    """
    text = os.fspath(path)
    target = Path(os.path.realpath(os.path.expanduser(text)))
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(target)  # refuses a name that is too long
        if directory and os.path.lexists(target) and not target.is_dir():
            raise DataError(f"output {text!r} must be a folder, however: a file stands there")
        if not directory and os.path.lexists(target) and not target.is_file():
            raise DataError(
                f"output {text!r} must be a file, however: a {'folder' if target.is_dir() else 'device'} stands there"
            )
        above = next((folder for folder in target.parents if os.path.lexists(folder)), target)
        if not above.is_dir():
            raise DataError(f"output {text!r} can't be written: {str(above)!r} is not a folder")
        with tempfile.TemporaryDirectory(dir=target if directory and target.is_dir() else above, prefix=".tabembed-"):
            pass
    except OSError as error:
        raise DataError(f"output {text!r} can't be written: {error.strerror or error}") from error
    return target


@contextmanager
def write_aside(
    path: str | os.PathLike[str], *, directory: bool = False, replace_directory: bool = False
) -> Iterator[Path]:
    """Write a file or a folder under another name beside its place, and rename it when all is written.

    Missing folders above it are created. A file that stands there is replaced. A folder is replaced if it is empty,
    or with ``replace_directory``; on failure what stood there before stands there still, and nothing else is left.

    Args:
        path: where the output will stand.
        directory: whether the output is a folder; it is then created empty.
        replace_directory: whether a folder that isn't empty may be replaced.

    Yields:
        The path to write to, with the same suffix.

    Raises:
        DataError: when it can't be written, is a folder that may not be replaced, or the disk is full.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "out" / "a.txt"
        >>> with write_aside(path) as aside:
        ...     _ = aside.write_text("done")
        >>> path.read_text()
        'done'
    """
    target = check_writable(path, directory=directory)
    if directory and not replace_directory and target.is_dir() and any(target.iterdir()):
        raise DataError(f"output {os.fspath(path)!r} must be a new or an empty folder, however: it holds files")
    made = _make_parents(target)
    aside = target.parent / f".{uuid.uuid4().hex[:12]}-{target.name[-40:]}"
    try:
        if directory:
            aside.mkdir()
        yield aside
        _put(aside, target)
    except BaseException as error:
        _remove(aside)
        with suppress(OSError):  # somebody else may have put something there
            for folder in made:
                folder.rmdir()
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise DataError(f"output {os.fspath(path)!r} can't be written: {error.strerror}") from error
        raise


def _make_parents(target: Path) -> list[Path]:
    """Create the missing folders above, and return them, the deepest first."""
    missing = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _put(aside: Path, target: Path) -> None:
    if not target.is_dir():
        os.replace(aside, target)
        return
    old = aside.with_name(f"{aside.name}-old")  # a folder can't be renamed onto one that holds files
    os.replace(target, old)
    try:
        os.replace(aside, target)
    except OSError:
        os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove(aside: Path) -> None:
    if aside.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.unlink(missing_ok=True)
