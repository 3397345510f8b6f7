"""What the contextual embedders share: one vector for each cell in its row, beside the static tables."""

from __future__ import annotations

__all__ = ["ContextualEmbedder"]

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, Self

import keras
import numpy as np
import pyarrow as pa
from sklearn.utils.validation import check_is_fitted

from ..io.errors import DataError
from ..io.frames import to_arrow
from ..nn.cells.learn import learn, run
from ..nn.extract import extract_tables
from ..nn.recipe import Recipe
from ..nn.seeds import Seeds
from ..schema.infer import infer_schema
from ..schema.kinds import ColumnKind, Ignored
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from ..schema.target import Target
from ..tables import EmbeddingTable
from ..tables.grids import checked
from .base import Embedder, with_dim
from .labelled import labelled_columns


class ContextualEmbedder(Embedder):
    """An embedder whose vectors depend on the row: ``transform_cells`` gives one for each labelled cell.

    Attributes:
        tables_: {column: EmbeddingTable}, the static vectors that the encoder reads.
        columns_: the labelled columns, in the order of ``transform_cells``.
        history_: {"loss": [...]} by epoch.
        schema_: the ``te.Schema`` that cells are encoded by.
        model_: the Keras model.
    """

    _learned: tuple[str, ...] = ("columns_", "history_")
    _only_labels = False
    """Whether columns that hold no label are left out, rather than read as context."""
    _parts = 1
    """A static vector has ``dim / _parts`` numbers; the rest of a cell's vector is its context."""
    schema: Schema | None
    kinds: Mapping[str, ColumnKind] | None
    dim: int
    epochs: int
    batch_size: int | str
    learning_rate: float
    weight_decay: float
    random_state: Any
    verbose: int

    @abstractmethod
    def _model(self, schema: Schema, seeds: Seeds) -> Any:
        """Return an untrained model of a schema."""

    def _cells(self, inputs: Any) -> Any:
        """Return the vectors (batch, columns, dim) of {model input name: (batch, 1)}."""
        return self.model_.cells(inputs)

    def _network(self) -> keras.Model:
        """Return the model that holds the tables."""
        model: keras.Model = self.model_.tokenize
        return model

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from rows alone.

        Args:
            X: (n, columns) a frame or a 2-D array.
            y: not looked at.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        schema, table, seeds = self._begun(X)
        recipe = self._recipe()
        self._set_model(schema, self._model(schema, seeds))
        self._learn_cells(table, y, recipe, seeds)
        self._set_tables()
        return self

    def _learn_cells(self, table: pa.Table, y: Any, recipe: Recipe, seeds: Seeds) -> None:
        """Train the model."""
        encoded = self.schema_.encode(table)
        self.history_ = {"loss": learn(self.model_, self.schema_, encoded, recipe, seeds.next())}

    def _recipe(self) -> Recipe:
        names = ("epochs", "batch_size", "learning_rate", "weight_decay", "verbose")
        return Recipe(**{name: getattr(self, name) for name in names})

    def _begun(self, X: Any, target: Target | None = None) -> tuple[Schema, pa.Table, Seeds]:
        """Return the schema of X, all of whose labelled columns have the one dim; X; and the seeds."""
        seeds = Seeds(self.random_state)
        X, table = self._read(X)
        schema = self.schema or infer_schema(table, kinds=self._declared(X, self.kinds))
        return self._of_one_dim(Schema(schema.columns, target)), table, seeds

    def _of_one_dim(self, schema: Schema) -> Schema:
        if isinstance(self.dim, bool) or not isinstance(self.dim, int | np.integer) or self.dim < 1:
            raise DataError(f"`dim` must be a whole number of 1 or more, however: dim={self.dim!r}")
        if self.dim % self._parts:
            raise DataError(f"`dim` must be a multiple of {self._parts}, however: dim={self.dim!r}")
        static = int(self.dim) // min(self._parts, 2)
        for name, kind in labelled_columns(schema).items():
            if kind.pinned and kind.dim != static:
                raise DataError(
                    f"column {name!r} must have the dim that all columns have, {static} for `dim={self.dim}`, "
                    f"however: its kind declares dim={kind.dim}; leave that out, or set `dim`"
                )
        schema = with_dim(schema, static)
        labelled = labelled_columns(schema)
        if self._only_labels:
            others = [column for column in schema.columns if column.name not in labelled]
            aside = {column.name: Ignored("not a label") for column in others}
            kept = [replace(c, kind=aside.get(c.name, c.kind)) for c in schema.columns]
            schema = Schema(kept, schema.target)
        for name, kind in labelled.items():
            if not kind.kept and not kind.hash_buckets:
                raise DataError(
                    f"column {name!r} must have a label to learn a vector for, however: all its cells are missing or "
                    f"rare; leave it out with kinds={{{name!r}: te.Ignored()}}"
                )
        return schema

    def _set_model(self, schema: Schema, model: Any) -> None:
        self.schema_, self.model_ = schema, model
        self.columns_ = list(labelled_columns(schema))
        self._runs_: dict[Any, Any] = {}

    def _set_tables(self) -> None:
        tables = extract_tables(self._network(), self.schema_)
        self.tables_ = {name: tables[name] for name in self.columns_}
        self._check_names_out()

    def transform_cells(self, X: Any) -> np.ndarray:
        """Return a vector for each labelled cell in its row.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, labelled columns, dim) float32, the columns in the order of ``columns_``.
        """
        return self._vectors(self._encoded(X)[1])

    def transform(self, X: Any) -> Any:
        """Return X with each labelled column's cells as ``transform_cells`` gives them, other columns as they are.

        Args:
            X: (n, columns) the columns of ``fit``.

        Returns:
            (n, columns out) a frame or an array, as X is; vectors are float32.
        """
        X, encoded = self._encoded(X)
        cells = self._vectors(encoded)
        return self._with_vectors(X, {name: cells[:, at] for at, name in enumerate(self.columns_)})

    def inverse_transform(self, X: Any) -> NoReturn:
        """Refuse: a cell's vector in its row is no label's.

        Raises:
            DataError: always.
        """
        raise DataError(
            f"{type(self).__name__} must not be asked for labels by vectors, however: a cell's vector holds its whole "
            f"row; keep X beside what transform gives"
        )

    def _vectors(self, encoded: Mapping[str, Encoded]) -> np.ndarray:
        return self._run("cells", self._cells, encoded, (len(self.columns_), int(self.dim)))

    def _run(self, key: Any, function: Any, encoded: Mapping[str, Encoded], shape: tuple[int, ...]) -> np.ndarray:
        """Run a function of the model's inputs over encoded rows; traced once."""
        if key not in self._runs_:
            self._runs_[key] = run(function, self.schema_)
        return np.asarray(self._runs_[key](encoded, shape))

    def _encoded(self, X: Any) -> tuple[Any, dict[str, Encoded]]:
        """Return X checked, and its columns encoded."""
        check_is_fitted(self)
        X = checked(self, X, reset=False)
        table = to_arrow(X)
        return X, self.schema_.encode(table.rename_columns(self._names_in().tolist()))

    def _width(self, table: EmbeddingTable) -> int:
        return int(self.dim)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        if "model_" in state:
            state = {**state, "model_": state["model_"].get_weights(), "_runs_": {}}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "model_" in state:
            self._put(state["schema_"], state["model_"])

    def _put(self, schema: Schema, weights: list[np.ndarray]) -> None:
        """Build the model of a schema again and give it its weights."""
        self._set_model(schema, self._model(schema, Seeds(0)))
        self.model_.set_weights(weights)

    def _save_more(self, folder: Path) -> None:
        self.schema_.to_json(folder / "schema.json")
        weights = self.model_.get_weights()
        np.savez(folder / "weights.npz", **{f"w{at}": array for at, array in enumerate(weights)})

    def _load_more(self, folder: Path) -> None:
        try:
            with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
                weights = [arrays[f"w{at}"] for at in range(len(arrays))]
            self._put(Schema.from_json(folder / "schema.json"), weights)
        except (OSError, KeyError, ValueError) as error:
            raise DataError(f"the model in {folder} can't be loaded: {error}; save it again") from error
