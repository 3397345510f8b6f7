"""``FastTextEmbedder``: word2vec whose words are made of their letters."""

from __future__ import annotations

__all__ = ["FastTextEmbedder"]

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
from scipy import sparse

from ..io.errors import DataError, require
from ..schema.kinds import Categorical, ColumnKind
from ..schema.schema import Schema
from ..schema.vocabulary import FIRST_ID
from ..tables.reduce import Axes
from ..tables.table import EmbeddingTable
from .beside import check_whole
from .counted import Group
from .labelled import labelled_columns
from .ngrams import mark_of, ngrams_of, words_of
from .unseen import UnseenLabels
from .words import WordsEmbedder

_BUCKETS_AN_NGRAM, _MOST_BUCKETS = 8, 2_000_000
"""So few n-grams share a bucket (12 %); gensim's own number is the bound."""


class FastTextEmbedder(UnseenLabels, WordsEmbedder):
    """Learn a vector for each label, and for the parts of its text, from the labels beside it (fastText by gensim).

    Rows and groups are read as ``te.Word2VecEmbedder`` reads them. A label's vector is the mean of its own and those of
    its character n-grams, so that labels of like spelling begin alike. A label that was never seen, or that is below
    ``min_count``, gets the mean of those of its n-grams that were: a misspelt one comes near what it was meant to be.
    One that shares no n-gram with any label of its column gets the table's unknown vector.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None leaves it to the kind's rule.
        min_n: characters of an n-gram at the least, the marks of the word's ends counted.
        max_n: at the most.
        bucket: how many vectors the n-grams share while they are learned, by their hash; None for eight times as many
            as there are n-grams, at most two million.
        sg: True for skip-gram, False for continuous bags of words (CBOW).
        window: neighbours to each side in a sequence, 5 if None; only with ``order_by``. Of a row, or a group without
            order, all are neighbours; groups of more than 50 rows are shuffled and cut for each epoch.
        negative: words drawn as counter-examples for each pair.
        epochs: None for so many that there are a million pairs to learn from, and 20 to 500.
        learning_rate: at the start; it falls to nearly 0.
        group_by: the column, or columns, whose equal values make a group. These get no table and pass through. A row
            where one is missing is in no group.
        order_by: the column, or columns, that say which row of a group was earlier; no table either.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: makes training repeatable.

    Attributes:
        tables_: {column: EmbeddingTable}, measured by cosines.
        ngrams_: {column: EmbeddingTable} of the n-grams of its labels.
        marks_: {column: the character in front of its labels in ``ngrams_``}.
        dims_: {column: the dimensions its vectors got}.
        n_epochs_: how often the sentences were read.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        ImportError: in ``fit``, when gensim isn't installed (extra ``gensim``).
        LabelError: in ``fit``, for a column of ``group_by`` or ``order_by`` that isn't there.
        DataError: in ``fit``, where nothing stands beside a label, or an argument is out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"fan": [1, 1, 2, 2] * 9, "town": ["Boston", "Salem", "Tucson", "Yuma"] * 9})
        >>> embedder = te.FastTextEmbedder(dim=4, group_by="fan", random_state=0).fit(X)
        >>> embedder.tables_["town"].neighbors(embedder.vectors("town", ["Bostn"])[0], k=1)[0][0]
        'Boston'

    Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", TACL 5, arXiv 1607.04606, section
    3.
    """

    _learned = ("dims_", "n_epochs_", "marks_")
    _tables = ("tables_", "ngrams_")

    def __init__(
        self,
        dim: int | None = None,
        *,
        min_n: int = 3,
        max_n: int = 6,
        bucket: int | None = None,
        sg: bool = True,
        window: int | None = None,
        negative: int = 5,
        epochs: int | None = None,
        learning_rate: float = 0.025,
        group_by: str | Sequence[str] | None = None,
        order_by: str | Sequence[str] | None = None,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        random_state: Any = None,
    ) -> None:
        self.dim = dim
        self.min_n = min_n
        self.max_n = max_n
        self.bucket = bucket
        self.sg = sg
        self.window = window
        self.negative = negative
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.group_by = group_by
        self.order_by = order_by
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the tables.

        Args:
            X: (n, columns) a frame or a 2-D array; or files, a path, a glob or a list of these.
            y: not read.

        Returns:
            Itself, fitted.

        Raises:
            ImportError: when gensim isn't installed.
            DataError: for data that can't be learned from; the sentence names the column.
        """
        self._check_settings()
        self._check_ngrams()
        sentences = self._sentences(X)
        groups, labelled = sentences.tokens.groups, labelled_columns(self.schema_)
        _check_texts(labelled)
        words = words_of([labelled[group[0]].labels for group in groups])
        parts = {group: self._parts(words, rows) for group, rows in _slices(sentences.tokens.starts, groups).items()}
        bucket = self.bucket or min(_MOST_BUCKETS, _BUCKETS_AN_NGRAM * sum(map(len, parts.values())))
        learned = self._trained("FastText", sentences, words, min_n=self.min_n, max_n=self.max_n, bucket=max(bucket, 1))
        vectors = np.zeros((len(words), self._vector_size), np.float32)
        known = [at for at, word in enumerate(words) if word in learned.key_to_index]
        vectors[known] = learned[[words[at] for at in known]]
        turned = self._finish_rows(sentences, vectors)
        self._keep_ngrams(learned, parts, turned)
        return self

    def _unseen(self, column: str, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the means of the n-grams that are known."""
        parts, mark = self.ngrams_[column], self.marks_[column]
        cut = [ngrams_of(mark + label, self.min_n, self.max_n) for label in labels]
        of = np.repeat(np.arange(len(labels)), [len(own) for own in cut])
        rows = parts.ids(list(chain.from_iterable(cut))) - FIRST_ID
        of, rows = of[rows >= 0], rows[rows >= 0]
        counts = sparse.csr_matrix((np.ones(len(rows), np.float32), (of, rows)), (len(labels), len(parts)))
        found = np.bincount(of, minlength=len(labels))
        return (counts @ parts.vectors) / np.maximum(found, 1)[:, None], found > 0

    def _check_ngrams(self) -> None:
        check_whole("bucket", self.bucket, none=True)
        check_whole("min_n", self.min_n)
        check_whole("max_n", self.max_n)
        if self.min_n > self.max_n:
            raise DataError(f"`min_n` must be at most `max_n`, however: min_n={self.min_n!r}, max_n={self.max_n!r}")

    def _parts(self, words: Sequence[str], rows: slice) -> list[str]:
        """Return the distinct n-grams of a table's labels, in order."""
        labels = words[rows][FIRST_ID:]
        return list(dict.fromkeys(part for word in labels for part in ngrams_of(word, self.min_n, self.max_n)))

    def _keep_ngrams(self, learned: Any, parts: Mapping[Group, list[str]], turned: Mapping[Group, Axes]) -> None:
        """Set ``ngrams_`` and ``marks_``; the vector of an n-gram is that of its hash."""
        hashed = require("gensim.models.fasttext", "gensim").ft_hash_bytes
        self.ngrams_: dict[str, EmbeddingTable] = {}
        self.marks_: dict[str, str] = {}
        for at, (group, ngrams) in enumerate(parts.items()):
            rows = [hashed(ngram.encode()) % learned.bucket for ngram in ngrams]
            vectors = turned[group].of(learned.vectors_ngrams[rows])
            table = EmbeddingTable(ngrams, vectors, name=self.tables_[group[0]].name, metric="cosine")
            self.ngrams_ |= dict.fromkeys(group, table)
            self.marks_ |= dict.fromkeys(group, mark_of(at))


def _slices(starts: np.ndarray, groups: Sequence[Group]) -> dict[Group, slice]:
    """Return where each table's tokens are."""
    return {group: slice(*starts[at : at + 2].tolist()) for at, group in enumerate(groups)}


def _check_texts(labelled: Mapping[str, Categorical]) -> None:
    for name, kind in labelled.items():
        if kind.hash_buckets:
            raise DataError(
                f"column {name!r} must have a row for each label, whose text is read, however: it has "
                f"hash_buckets={kind.hash_buckets}; leave these out, since unseen labels get vectors anyway"
            )
