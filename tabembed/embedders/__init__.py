"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = [
    "BERTEmbedder",
    "CoVeEmbedder",
    "ELMoEmbedder",
    "Embedder",
    "EntityEmbedder",
    "GPTEmbedder",
    "LDAEmbedder",
    "PCAEmbedder",
]

from typing import TYPE_CHECKING

from ..io.lazy import lazily

if TYPE_CHECKING:
    from .base import Embedder
    from .bert import BERTEmbedder
    from .cove import CoVeEmbedder
    from .elmo import ELMoEmbedder
    from .entity import EntityEmbedder
    from .gpt import GPTEmbedder
    from .lda import LDAEmbedder
    from .pca import PCAEmbedder

_HOMES = {
    "BERTEmbedder": ".bert",
    "Embedder": ".base",
    "EntityEmbedder": ".entity",
    "CoVeEmbedder": ".cove",
    "ELMoEmbedder": ".elmo",
    "GPTEmbedder": ".gpt",
    "LDAEmbedder": ".lda",
    "PCAEmbedder": ".pca",
}
# Some ways need TensorFlow, others don't.
__getattr__ = lazily(globals(), _HOMES)
