"""What every embedder is: a scikit-learn transformer that learns a table for each categorical column."""

from __future__ import annotations

__all__ = ["Embedder", "labelled_columns", "with_dim"]

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from sklearn.utils.validation import check_is_fitted

from ..io.errors import DataError
from ..io.frames import to_arrow
from ..schema.dims import DEFAULT_RULE
from ..schema.kinds import Categorical, ColumnKind
from ..schema.schema import Schema
from ..tables.grids import checked, is_frame
from ..tables.transformer import TableTransformer
from .labelled import labelled_columns


class Embedder(TableTransformer):
    """Learn a table for each categorical column; ``transform`` puts its vectors in the column's place.

    A subclass has ``fit``, which sets ``tables_``, and says in ``_learned`` what else ``save`` should keep. Of a frame
    the columns that are categorical by ``te.infer_schema`` (or declared so) get a table, the others pass through; of
    a plain array every column is categorical, as in ``OneHotEncoder``.

    Attributes:
        tables_: {column: EmbeddingTable}.
        n_features_in_: the number of columns seen in ``fit``.
        feature_names_in_: their names, when they have names.
    """

    _learned: tuple[str, ...] = ()
    """The fitted attributes, plain JSON values, that ``save`` keeps beside the tables."""
    _tables: tuple[str, ...] = ("tables_",)
    """The fitted attributes of tables by column, each of which ``save`` keeps in a folder."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the tables; returns itself."""

    def save(self, path: str | Path) -> None:
        """Write the fitted embedder as a folder (tables in Parquet, the rest in JSON), without pickle; see ``load``.

        Args:
            path: a new or empty folder, or one that ``save`` wrote before.

        Raises:
            DataError: when it can't be written, or a setting isn't a plain value.
        """
        from .files import save

        check_is_fitted(self)
        save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an embedder that ``save`` wrote.

        Raises:
            DataError: when there is none, or it is another kind of embedder.
        """
        from .files import load

        loaded: Self = load(cls, Path(path))
        return loaded

    def _save_more(self, folder: Path) -> None:
        """Write what is neither a plain value nor a table; a subclass that has such says how."""

    def _load_more(self, folder: Path) -> None:
        """Read what ``_save_more`` wrote."""

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn expects: vectors are float32, whatever the columns are."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _read(self, X: Any) -> tuple[Any, pa.Table]:
        """Return X, its columns remembered, as it came and as an Arrow table under the names of the columns."""
        X = checked(self, X, reset=True)
        table = to_arrow(X)
        return X, table.rename_columns(self._names_in().tolist())

    def _declared(self, X: Any, kinds: Mapping[Any, ColumnKind] | None) -> dict[str, ColumnKind]:
        """Return the kinds to give ``infer_schema``; of a plain array every column is categorical."""
        declared = {str(name): kind for name, kind in (kinds or {}).items()}
        return declared if is_frame(X) else {**dict.fromkeys(self._names_in(), Categorical()), **declared}


def with_dim(schema: Schema, dim: int | None, rule: str | None = None) -> Schema:
    """Return a schema whose categorical columns have this dim, unless they declare their own.

    Args:
        schema: a learned one.
        dim: dimensions of the vectors, or None.
        rule: without a dim, the rule that chooses where a column names no other; None leaves the schema as it is.

    Raises:
        DataError: for a dim that isn't a whole number of 1 or more, or a schema without a categorical column.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
        >>> with_dim(schema, 4)["dest"].dim
        4
    """
    labelled = labelled_columns(schema)
    if not labelled:
        raise DataError(
            f"X must have a categorical column to learn vectors for, however: its columns are "
            f"{', '.join(f'{c.name!r} ({type(c.kind).__name__})' for c in schema.columns[:5])}; "
            f"declare one with kinds={{column: te.Categorical()}}"
        )
    free = {name: kind for name, kind in labelled.items() if not kind.pinned}
    if dim is None:
        ruled = {name: kind for name, kind in free.items() if rule is not None and kind.dim_rule == DEFAULT_RULE}
        return schema.replace({n: replace(kind, dim=None, dim_rule=rule, ruled=None) for n, kind in ruled.items()})
    if isinstance(dim, bool) or not isinstance(dim, int | np.integer) or dim < 1:
        raise DataError(f"`dim` must be None or a whole number of 1 or more, however: dim={dim!r}")
    return schema.replace({name: replace(kind, dim=int(dim), dim_rule=None) for name, kind in free.items()})
