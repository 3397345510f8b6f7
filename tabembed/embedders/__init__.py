"""Every way to make embedding tables, behind one interface."""

from __future__ import annotations

__all__ = ["Embedder", "EntityEmbedder"]

from .base import Embedder
from .entity import EntityEmbedder
