"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = ["BERTEmbedder", "Embedder", "EntityEmbedder", "LDAEmbedder", "PCAEmbedder"]

from typing import TYPE_CHECKING

from ..io.lazy import lazily

if TYPE_CHECKING:
    from .base import Embedder
    from .bert import BERTEmbedder
    from .entity import EntityEmbedder
    from .lda import LDAEmbedder
    from .pca import PCAEmbedder

_HOMES = {
    "BERTEmbedder": ".bert",
    "Embedder": ".base",
    "EntityEmbedder": ".entity",
    "LDAEmbedder": ".lda",
    "PCAEmbedder": ".pca",
}
# Some ways need TensorFlow, others don't.
__getattr__ = lazily(globals(), _HOMES)
