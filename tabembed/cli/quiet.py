"""Importing TensorFlow without the lines that its C++ side writes to stderr, whatever the log level."""

from __future__ import annotations

__all__ = ["import_tensorflow"]

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow in silence; where the import fails, what it wrote is shown.

    Example:
        >>> import_tensorflow()
        >>> "tensorflow" in __import__("sys").modules
        True
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"  # another one in the user's ~/.keras must not get in the way
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_aside():
        importlib.import_module("tensorflow")


@contextmanager
def _stderr_aside() -> Iterator[None]:
    """Send the file descriptor 2, which C++ writes to, into a file; show that file if the block fails."""
    if sys.stderr is None:  # it was closed; 2 may be any file now
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile("w+", errors="replace") as aside:
        os.dup2(aside.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        except KeyboardInterrupt:
            failed = False
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                aside.seek(0)
                shutil.copyfileobj(aside, sys.stderr)
