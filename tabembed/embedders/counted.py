"""What the embedders share that count labels instead of training a network."""

from __future__ import annotations

__all__ = ["CountingEmbedder", "Group", "allowed_dims", "columns_of", "upright"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..io.errors import DataError, LabelError
from ..io.frames import are_paths, to_arrow
from ..io.names import did_you_mean
from ..io.row_groups import RowGroups
from ..io.streams import open_rows
from ..schema.infer import infer_schema
from ..schema.kinds import ColumnKind, Ignored
from ..schema.schema import Schema
from ..tables.by_id import tables_of_rows
from .base import Embedder, with_dim
from .labelled import groups_of, labelled_columns

Group = tuple[str, ...]
"""The columns of one table: one, or those that share it."""


class CountingEmbedder(Embedder):
    """An embedder without TensorFlow, whose tables come from counts.

    ``fit`` takes files, too, a path, a glob or a list of these: they are read in a stream, and of each cell its id is
    kept. Where there is a target, ``y`` is the name of its column then.

    Attributes:
        tables_: {column: EmbeddingTable}.
        dims_: {column: the dimensions its vectors got}.
        schema_: the ``te.Schema`` of X (not kept by ``save``).
    """

    _learned: tuple[str, ...] = ("dims_",)
    schema: Schema | None
    kinds: Mapping[str, ColumnKind] | None
    dim: int | None

    def _prepared(self, X: Any, aside: Sequence[str] = (), target: str | None = None) -> pa.Table | RowGroups:
        """Return X as an Arrow table, files as row groups; sets ``schema_``, whose labelled columns all have a dim.

        Args:
            X: what ``fit`` got.
            aside: columns that get no table, whatever they are.
            target: of files, the column that is no feature.

        Raises:
            LabelError: for one of these that isn't there.
        """
        table: pa.Table | RowGroups
        if are_paths(X):
            groups = open_rows(X)
            table = groups.select([name for name in groups.names if name != target])
            X, _ = self._read(table.schema.empty_table())
        else:
            X, table = self._read(X)
        columns_of(table, aside)  # says which column isn't there
        ignored = dict.fromkeys(aside, Ignored("it says which rows belong together"))
        if self.schema is None:
            schema = infer_schema(table, kinds={**self._declared(X, self.kinds), **ignored})
        else:
            schema = self.schema.replace({name: kind for name, kind in ignored.items() if name in self.schema})
        self.schema_ = with_dim(Schema(schema.columns), self.dim)
        for name, kind in labelled_columns(self.schema_).items():
            if kind.kept < 2 and not kind.hash_buckets:
                rows = ", n_samples = 1" if isinstance(table, pa.Table) and table.num_rows == 1 else ""
                raise DataError(
                    f"column {name!r} must have two labels or more to learn vectors for, however: it has "
                    f"{kind.kept}{rows}; leave it out with kinds={{{name!r}: te.Ignored()}}"
                )
        return table

    def _finish(self, rows: Mapping[Group, np.ndarray], metric: str = "euclidean") -> None:
        """Set the tables of {columns: (size, dim)}."""
        self.tables_ = tables_of_rows(self.schema_, {group[0]: matrix for group, matrix in rows.items()}, metric)
        self.dims_ = {name: table.dim for name, table in self.tables_.items()}
        self._check_names_out()


def columns_of(table: pa.Table | RowGroups, names: Sequence[str]) -> pa.Table:
    """Return some columns whole, also of files.

    Args:
        table: what ``_prepared`` returned.
        names: of the columns.

    Raises:
        LabelError: for one that isn't there.

    Example:
        >>> columns_of(pa.table({"a": [1], "b": [2]}), ["b"]).column_names
        ['b']
    """
    if isinstance(table, pa.Table):
        return to_arrow(table, [*names])
    for name in names:
        if name not in table.names:
            raise LabelError(f"there is no column {name!r} in the files; {did_you_mean(name, table.names)}")
    return pa.table({name: table.column(name) for name in names})


def allowed_dims(schema: Schema, dim: int | None, most: Mapping[Group, int], why: str) -> dict[Group, int]:
    """Return the dims of each table: what is wanted, or the most there is where that is less.

    Args:
        schema: its labelled columns have the dims that are wanted.
        dim: what the user asked of all of them, or None.
        most: {columns: dims that their labels allow}.
        why: what limits them, for the error.

    Raises:
        DataError: for a dim that no column allows, or a declared one that its column doesn't allow.
    """
    largest = max(most.values())
    if dim is not None and dim > largest:
        raise DataError(f"`dim` must be at most {largest}, however: dim={dim!r}; {why}")
    labelled, dims = labelled_columns(schema), {}
    for group in groups_of(schema):
        wanted = labelled[group[0]].dim or 1
        if labelled[group[0]].pinned and dim is None and wanted > most[group]:
            raise DataError(f"column {group[0]!r} must have a dim of at most {most[group]}, however: {wanted}; {why}")
        dims[group] = max(1, min(wanted, most[group]))
    return dims


def upright(directions: np.ndarray) -> np.ndarray:
    """Return (n, dim) axes turned so that the largest entry of each is positive: a sign has no meaning, but must stay.

    Example:
        >>> upright(np.array([[0.5, 1.0], [-2.0, 0.0]])).tolist()
        [[-0.5, 1.0], [2.0, 0.0]]
    """
    largest = np.abs(directions).argmax(axis=0)
    return directions * np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1.0, 1.0)
