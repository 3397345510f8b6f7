"""``ELMoEmbedder``: language models over a row's cells in both directions, their layers mixed."""

from __future__ import annotations

__all__ = ["ELMoEmbedder"]

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..nn.cells.directions import DirectedCells
from ..nn.cells.mixing import learn_mixture
from ..nn.networks.checks import check_shares, check_whole
from ..nn.recipe import Recipe
from ..nn.seeds import Seeds
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .contextual import ContextualEmbedder
from .labelled import labelled_columns
from .targets import one_target

_ROWS = 20_000  # that the mixture is learned from, drawn: its few scalars need no more


class ELMoEmbedder(ContextualEmbedder):
    """Learn vectors of labels in their rows by two LSTM language models: each cell from those before, and those after.

    Only columns of labels are read, the others pass through. A cell's vector is a mixture of layers: its static vector
    twice, and the states of each LSTM layer in both directions. With y the scalars of the mixture are learned from it,
    beside a linear prediction of y, while the language models stay as they are; without y all layers count alike.

    Each step looks at all labels of a column; of columns of more than 5,000 labels at those in the batch.

    Args:
        dim: of a cell's vector, an even number; half of it for each direction, and for the static vectors.
        layers: of each LSTM.
        dropout: share of an LSTM's inputs dropped while training.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``: how y is read.
        epochs: passes over the rows.
        batch_size: rows a step, or ``"auto"``.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: makes training repeatable.
        verbose: 1 for a line an epoch, 0 for silence.

    Attributes:
        tables_: {column: EmbeddingTable}, the static vectors, of dim / 2; outputs are tied to them.
        columns_: the labelled columns, in the order of ``transform_cells``.
        shares_: how much each layer counts, the static one first; they sum to 1.
        history_: {"loss": [...]}: by epoch the mean cost of a told cell, in nats.
        schema_: the ``te.Schema`` of X.
        model_: the Keras model.

    Raises:
        DataError: in ``fit``, for data that can't be learned from, or an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"city": ["Springfield", "Springfield", "Boston"] * 40, "state": ["IL", "MA", "MA"] * 40})
        >>> elmo = te.ELMoEmbedder(dim=8, layers=1, epochs=1, random_state=0).fit(X)
        >>> elmo.transform_cells(X).shape, elmo.tables_["city"].dim, elmo.shares_
        ((120, 2, 8), 4, [0.5, 0.5])

    Source: Peters et al. 2018, "Deep contextualized word representations", arXiv 1802.05365, section 3.
    """

    _learned = (*ContextualEmbedder._learned, "shares_")
    _only_labels = True
    _parts = 2

    def __init__(
        self,
        dim: int = 32,
        *,
        layers: int = 2,
        dropout: float = 0.1,
        task: str = "auto",
        epochs: int = 20,
        batch_size: int | str = "auto",
        learning_rate: float = 5e-3,
        weight_decay: float = 0.01,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.dim = dim
        self.layers = layers
        self.dropout = dropout
        self.task = task
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from rows; with y the layers' mixture too.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: (n,) numbers or classes that the mixture is to tell, or None.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        return super().fit(X, y)

    def _model(self, schema: Schema, seeds: Seeds) -> DirectedCells:
        check_whole("layers", self.layers)
        check_shares(dropout=self.dropout)
        return DirectedCells(
            schema, list(labelled_columns(schema)), self.dim // 2, seeds, self.layers, float(self.dropout)
        )

    def _learn_cells(self, table: pa.Table, y: Any, recipe: Recipe, seeds: Seeds) -> None:
        # What is wrong with it shows before training.
        target = None if y is None else one_target("ELMoEmbedder", table, y, self.task)
        super()._learn_cells(table, y, recipe, seeds)
        if target is not None:
            rows = np.random.default_rng(seeds.next()).permutation(table.num_rows)[:_ROWS]
            encoded = {name: np.asarray(array)[rows] for name, array in self.schema_.encode(table).items()}
            shape = (len(self.columns_), 1 + self.layers, int(self.dim))
            layers = self._run("layers", self.model_.layers_of, encoded, shape)
            learn_mixture(self.model_.mix, layers, target[0], target[1][rows], seeds, recipe.cycle)
        self.shares_ = np.asarray(self.model_.mix.shares).tolist()
