"""What the embedders share that gensim trains: sentences as words, and for how many epochs."""

from __future__ import annotations

__all__ = ["Corpus", "WordsEmbedder"]

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..io.errors import DataError, require
from ..nn.seeds import Seeds
from .beside import WINDOW, BesideEmbedder, check_number, check_whole
from .sentences import Sentences

_PAIRS, _FEWEST, _MOST = 1_000_000, 20, 500
"""Pair updates wanted, and the bounds of the epochs. Of planted groups in 6,000 rows gensim's own 5 epochs left the
neighbours at chance (27 % right), 20 found all."""
_BAG, _SEQUENCE = 50, 10_000
"""Words of a sentence at most: of a bag, whose pairs grow with the square, and what gensim reads of a sequence."""


class Corpus:
    """Sentences as lists of words, as often as gensim asks; long ones in pieces, bags shuffled anew each time.

    Args:
        sentences: of tokens.
        words: (tokens,) the word of each.
        seed: of the order within bags.

    Example:
        >>> from tabembed.schema.ragged import Ragged
        >>> from tabembed.embedders.sentences import Tokens
        >>> lists = Ragged.of(np.array([2, 0, 1, 2]), np.array([2, 2]))
        >>> list(Corpus(Sentences(Tokens((), np.array([0])), lists, ordered=True), ["a", "b", "c"], seed=0))
        [['c', 'a'], ['b', 'c']]
    """

    def __init__(self, sentences: Sentences, words: Sequence[str], seed: int) -> None:
        self.words = np.array(words, dtype=object)
        self.values, self.lengths = sentences.lists.values, sentences.lists.lengths
        longest = _SEQUENCE if sentences.ordered else _BAG
        self.shuffled = not sentences.ordered and bool((self.lengths > longest).any())
        self.pieces = _cut(self.lengths, longest)
        self.generator = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the pieces."""
        values = self.values
        if self.shuffled:
            sentence = np.repeat(np.arange(len(self.lengths)), self.lengths)
            values = values[np.lexsort((self.generator.random(len(values)), sentence))]
        words, end = self.words[values].tolist(), 0
        for length in self.pieces.tolist():
            start, end = end, end + length
            yield words[start:end]

    def pairs(self, window: int | None) -> int:
        """Return how many pairs one reading has, of a word and one of up to ``window`` beside it on each side."""
        beside = self.pieces - 1 if window is None else np.minimum(self.pieces - 1, 2 * window)
        return int((self.pieces * beside).sum())


def _cut(lengths: np.ndarray, longest: int) -> np.ndarray:
    """Return the lengths of the pieces of all lists, at most ``longest``, end to end."""
    pieces = np.maximum(-(-lengths // longest), 1)
    behind = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    # Pieces of one list differ by one at most: a last piece of one word would have nothing beside it.
    whole, rest = np.repeat(lengths // pieces, pieces), np.repeat(lengths % pieces, pieces)
    return whole + (behind < rest)


class WordsEmbedder(BesideEmbedder):
    """An embedder whose vectors gensim trains, with one worker, so that a seed gives the same ones again.

    Attributes:
        tables_: {column: EmbeddingTable}, measured by cosines.
        dims_: {column: the dimensions its vectors got}.
        n_epochs_: how often the sentences were read.
        schema_: the ``te.Schema`` of X (not kept by ``save``).
    """

    _learned: tuple[str, ...] = ("dims_", "n_epochs_")
    sg: bool
    negative: int
    epochs: int | None
    learning_rate: float
    random_state: Any

    def _check_settings(self) -> None:
        if self.sg not in (True, False):
            raise DataError(f"`sg` must be True (skip-gram) or False (CBOW), however: sg={self.sg!r}")
        check_whole("negative", self.negative)
        check_whole("epochs", self.epochs, none=True)
        check_number("learning_rate", self.learning_rate)

    def _trained(self, model: str, sentences: Sentences, words: Sequence[str], **more: Any) -> Any:
        """Return the vectors that a model of gensim learned; sets ``n_epochs_``."""
        models = require("gensim.models", "gensim")
        seeds = Seeds(self.random_state)
        corpus = Corpus(sentences, words, seeds.next())
        window = (self.window or WINDOW) if sentences.ordered else None
        wanted = -(-_PAIRS // max(corpus.pairs(window), 1))
        self.n_epochs_ = int(self.epochs or min(max(wanted, _FEWEST), _MOST))
        trained = getattr(models, model)(
            corpus,
            vector_size=self._vector_size,
            window=window or int(corpus.pieces.max()),
            shrink_windows=sentences.ordered,
            sg=int(self.sg),
            negative=self.negative,
            alpha=self.learning_rate,
            epochs=self.n_epochs_,
            min_count=1,  # the schema's own decides
            sample=0,  # in a table every word is frequent
            workers=1,
            seed=seeds.next(),
            **more,
        )
        return trained.wv
