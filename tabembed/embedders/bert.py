"""``BERTEmbedder``: a transformer over a row's cells that learns by telling the cells it doesn't see."""

from __future__ import annotations

__all__ = ["BERTEmbedder"]

from collections.abc import Mapping
from typing import Any

from ..io.errors import DataError
from ..nn.cells.masked import MaskedCells
from ..nn.networks.checks import check_shares
from ..nn.networks.transformer import check_blocks
from ..nn.seeds import Seeds
from ..nn.warm_start import Pretrained
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .filling import FillingEmbedder
from .labelled import labelled_columns


class BERTEmbedder(FillingEmbedder):
    """Learn vectors of labels in their rows without a target, by hiding cells and telling them from the others.

    Columns of other kinds are read as context, and pass through. What is learned is the encoder of the network
    ``transformer``, so that few rows with a target are enough to go on from many without one:
    ``te.TabularClassifier(network="transformer").fit(X, y, init=bert)`` starts from the embedder's schema (new labels
    get rows), settings, tables and layers.

    Each step looks at all labels of a column; of columns of more than 5,000 labels at those in the batch.

    Args:
        dim: of all vectors and tokens, a multiple of ``heads``.
        heads: of each attention.
        blocks: of the encoder.
        hidden_factor: units between a block's dense layers in multiples of ``dim``.
        dropout: share of these units, and of the attention's weights, dropped while training.
        mask_rate: share of the cells that are chosen to be told, besides one of each row.
        epochs: passes over the rows.
        batch_size: rows a step, or ``"auto"``.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: makes training repeatable.
        verbose: 1 for a line an epoch, 0 for silence.

    Attributes:
        tables_: {column: EmbeddingTable}, the static vectors that the encoder reads; outputs are tied to them.
        columns_: the labelled columns, in the order of ``transform_cells``.
        history_: {"loss": [...]}: by epoch the mean cost of a told cell, in nats.
        schema_: the ``te.Schema`` of X.
        model_: the Keras model.

    Raises:
        DataError: in ``fit``, for data that can't be learned from, or an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"city": ["Springfield", "Springfield", "Boston"] * 40, "state": ["IL", "MA", "MA"] * 40})
        >>> bert = te.BERTEmbedder(dim=8, heads=2, blocks=1, epochs=1, random_state=0).fit(X)
        >>> cells = bert.transform_cells(X[:3])
        >>> cells.shape, bool(abs(cells[0, 0] - cells[1, 0]).max() > 0.01)
        ((3, 2, 8), True)

    Source: Devlin et al. 2019, arXiv 1810.04805, section 3.1; over columns as Huang et al. 2020, arXiv 2012.06678,
    section 2; blocks as Gorishniy et al. 2021, arXiv 2106.11959, section 3.3.
    """

    def __init__(
        self,
        dim: int = 32,
        *,
        heads: int = 4,
        blocks: int = 2,
        hidden_factor: float = 2.0,
        dropout: float = 0.1,
        mask_rate: float = 0.15,
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
        self.mask_rate = mask_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state
        self.verbose = verbose

    def _model(self, schema: Schema, seeds: Seeds) -> MaskedCells:
        check_blocks(self.blocks, self.heads, self.dim, self.hidden_factor)
        check_shares(dropout=self.dropout, mask_rate=self.mask_rate)
        labelled = list(labelled_columns(schema))
        if len(schema.features) < 2:
            raise DataError(
                f"column {labelled[0]!r} must stand beside another one to be told from it, however: there is none "
                f"(n_features = {self.n_features_in_}); give more columns"
            )
        drop = {"attention_dropout": self.dropout, "dropout": self.dropout}
        return MaskedCells(schema, labelled, self.dim, seeds, self.mask_rate, {**self._sizes(), **drop})

    def _sizes(self) -> dict[str, Any]:
        return {"heads": self.heads, "blocks": self.blocks, "hidden_factor": self.hidden_factor}

    @property
    def pretrained_(self) -> Pretrained:
        """What the network ``transformer`` starts from (``init=``)."""
        return Pretrained(self.schema_, {"dim": self.dim, **self._sizes()}, self.model_.tokenize, self.model_.encode)
