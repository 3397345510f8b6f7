"""``GloVeEmbedder``: vectors whose products are the logarithms of how often labels stand together."""

from __future__ import annotations

__all__ = ["GloVeEmbedder"]

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..nn.seeds import Seeds
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .beside import WINDOW, BesideEmbedder, check_number, check_whole
from .cooccurrence import cooccurrences
from .glove_fit import Weights, fit_glove

_LEAST = 32
"""Dims to learn at the least; narrower tables are these on their principal axes. Planted groups in 6,000 rows: 45 % of
neighbours right when learned in 4 dims, all when turned from 32 to 4. Olympic events in 8 dims: 68 % and 73 %."""


class GloVeEmbedder(BesideEmbedder):
    """Learn a vector for each label from how often labels stand beside each other (GloVe), without a target.

    Labels stand beside each other in a row. With ``group_by`` those of a column that are in the rows of one group do
    instead, each column for itself; with ``order_by``, too, only those up to ``window`` places apart, a pair counting
    one by its distance. Only counts are read, so the order of the rows doesn't matter.

    A missing cell is a word like any other, and so are all labels below ``min_count`` together; where there are none
    of these, missing and unknown get the mean of the labels' vectors, as does a label that never stands beside another.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None leaves it to the kind's rule.
            At least 32 are learned; fewer are these on their principal axes.
        x_max: the count from which a pair has its full weight. The paper has 100, for billions of words.
        alpha: how fast the weight rises to it.
        window: neighbours to each side in a sequence, 5 if None; only with ``order_by``.
        epochs: steps of AdaGrad on all pairs. More fit the counts more closely, and rare pairs too closely.
        learning_rate: AdaGrad's.
        group_by: the column, or columns, whose equal values make a group. These get no table and pass through. A row
            where one is missing is in no group.
        order_by: the column, or columns, that say which row of a group was earlier; no table either.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: of the first vectors.

    Attributes:
        tables_: {column: EmbeddingTable}, measured by cosines; a label's vectors as word and as context, added.
        dims_: {column: the dimensions its vectors got}.
        losses_: the weighted squares that were minimised, before each step.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        LabelError: in ``fit``, for a column of ``group_by`` or ``order_by`` that isn't there.
        DataError: in ``fit``, where nothing stands beside a label, or an argument is out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"fan": [1, 1, 2, 2, 3, 3, 4, 4] * 9, "team": [*"ababxyxy"] * 9})
        >>> embedder = te.GloVeEmbedder(dim=4, group_by="fan", random_state=0).fit(X)
        >>> embedder.tables_["team"].neighbors("a", k=1)[0][0]
        'b'

    Source: Pennington et al. 2014, "GloVe: Global Vectors for Word Representation" (EMNLP), sections 3 and 4.2; one
    step for all pairs in place of one for each, as in ``mittens`` (Dingwall & Potts 2018, arXiv 1803.09901).
    """

    _learned = ("dims_", "losses_")

    def __init__(
        self,
        dim: int | None = None,
        *,
        x_max: float = 10.0,
        alpha: float = 0.75,
        window: int | None = None,
        epochs: int = 25,
        learning_rate: float = 0.05,
        group_by: str | Sequence[str] | None = None,
        order_by: str | Sequence[str] | None = None,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        random_state: Any = None,
    ) -> None:
        self.dim = dim
        self.x_max = x_max
        self.alpha = alpha
        self.window = window
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
            DataError: for data that can't be learned from; the sentence names the column.
        """
        self._check_settings()
        sentences = self._sentences(X)
        counts = cooccurrences(sentences, self.window or WINDOW)
        generator = np.random.default_rng(Seeds(self.random_state).next())
        weights = Weights.drawn(counts.shape[0], max(self._vector_size, _LEAST), generator)
        self.losses_ = fit_glove(
            counts,
            weights,
            epochs=self.epochs,
            x_max=self.x_max,
            alpha=self.alpha,
            learning_rate=self.learning_rate,
        )
        self._finish_rows(sentences, weights.words + weights.contexts)
        return self

    def _check_settings(self) -> None:
        for argument in ("x_max", "alpha", "learning_rate"):
            check_number(argument, getattr(self, argument))
        check_whole("epochs", self.epochs)
