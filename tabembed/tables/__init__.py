"""Embedding tables: labels and their vectors, to ask, to keep in files and to use in other libraries."""

from __future__ import annotations

__all__ = ["EmbeddingTable", "TableEncoder", "load_tables", "save_tables"]

from typing import TYPE_CHECKING, Any

from .folder import load_tables, save_tables
from .table import EmbeddingTable

if TYPE_CHECKING:
    from .encoder import TableEncoder


def __getattr__(name: str) -> Any:
    """Import the encoder, and scikit-learn with it, only when it is asked for."""
    if name == "TableEncoder":
        from .encoder import TableEncoder

        return TableEncoder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
