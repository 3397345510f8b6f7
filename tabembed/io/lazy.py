"""Packages whose public names load when they are first used (PEP 562)."""

from __future__ import annotations

__all__ = ["lazily"]

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(namespace: dict[str, Any], homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's ``__getattr__``, which imports a public name from its module at its first use.

    Args:
        namespace: the package's ``globals()``.
        homes: {name: the module it is in, relative to the package}.

    Example:
        >>> lazily({"__name__": "tabembed.io"}, {"DataError": ".errors"})("DataError").__name__
        'DataError'
    """

    def load(name: str) -> object:
        """Import the module of a name and keep the name."""
        if name not in homes:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(homes[name], namespace["__name__"]), name)
        namespace[name] = value
        return value

    return load
