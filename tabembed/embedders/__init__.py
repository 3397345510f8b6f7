"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = [
    "Embedder",
    "EntityEmbedder",
    "FastTextEmbedder",
    "GloVeEmbedder",
    "LDAEmbedder",
    "PCAEmbedder",
    "Word2VecEmbedder",
]

from typing import TYPE_CHECKING

from ..io.lazy import lazily

if TYPE_CHECKING:
    from .base import Embedder
    from .entity import EntityEmbedder
    from .fasttext import FastTextEmbedder
    from .glove import GloVeEmbedder
    from .lda import LDAEmbedder
    from .pca import PCAEmbedder
    from .word2vec import Word2VecEmbedder

_HOMES = {
    "Embedder": ".base",
    "EntityEmbedder": ".entity",
    "FastTextEmbedder": ".fasttext",
    "GloVeEmbedder": ".glove",
    "LDAEmbedder": ".lda",
    "PCAEmbedder": ".pca",
    "Word2VecEmbedder": ".word2vec",
}
# Some ways need TensorFlow, others don't.
__getattr__ = lazily(globals(), _HOMES)
