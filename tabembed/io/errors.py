"""The errors and warnings a user can cause: one sentence that names the column, the cause and the fix."""

from __future__ import annotations

__all__ = ["DataError", "DataWarning", "LabelError", "require"]

import importlib
from types import ModuleType


class DataError(ValueError):
    """What the user gave can't be used; the message says which column, what was expected, what came, and the fix."""


class LabelError(DataError, KeyError):
    """A label (or a column) that isn't there, said with the closest names; a ``KeyError`` as mappings raise."""

    def __str__(self) -> str:
        """Return the plain sentence (``KeyError`` alone would print its ``repr``)."""
        return str(self.args[0]) if self.args else ""


class DataWarning(UserWarning):
    """Something in the data that works but may not be what the user meant; always names the column."""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Args:
        module: the dotted name to import.
        extra: the extra of ``setup.cfg`` that installs it.

    Returns:
        The imported module.

    Raises:
        ImportError: when it isn't installed; the message holds the ``pip`` command.

    Example:
        >>> require("json", "test").__name__
        'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"this needs {package!r}, which is not installed: pip install 'tabembed[{extra}]'") from error
