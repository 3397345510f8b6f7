"""``GPTEmbedder``: a transformer that tells each cell from those before it, and imagines rows."""

from __future__ import annotations

__all__ = ["GPTEmbedder"]

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ..nn.cells.causal import CausalCells
from ..nn.networks.checks import check_shares, check_whole
from ..nn.networks.transformer import check_blocks
from ..nn.recipe import Recipe
from ..nn.seeds import Seeds
from ..schema.kinds import ColumnKind
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from ..schema.vocabulary import FIRST_ID, UNKNOWN_ID
from .filling import FillingEmbedder
from .labelled import labelled_columns

_AT_ONCE = 8_192  # rows imagined, so that the labels' probabilities fit into memory


class GPTEmbedder(FillingEmbedder):
    """Learn vectors of labels in their rows without a target, by telling each cell from those before it.

    The first column is told from a learned token that begins every row; a missing cell is told like a label. Only
    columns of labels are read, the others pass through. ``sample`` imagines rows, ``fill`` and ``fill_proba`` judge a
    cell by the cells before it only: ``te.BERTEmbedder`` looks at all others. A cell's vector is its state as the row
    is read a second time, for at the first it knows nothing of the cells after it.

    Each step looks at all labels of a column; of columns of more than 5,000 labels at those in the batch.

    Args:
        dim: of all vectors and tokens, a multiple of ``heads``.
        heads: of each attention.
        blocks: of the transformer.
        hidden_factor: units between a block's dense layers in multiples of ``dim``.
        dropout: share of these units, and of the attention's weights, dropped while training.
        epochs: passes over the rows.
        batch_size: rows a step, or ``"auto"``.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: makes training repeatable.
        verbose: 1 for a line an epoch, 0 for silence.

    Attributes:
        tables_: {column: EmbeddingTable}, the static vectors that the transformer reads; outputs are tied to them.
        columns_: the labelled columns, in the order of ``transform_cells``.
        history_: {"loss": [...]}: by epoch the mean cost of a told cell, in nats.
        schema_: the ``te.Schema`` of X.
        model_: the Keras model.

    Raises:
        DataError: in ``fit``, for data that can't be learned from, or an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"state": ["IL", "MA", "MA"] * 40, "city": ["Springfield", "Springfield", "Boston"] * 40})
        >>> gpt = te.GPTEmbedder(dim=8, heads=2, blocks=1, epochs=1, random_state=0).fit(X)
        >>> gpt.sample(2, random_state=0).columns.tolist(), gpt.transform_cells(X).shape
        (['state', 'city'], (120, 2, 8))

    Source: Radford et al. 2018, "Improving Language Understanding by Generative Pre-Training", section 3.1; a row as
    a sequence of cells as in Borisov et al. 2023, "GReaT", arXiv 2210.06280, section 3.
    """

    _learned = (*FillingEmbedder._learned, "types_")
    _only_labels = True

    def __init__(
        self,
        dim: int = 32,
        *,
        heads: int = 4,
        blocks: int = 2,
        hidden_factor: float = 2.0,
        dropout: float = 0.1,
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
        self.heads = heads
        self.blocks = blocks
        self.hidden_factor = hidden_factor
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state
        self.verbose = verbose

    def _model(self, schema: Schema, seeds: Seeds) -> CausalCells:
        check_blocks(self.blocks, self.heads, self.dim, self.hidden_factor)
        check_shares(dropout=self.dropout)
        sizes = {"heads": self.heads, "blocks": self.blocks, "hidden_factor": self.hidden_factor}
        drop = {"attention_dropout": self.dropout, "dropout": self.dropout}
        return CausalCells(schema, list(labelled_columns(schema)), self.dim, seeds, {**sizes, **drop})

    def _learn_cells(self, table: pa.Table, y: Any, recipe: Recipe, seeds: Seeds) -> None:
        self.types_ = {field.name: str(field.type) for field in table.schema if field.name in self.columns_}
        super()._learn_cells(table, y, recipe, seeds)

    def sample(self, n: int, random_state: Any = None) -> Any:
        """Return rows that the model imagines, cell by cell.

        Args:
            n: how many.
            random_state: makes them repeatable; None for ``self.random_state``.

        Returns:
            (n, labelled columns) data frame; labels are of the type that their column was of.

        Raises:
            DataError: for an n that isn't a whole number of 1 or more.
        """
        import pandas as pd
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        check_whole("n", n)
        seed = Seeds(self.random_state if random_state is None else random_state).next()
        rng = np.random.default_rng(seed)
        parts = [self._imagined(min(_AT_ONCE, n - start), rng) for start in range(0, n, _AT_ONCE)]
        return pd.DataFrame(
            {name: self._labels(name, np.concatenate([part[name] for part in parts]), rng) for name in self.columns_}
        )

    def _imagined(self, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return {column: (n,) ids}, each drawn by those before it."""
        ids: dict[str, Encoded] = {name: np.zeros(n, np.int32) for name in self.columns_}
        for name in self.columns_:
            shares = self._shares(name, ids)
            shares[:, UNKNOWN_ID] = 0
            ends = shares.cumsum(axis=1, dtype=np.float64)
            drawn = (ends < rng.random((n, 1)) * ends[:, -1:]).sum(axis=1)
            ids[name] = np.minimum(drawn, shares.shape[1] - 1).astype(np.int32)
        return {name: np.asarray(array) for name, array in ids.items()}

    def _labels(self, name: str, ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n,) labels of ids, in the type that their column was of; labels of one bucket by their counts."""
        kind, at = self._kind(name), ids - FIRST_ID
        if kind.hash_buckets:
            for bucket in np.unique(ids[ids >= FIRST_ID]):
                members, rows = np.flatnonzero(kind.ids == bucket), np.flatnonzero(ids == bucket)
                chance = kind.counts[members] / max(kind.counts[members].sum(), 1)
                at[rows] = rng.choice(members, len(rows), p=chance) if len(members) else -1
        labels = [kind.labels[place] if place >= 0 else None for place in at.tolist()]
        return pa.array(labels, pa.string()).cast(_type_of(self.types_.get(name, ""))).to_pandas().to_numpy()


def _type_of(name: str) -> pa.DataType:
    """Return the Arrow type of a name; text where it has parts, as pandas' categories."""
    try:
        return pa.type_for_alias(name)
    except ValueError:
        return pa.string()
