"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = ["Embedder", "EntityEmbedder", "LDAEmbedder", "PCAEmbedder"]

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Embedder
    from .entity import EntityEmbedder
    from .lda import LDAEmbedder
    from .pca import PCAEmbedder

_HOMES = {"Embedder": ".base", "EntityEmbedder": ".entity", "LDAEmbedder": ".lda", "PCAEmbedder": ".pca"}


def __getattr__(name: str) -> object:
    """Load a way at its first use: some need TensorFlow, others don't."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
