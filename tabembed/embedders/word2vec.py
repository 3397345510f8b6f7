"""``Word2VecEmbedder``: rows, or groups of rows, read as sentences."""

from __future__ import annotations

__all__ = ["Word2VecEmbedder"]

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .words import WordsEmbedder


class Word2VecEmbedder(WordsEmbedder):
    """Learn a vector for each label by predicting the labels beside it (word2vec by gensim), without a target.

    A row is a sentence of its labels, whose order says nothing. With ``group_by`` the labels that a column has in the
    rows of one group are a sentence instead: the events of an athlete, the products of a basket (item2vec). Each
    column has sentences of its own then; ``order_by`` puts them in order, and the window counts.

    A missing cell is a word like any other, and so are all labels below ``min_count`` together; where there are none
    of these, missing and unknown get the mean of the labels' vectors, as does a label that never stands beside another.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None leaves it to the kind's rule.
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
        dims_: {column: the dimensions its vectors got}.
        n_epochs_: how often the sentences were read.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        ImportError: in ``fit``, when gensim isn't installed (extra ``gensim``).
        LabelError: in ``fit``, for a column of ``group_by`` or ``order_by`` that isn't there.
        DataError: in ``fit``, where nothing stands beside a label, or an argument is out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"fan": [1, 1, 2, 2, 3, 3, 4, 4] * 9, "team": [*"ababxyxy"] * 9})
        >>> embedder = te.Word2VecEmbedder(dim=4, group_by="fan", random_state=0).fit(X)
        >>> embedder.tables_["team"].neighbors("a", k=1)[0][0]
        'b'

    Source: Mikolov et al. 2013, arXiv 1301.3781 (CBOW, skip-gram), arXiv 1310.4546, section 2.2 (negative sampling);
    Barkan & Koenigstein 2016, arXiv 1603.04259 (item2vec: sets in place of sequences).
    """

    def __init__(
        self,
        dim: int | None = None,
        *,
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
        sentences = self._sentences(X)
        words = [str(token) for token in range(int(sentences.tokens.starts[-1]))]
        learned = self._trained("Word2Vec", sentences, words)
        vectors = np.zeros((len(words), self._vector_size), np.float32)
        vectors[[int(word) for word in learned.index_to_key]] = learned.vectors
        self._finish_rows(sentences, vectors)
        return self
