"""Every way to make tables, behind one interface: ``fit``, ``tables_``, ``transform``."""

from __future__ import annotations

__all__ = [
    "BERTEmbedder",
    "CoVeEmbedder",
    "ELMoEmbedder",
    "Embedder",
    "EntityEmbedder",
    "FastTextEmbedder",
    "GPTEmbedder",
    "GloVeEmbedder",
    "LDAEmbedder",
    "PCAEmbedder",
    "TextEmbedder",
    "Word2VecEmbedder",
    "compare_embedders",
]

from typing import TYPE_CHECKING

from ..io.lazy import lazily

if TYPE_CHECKING:
    from .base import Embedder
    from .bert import BERTEmbedder
    from .comparison import compare_embedders
    from .cove import CoVeEmbedder
    from .elmo import ELMoEmbedder
    from .entity import EntityEmbedder
    from .fasttext import FastTextEmbedder
    from .glove import GloVeEmbedder
    from .gpt import GPTEmbedder
    from .lda import LDAEmbedder
    from .pca import PCAEmbedder
    from .text import TextEmbedder
    from .word2vec import Word2VecEmbedder

_HOMES = {
    "BERTEmbedder": ".bert",
    "CoVeEmbedder": ".cove",
    "ELMoEmbedder": ".elmo",
    "Embedder": ".base",
    "EntityEmbedder": ".entity",
    "FastTextEmbedder": ".fasttext",
    "GPTEmbedder": ".gpt",
    "GloVeEmbedder": ".glove",
    "LDAEmbedder": ".lda",
    "PCAEmbedder": ".pca",
    "TextEmbedder": ".text",
    "Word2VecEmbedder": ".word2vec",
    "compare_embedders": ".comparison",
}
# Some ways need TensorFlow, others don't.
__getattr__ = lazily(globals(), _HOMES)
