"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = ["Embedder", "EntityEmbedder"]

from .base import Embedder
from .entity import EntityEmbedder
