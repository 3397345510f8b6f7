"""``CoVeEmbedder``: a bidirectional LSTM over a row's cells, trained on a target."""

from __future__ import annotations

__all__ = ["CoVeEmbedder"]

from collections.abc import Mapping
from typing import Any, Self

import keras

from ..io.errors import DataError
from ..nn.cells.reading import CELLS, reading_model
from ..nn.networks.checks import check_shares, check_whole
from ..nn.recipe import Recipe, train
from ..nn.seeds import Seeds
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .contextual import ContextualEmbedder
from .labelled import labelled_columns
from .targets import one_target


class CoVeEmbedder(ContextualEmbedder):
    """Learn vectors of labels in their rows by a bidirectional LSTM that predicts a target from the row's cells.

    A cell's vector is its label's static one, and beside it the LSTM's state there, which knows the cells around it.
    Columns of other kinds are read as context, and pass through.

    Args:
        dim: of a cell's vector, a multiple of 4: half of it static, a quarter for each direction.
        layers: of the LSTM.
        dropout: share of an LSTM's inputs dropped while training.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``: how y is read.
        epochs: at most so many passes over the rows.
        batch_size: rows a step, or ``"auto"``.
        learning_rate: the first; it falls along a cosine.
        weight_decay: decoupled.
        validation_fraction: share of rows held out to choose the best epoch; 0 for none.
        patience: epochs without a better validation loss before it stops.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: makes training repeatable.
        verbose: 1 for a progress bar, 0 for silence.

    Attributes:
        tables_: {column: EmbeddingTable}, the static vectors, of dim / 2.
        columns_: the labelled columns, in the order of ``transform_cells``.
        history_: {"loss": [...], "val_loss": [...]} by epoch.
        schema_: the ``te.Schema`` of X and y.
        model_: the Keras model that predicts y.

    Raises:
        DataError: in ``fit``, without y, for data that can't be learned from, or an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"city": ["Springfield", "Springfield", "Boston"] * 40, "state": ["IL", "MA", "MA"] * 40})
        >>> cove = te.CoVeEmbedder(dim=8, layers=1, epochs=1, random_state=0).fit(X, [1.5, 3.5, 4.5] * 40)
        >>> cells = cove.transform_cells(X[:2])
        >>> bool((cells[0, 0, :4] == cells[1, 0, :4]).all()), bool((cells[0, 0, 4:] == cells[1, 0, 4:]).all())
        (True, False)

    Source: McCann et al. 2017, "Learned in Translation: Contextualized Word Vectors", arXiv 1708.00107, sections 3
    and 4; the target takes the place of the translation.
    """

    _parts = 4

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
        validation_fraction: float = 0.1,
        patience: int = 5,
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
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from rows and their target.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: (n,) numbers or classes; none may be missing.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        if y is None:
            raise DataError("CoVeEmbedder requires y to be passed, but the target y is None: call it with X and y")
        schema, table, seeds = self._begun(X)
        recipe = Recipe(**{name: getattr(self, name) for name in Recipe.__dataclass_fields__})
        target, truth = one_target("CoVeEmbedder", table, y, self.task)
        schema = Schema(schema.columns, target)
        self._set_model(schema, self._model(schema, seeds))
        encoded = schema.encode(table)
        history, _ = train(self.model_, schema, encoded, truth, recipe, random_state=seeds.next())
        self.history_ = {key: [float(v) for v in values] for key, values in history.history.items()}
        self._set_tables()
        return self

    def _model(self, schema: Schema, seeds: Seeds) -> keras.Model:
        check_whole("layers", self.layers)
        check_shares(dropout=self.dropout)
        labelled = list(labelled_columns(schema))
        return reading_model(schema, labelled, int(self.dim) // 4, self.layers, float(self.dropout), seeds)

    def _set_model(self, schema: Schema, model: keras.Model) -> None:
        super()._set_model(schema, model)
        self._reader_ = keras.Model(model.inputs, model.get_layer(CELLS).output)

    def _cells(self, inputs: Any) -> Any:
        return self._reader_(inputs, training=False)

    def _network(self) -> keras.Model:
        return self.model_

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_reader_"}

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: y is needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
