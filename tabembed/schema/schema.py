"""The schema: an immutable, ordered description of a table; a frame goes in, arrays and a model come out."""

from __future__ import annotations

__all__ = ["Schema"]

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow as pa

from ..io.errors import DataError, LabelError
from ..io.files import are_parquet
from ..io.frames import are_paths, to_arrow
from ..io.names import did_you_mean
from ..io.row_groups import RowGroups
from ..io.streams import are_streamed, open_rows
from .column import Column
from .frames import encode_few, encode_table
from .grow import grow_columns, grow_targets
from .inputs import check_sources, input_matrix, joint_parts, label_readers
from .kind import Part, TableSpec
from .kinds import KINDS, ColumnKind, Ignored
from .names import safe_names
from .ragged import Encoded
from .shared import share
from .show import table_text
from .streamed import stream_encode
from .target import Target
from .targets import AnyTarget, target_from

if TYPE_CHECKING:
    import tensorflow as tf


class Schema:
    """What each column of a table is; made by ``te.infer_schema``, never changed.

    Args:
        columns: in the table's order, each with a learned kind.
        target: the column to predict, or several (``Targets``), or None.

    Raises:
        DataError: for a repeated name or a kind without statistics.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
        >>> schema.encode(pd.DataFrame({"dest": ["BOS", None, "JFK"]}))["dest"].tolist()
        [3, 0, 1]
    """

    columns: tuple[Column, ...]
    target: AnyTarget | None
    input_names: Mapping[str, str]
    """{column: model input name}; the same name where it is safe already."""
    parts: Mapping[str, Part]
    """{column: what its model input takes}; a kind of several inputs has one for each column of the data it reads."""
    _by_name: dict[str, Column]

    def __init__(self, columns: Iterable[Column], target: AnyTarget | None = None) -> None:
        columns = tuple(columns)
        by_name = {column.name: column for column in columns}
        if len(by_name) < len(columns):
            raise DataError("a schema must not name a column twice, however: " + ", ".join(c.name for c in columns))
        for column in columns:
            if not column.kind.learned:
                raise DataError(
                    f"column {column.name!r} has no statistics yet; te.infer_schema(data, kinds={{...}}) learns them"
                )
        seen = [column for column in columns if not isinstance(column.kind, Ignored)]
        check_sources(seen)
        parts = joint_parts(seen)
        names = safe_names(
            dict.fromkeys(name for c in seen for name in (c.name, *c.kind.parts(c.name), *c.kind.sources(c.name)))
        )
        vars(self).update(
            columns=columns,
            target=target,
            input_names=MappingProxyType(names),
            parts=MappingProxyType(parts),
            _by_name=by_name,
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"a schema can't be changed, however: {name!r} was set; schema.replace(...) makes a new one"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Schema, (self.columns, self.target)

    @property
    def features(self) -> dict[str, ColumnKind]:
        """{column: kind} of the columns that the model sees, in order."""
        return {column.name: column.kind for column in self.columns if not isinstance(column.kind, Ignored)}

    @property
    def sources(self) -> list[str]:
        """The columns of the data that the model's columns are read from, each once."""
        return list(dict.fromkeys(source for name, kind in self.features.items() for source in kind.sources(name)))

    @property
    def tables(self) -> dict[str, tuple[str, TableSpec]]:
        """{key in ``te.extract_tables``: (column, its embedding)}."""
        return {key: (name, spec) for name, kind in self.features.items() for key, spec in kind.tables(name).items()}

    def __getitem__(self, name: str) -> ColumnKind:
        return self.column(name).kind

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self.columns)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schema):
            return NotImplemented
        return self.columns == other.columns and self.target == other.target

    def __hash__(self) -> int:
        return hash((tuple(self._by_name), self.target))

    def __repr__(self) -> str:
        rows = f"{self.columns[0].rows:,} rows" if self.columns else "no columns"
        return f"Schema of {len(self)} columns, {rows}\n{table_text(self.columns, self.target)}"

    def column(self, name: str) -> Column:
        """Return a column with its counts and reason.

        Raises:
            LabelError: for a column that isn't there, with the closest name.
        """
        if name not in self._by_name:
            raise LabelError(f"the schema has no column {name!r}; {did_you_mean(str(name), self._by_name)}")
        return self._by_name[name]

    def replace(self, kinds: Mapping[str, ColumnKind] | None = None, /, **more: ColumnKind) -> Schema:
        """Return a schema in which some columns are another kind; their counts are kept.

        Args:
            kinds: {column: kind}, for names that aren't Python names.
            more: column=kind.

        Raises:
            LabelError: for a column that isn't there.
            DataError: for a change that needs other statistics than the schema holds.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
            >>> schema.replace(dest=te.Categorical(min_count=2))["dest"].labels
            ['LAX']
        """
        changed = {name: self._changed(self.column(name), kind) for name, kind in {**(kinds or {}), **more}.items()}
        columns = [changed.get(column.name, column) for column in self.columns]
        return Schema(share(columns, self.columns), self.target)

    @staticmethod
    def _changed(column: Column, kind: ColumnKind) -> Column:
        if not isinstance(kind, ColumnKind):
            raise DataError(f"column {column.name!r} must become a kind such as te.Categorical(), however: {kind!r}")
        adopted = kind.adopt(column.kind)
        if adopted is None:
            raise DataError(
                f"column {column.name!r} is {type(column.kind).__name__} and holds no statistics for "
                f"{kind.said_beside(column.kind)}; use te.infer_schema(data, kinds={{{column.name!r}: "
                f"te.{type(kind).__name__}(...)}})"
            )
        return Column(column.name, adopted, column.rows, column.missing, "declared")

    def encode(self, data: Any) -> dict[str, Encoded]:
        """Return {column: array}: ids (n,) and float32 values (n,), NaN where missing; the target isn't needed.

        Ids are of the smallest integer type that holds them: uint8, uint16, int32. Times are datetime64, lists
        ``Ragged``.

        Args:
            data: anything ``infer_schema`` takes; other columns are left alone.

        Raises:
            DataError: for a column that is missing or of another kind.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> te.infer_schema(pd.DataFrame({"km": [1.5, None]})).encode({"km": [2]})["km"]
            array([2.], dtype=float32)
        """
        features = self.features
        if features and (isinstance(data, RowGroups) or (are_paths(data) and are_streamed(data))):
            return stream_encode(self.rows(data), features)
        few: dict[str, Encoded] = {**encode_few(features, data)}
        rest = {name: kind for name, kind in features.items() if name not in few}
        if few and not rest:
            return few
        sources = dict.fromkeys(source for name, kind in rest.items() for source in kind.sources(name))
        encoded = few | encode_table(rest, self._table(data, [*sources]))
        return {part: encoded[part] for part in self.parts}

    def table(self, data: Any, *, target: bool = False) -> pa.Table:
        """Return the schema's columns as an Arrow table, a CSV's categories by the labels they were learned under.

        Args:
            data: anything ``infer_schema`` takes.
            target: whether the target comes along, last.

        Raises:
            LabelError: for a column that is missing.
        """
        return self._table(data, self._columns(target))

    def _columns(self, target: bool) -> list[str]:
        """Return what is read of the data; a sequence may read the target's earlier values."""
        return list(dict.fromkeys([*self.sources, *(self.need_targets().columns if target else [])]))

    def _table(self, data: Any, columns: list[str]) -> pa.Table:
        if not are_paths(data) or are_parquet(data):
            return to_arrow(data, columns)
        readers = label_readers(self.features)
        table = to_arrow(data, columns, text=readers)
        arrays = [readers[n](table.column(n)) if n in readers else table.column(n) for n in columns]
        return pa.Table.from_arrays(arrays, names=columns)

    def rows(self, data: Any, *, target: bool = False) -> RowGroups:
        """Return the schema's columns of files as a stream; see ``table``.

        Args:
            data: a path, a glob, a folder, or a list of these; or what ``open_rows`` gave.
            target: whether the target comes along, last.

        Raises:
            DataError: a file that can't be read; for CSV files, no room for what they are read into.
            LabelError: for a column that is missing.
        """
        columns = self._columns(target)
        if isinstance(data, RowGroups):
            return data.select(columns)
        return open_rows(data, columns, label_readers(self.features))

    def grown(self, data: Any) -> Schema:
        """Return the schema with more rows counted: new labels get ids, others move with their counts.

        Rows, missing cells and the counts of labels and classes add up. Dims stay, and so do the statistics of numbers,
        of booleans and of the target, since a trained model speaks in these units. Ids go by falling count, so a
        label's id may change, and with ``max_size`` a label may lose its row to one that is more frequent by now.
        Ignored columns stay ignored, their missing cells uncounted; other columns are left alone.

        Args:
            data: anything ``infer_schema`` takes, with the target if there is one.

        Raises:
            DataError: without rows, for a column that is missing or of another kind, or a class that is new.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
            >>> schema.grown({"dest": ["JFK", "BOS", "BOS"]})["dest"].labels
            ['BOS', 'LAX', 'JFK']
        """
        table = self.table(data, target=self.target is not None)
        if not table.num_rows:
            raise DataError("the data must hold at least one row, however: it has none")
        target = None if self.target is None else grow_targets(self.target, table)
        return Schema(grow_columns(self.columns, table), target)

    def inputs(self, data: Any) -> dict[str, np.ndarray]:
        """Return {model input name: array (n, 1)}, for ``model.predict`` by hand; of lists (n, longest)."""
        return {
            self.input_names[name]: input_matrix(array, self.parts[name]) for name, array in self.encode(data).items()
        }

    def encode_target(self, data: Any) -> np.ndarray:
        """Return (n,) float32 values or int32 positions in ``target.classes``; of several targets a matrix of them.

        Raises:
            DataError: for a schema without target, missing cells or an unseen class.
        """
        target = self.need_targets()
        return target.encode_table(to_arrow(data, columns=[*target.columns]))

    def need_targets(self) -> AnyTarget:
        """Return the target, or several; one or the other has ``.parts``.

        Raises:
            DataError: when the schema was made without one.
        """
        if self.target is None:
            raise DataError("the schema has no target; make it with te.infer_schema(data, target=...)")
        return self.target

    def need_target(self) -> Target:
        """Return the one target.

        Raises:
            DataError: when the schema was made without one, or with several.
        """
        target = self.need_targets()
        if not isinstance(target, Target):
            raise DataError(f"one target is needed here, however: the schema has several, {target.name}")
        return target

    def dataset(
        self,
        data: Any,
        batch_size: int = 1024,
        *,
        shuffle: bool = False,
        seed: int | None = None,
        sample_weight: Any = None,
    ) -> tf.data.Dataset:
        """Return batches for ``model.fit``: ({model input name: (batch, 1)}, target (batch, 1)[, weight (batch,)]).

        Args:
            data: anything ``infer_schema`` takes, with the target; Parquet and large CSV files are
                streamed.
            batch_size: rows a batch; the last one may be smaller.
            shuffle: another order in every epoch.
            seed: makes the orders repeatable.
            sample_weight: (n,) weights of the rows, 0 or more, or the name of the column that holds them.

        Returns:
            A ``tf.data.Dataset`` that knows its cardinality.

        Raises:
            DataError: for a bad batch size, weights that don't fit, or data that isn't of the schema.
        """
        from ..nn.batches import dataset_of

        return dataset_of(self, data, batch_size, shuffle=shuffle, seed=seed, sample_weight=sample_weight)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole schema as plain JSON values."""
        return {
            "columns": [c.to_dict(self.input_names.get(c.name)) for c in self.columns],
            "target": None if self.target is None else self.target.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Schema:
        """Return the schema that ``to_dict`` gave."""
        return cls([Column.from_dict(entry, KINDS) for entry in data["columns"]], target_from(data["target"]))

    def to_json(self, path: str | Path) -> None:
        """Write the schema as readable JSON; vocabularies above 100,000 labels stand beside it in Parquet.

        Example:
            >>> import pandas as pd, tabembed as te
            >>> schema = te.infer_schema(pd.DataFrame({"dest": ["LAX", "BOS", "LAX"]}))
            >>> schema.to_json("schema.json")
            >>> te.Schema.from_json("schema.json") == schema
            True
        """
        from .files import write_json

        write_json(self.to_dict(), Path(path))

    @classmethod
    def from_json(cls, path: str | Path) -> Schema:
        """Read a schema that ``to_json`` wrote.

        Raises:
            DataError: when the file isn't there or isn't a schema of this version.
        """
        from .files import read_json

        try:
            return cls.from_dict(read_json(Path(path)))
        except DataError:
            raise
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path} is not a whole schema: {type(error).__name__} {error}; write it again with to_json"
            ) from error
