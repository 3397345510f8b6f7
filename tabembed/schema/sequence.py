"""The sequence kind: categories and numbers of each time step, read by a recurrent network."""

from __future__ import annotations

__all__ = ["CELLS", "STEP_KINDS", "Sequence"]

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.columns import plain
from ..io.errors import DataError
from .boolean import Boolean
from .categorical import Categorical
from .column import Column
from .history import check_length, names_of, past_lists
from .kind import ColumnKind, Part, TableSpec
from .lists import flat_lists, flat_records, say_row
from .names import safe_names
from .numeric import Numeric
from .ragged import Encoded, Ragged

CELLS = ("lstm", "gru", "attention")
STEP_KINDS: dict[str, type[ColumnKind]] = {kind.key: kind for kind in (Categorical, Numeric, Boolean)}
"""What a step's cells may be: kinds of one model input."""


@dataclass(frozen=True)
class Sequence(ColumnKind):
    """A column of lists: the steps of a history, oldest first; the branch is the state after the last one.

    At each step the categories are embedded and concatenated with the step's numbers. Lists of a row must be equally
    long; how long differs from row to row. A step that misses some of its cells, or all of them, keeps its place; steps
    at the end of which every cell is missing are as good as none. A row without any step has a learned vector.

    Args:
        steps: {list column: ``te.Categorical()``, ``te.Numeric()`` or ``te.Boolean()``}; the columns are read by this
            one and are no columns of their own, unless they are declared.
        records: a column of lists of records (Arrow structs, Python dicts): ``steps`` and ``order_by`` are fields of
            these then, and the lists are served, and their tables called, ``records_step``.
        cell: ``"lstm"``, ``"gru"``, or ``"attention"``: a weighted mean over the steps and how long ago they are.
        units: values of the state.
        dropout: share of a step's values that the cell doesn't see while training.
        order_by: a list column by which the steps are ordered, checked to never fall within a row; None for no check.
            With ``group_by``, the column, or columns, that say which row was earlier.
        group_by: the column, or columns, that say which rows belong together. The steps are columns of one cell a row
            then, the target may be one of them, and a row's lists are what ``te.history`` finds in *the rows it comes
            with*: those that are learned from, or those that are to be predicted. A model that is served takes lists.
        length: with ``group_by``, at most so many of the latest earlier rows.
        prefix: with ``group_by``, of the lists' names.
        counted: {list column: (cells, missing ones)}; learned.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"past_dest": [["LAX", "BOS"], [], ["LAX"]], "past_delay": [[4.5, None], [], [7.0]]})
        >>> history = te.Sequence({"past_dest": te.Categorical(), "past_delay": te.Numeric()}, units=8)
        >>> schema = te.infer_schema(df, kinds={"history": history})
        >>> schema.inputs(df)["past_dest"].tolist()
        [[2, 3], [0, 0], [2, 0]]

    Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"; Cho et al. 2014, arXiv 1406.1078 (gru).
    """

    steps: Mapping[str, ColumnKind] = field(hash=False)
    records: str | None = field(default=None, kw_only=True)
    cell: str = "lstm"
    units: int = 32
    dropout: float = 0.0
    order_by: str | tuple[str, ...] | None = None
    group_by: str | tuple[str, ...] | None = None
    length: int = 8
    prefix: str = "past_"
    counted: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False, hash=False)

    key: ClassVar[str] = "sequence"
    decisive: ClassVar[tuple[str, ...]] = ("records", "order_by", "group_by", "length")

    def __post_init__(self) -> None:
        if not isinstance(self.steps, Mapping) or not self.steps:
            raise DataError(f"`steps` must map list columns to kinds, however: steps={self.steps!r}")
        vars(self).update(steps={str(step): kind for step, kind in self.steps.items()})
        for step, kind in self.steps.items():
            if type(kind) not in STEP_KINDS.values():
                raise DataError(
                    f"`steps` must map {step!r} to te.Categorical(), te.Numeric() or te.Boolean(), however: {kind!r}"
                )
            if getattr(kind, "ordered", False):
                raise DataError(
                    f"`ordered` must be False in steps, however: {step!r} is ordered; te.Numeric() takes its numbers"
                )
        if self.cell not in CELLS:
            raise DataError(f"`cell` must be one of {', '.join(CELLS)}, however: cell={self.cell!r}")
        whole = isinstance(self.units, int | np.integer) and not isinstance(self.units, bool)
        if not whole or self.units < 1:
            raise DataError(f"`units` must be a whole number of 1 or more, however: units={self.units!r}")
        if not 0 <= self.dropout < 1:
            raise DataError(f"`dropout` must be in [0, 1), however: dropout={self.dropout!r}")
        self._check_groups()

    def _check_groups(self) -> None:
        if self.records is not None and (not isinstance(self.records, str) or self.group_by is not None):
            raise DataError(
                f"`records` must be the name of one column, without `group_by`, however: records={self.records!r}, "
                f"group_by={self.group_by!r}"
            )
        if self.group_by is None:
            if self.order_by is not None and not isinstance(self.order_by, str):
                raise DataError(f"`order_by` must be one list column, however: order_by={self.order_by!r}")
            return
        if self.order_by is None:
            raise DataError(f"`group_by` needs `order_by`, however: group_by={self.group_by!r}, order_by=None")
        check_length(self.length)
        if not isinstance(self.prefix, str) or not self.prefix:
            raise DataError(f"`prefix` must be a text that is not empty, however: prefix={self.prefix!r}")
        for argument in ("group_by", "order_by"):
            vars(self)[argument] = tuple(names_of(getattr(self, argument), argument))

    @property
    def learned(self) -> bool:
        """Whether every step column has its statistics."""
        return bool(self.counted) and all(kind.learned for kind in self.steps.values())

    @property
    def named(self) -> dict[str, ColumnKind]:
        """{list column: kind}, the lists that are made of other rows, or of records, by their own names."""
        return {self._named(step): kind for step, kind in self.steps.items()}

    def _named(self, step: str) -> str:
        if self.records is not None:
            return f"{self.records}_{step}"
        return step if self.group_by is None else self.prefix + step

    @property
    def needs_rows(self) -> bool:
        """Whether the lists are made of other rows."""
        return self.group_by is not None

    @property
    def columns(self) -> list[Column]:
        """The step columns, with the cells of all rows counted."""
        return [Column(step, kind, *self.counted.get(step, (0, 0)), "a step's") for step, kind in self.named.items()]

    def with_columns(self, columns: Mapping[str, Column]) -> Self:
        """Return this kind with other kinds and counts of its step columns; those that aren't given stay."""
        mine = {step: columns[step] for step in self.named if step in columns}
        kinds = {step: mine[step].kind if step in mine else kind for step, kind in self.named.items()}
        return replace(
            self,
            steps=dict(zip(self.steps, kinds.values(), strict=True)),
            counted={**self.counted, **{step: (column.rows, column.missing) for step, column in mine.items()}},
        )

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the list columns, or those whose earlier cells become lists, and the ones to order and group by."""
        if self.records is not None:
            return (self.records,)
        return tuple(dict.fromkeys([*self.steps, *self._names()]))

    def _names(self) -> list[str]:
        return [name for names in (self.order_by, self.group_by) if names for name in names_of(names, "order_by")]

    def number_sources(self, name: str) -> tuple[str, ...]:
        """Return the columns of numbers."""
        return tuple(step for step, kind in self.named.items() if kind.number_sources(step))

    def consumed(self, name: str) -> tuple[str, ...]:
        """Return the list columns; what other rows hold is a column of its own."""
        return self.sources(name) if self.group_by is None else ()

    def seen(self, name: str) -> tuple[str, ...]:
        """Return the columns of which a row's own cell is read."""
        return self.sources(name) if self.group_by is None else tuple(self._names())

    def parts(self, name: str) -> dict[str, Part]:
        """Return a list input for each step column."""
        return {step: Part(kind.parts(step)[step].dtype, ragged=True) for step, kind in self.named.items()}

    def cells(self, table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
        """Return (n,) structs of lists, or the lists of records."""
        if self.records is not None:
            return table.column(self.records)
        if self.group_by is not None and self.order_by is not None:
            lists = past_lists(table, self.group_by, self.order_by, [*self.steps], self.length)
            return pa.StructArray.from_arrays(list(lists.values()), [*self.named])
        sources = self.sources(name)
        arrays = [pa.concat_arrays([*c.chunks, pa.array([], c.type)]) for c in map(table.column, sources)]
        return pa.StructArray.from_arrays(arrays, sources)

    def flat(self, values: pa.Array | pa.ChunkedArray) -> tuple[dict[str, pa.Array], np.ndarray]:
        """Return {list column: values of all rows end to end} and the rows' lengths.

        Args:
            values: what ``cells`` gave.

        Raises:
            DataError: for lists of one row that aren't equally long, or go back in time.
        """
        if self.records is not None:
            return self._of_records(values)
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays([*values.chunks, pa.array([], values.type)])
        names = [values.type.field(at).name for at in range(values.type.num_fields)]
        found = {source: flat_lists(lists, source) for source, lists in zip(names, values.flatten(), strict=True)}
        (first, (_, lengths)), *others = found.items()
        for other, (_, its) in others:
            if not np.array_equal(its, lengths):
                row = int(np.argmax(its != lengths))
                raise DataError(
                    f"list columns {first!r} and {other!r} must be equally long row by row, however: row {row} holds "
                    f"{lengths[row]} and {its[row]}; a step without a value is None in its list"
                )
        flat = {source: plain(cells) for source, (cells, _) in found.items()}
        if isinstance(self.order_by, str):
            _check_order(flat[self.order_by], lengths, self.order_by)
        return flat, lengths

    def _of_records(self, values: pa.Array | pa.ChunkedArray) -> tuple[dict[str, pa.Array], np.ndarray]:
        cells, lengths = flat_records(values, self.records or "", [*self.steps, *self._names()])
        flat = {self._named(step): column for step, column in cells.items()}
        if isinstance(self.order_by, str):
            _check_order(flat[self._named(self.order_by)], lengths, self._named(self.order_by))
        return flat, lengths

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Learn every step column from the cells of all rows; a row without steps counts as missing."""
        flat, lengths = self.flat(values)
        total = int(lengths.sum())
        columns = {}
        for step, kind in self.named.items():
            learned, missing = say_row(kind.learn, flat[step], lengths, step)
            if missing == total:
                raise DataError(
                    f"column {step!r} must hold some values in its lists, however: all {total:,} steps of "
                    f"{len(lengths):,} rows are missing; leave it out of {name!r}"
                )
            columns[step] = Column(step, learned, total, missing, "")
        return self.with_columns(columns), int((lengths == 0).sum())

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another sequence of the same step columns."""
        if not isinstance(previous, Sequence) or set(previous.named) != set(self.named):
            return None
        if any(
            getattr(self, name) != getattr(previous, name) for name in ("records", "order_by", "group_by", "length")
        ):
            return None
        adopted = {step: kind.adopt(previous.steps[step]) for step, kind in self.steps.items()}
        steps = {step: kind for step, kind in adopted.items() if kind is not None}
        return replace(self, steps=steps, counted=previous.counted) if len(steps) == len(adopted) else None

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> dict[str, Encoded]:
        """Return {list column: lists} of ids and numbers."""
        flat, lengths = self.flat(values)
        parts = self.parts(name)
        return {
            step: Ragged.of(say_row(kind.encode, flat[step], lengths, step).astype(parts[step].dtype), lengths)
            for step, kind in self.named.items()
        }

    def encode_parts(self, values: pa.Array | pa.ChunkedArray, name: str) -> dict[str, Encoded]:
        """Return {list column: lists}."""
        return self.encode(values, name)

    def layer_name(self, step: str) -> str:
        """Return what a step column's layers are called, behind the sequence's safe name and a dot."""
        return safe_names(self.named)[step]

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return an embedding for each step column of labels, by that column's name."""
        return {
            step: replace(spec, layer=f"{self.layer_name(step)}.{spec.layer}")
            for step, kind in self.named.items()
            for spec in kind.tables(step).values()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments and the step columns' own."""
        return {
            "steps": {step: {"kind": kind.key, **kind.to_dict()} for step, kind in self.steps.items()},
            "records": self.records,
            "cell": self.cell,
            "units": self.units,
            "dropout": self.dropout,
            "order_by": self.order_by,
            "group_by": self.group_by,
            "length": self.length,
            "prefix": self.prefix,
            "counted": {step: list(cells) for step, cells in self.counted.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        steps = {}
        for step, entry in data["steps"].items():
            fields = dict(entry)
            steps[step] = STEP_KINDS[fields.pop("kind")].from_dict(fields)
        counted = {step: (cells[0], cells[1]) for step, cells in data["counted"].items()}
        names = {
            key: tuple(data[key]) if isinstance(data[key], list) else data[key] for key in ("order_by", "group_by")
        }
        return cls(**{**data, **names, "steps": steps, "counted": counted})

    def describe(self) -> tuple[str, str]:
        """Return the step columns' labels, and the state's values."""
        labels = [found for found, _ in (kind.describe() for kind in self.steps.values()) if found]
        return ", ".join(labels), f"{self.units} ({self.cell})"


def _check_order(times: pa.Array, lengths: np.ndarray, name: str) -> None:
    """Refuse lists whose times are missing or fall."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    if times.null_count:
        row = rows[np.argmax(times.is_null().to_numpy(zero_copy_only=False))]
        raise DataError(
            f"list column {name!r} must hold a time for every step, however: one is missing in row {row}; drop the step"
        )
    if len(times) < 2:
        return
    try:
        falls = pc.less(times[1:], times[:-1]).to_numpy(zero_copy_only=False)
    except pa.ArrowNotImplementedError:
        raise DataError(f"list column {name!r} must hold times or numbers, however: its type is {times.type}") from None
    falls &= rows[1:] == rows[:-1]
    if falls.any():
        at = int(np.argmax(falls))
        raise DataError(
            f"list column {name!r} must never go back in time, however: row {rows[at]} goes from "
            f"{times[at].as_py()!r} to {times[at + 1].as_py()!r}; sort each row's steps, oldest first"
        )
