"""A column's kind and statistics from files larger than memory: the same as from a frame of their rows."""

from __future__ import annotations

__all__ = ["check_streams", "is_text", "is_whole", "moments_of", "numbers_in", "stream_column", "stream_encode"]

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from ..io.ahead import read_ahead
from ..io.counting import Counts, countable, counted
from ..io.errors import DataError
from ..io.row_groups import RowGroups
from .boolean import SPELLINGS
from .classify import SEVERAL_WORDS, aside, iso_kind, labels_kind, may_be_labels, time_kind, unread, whole_kind
from .column import Column
from .kinds import Boolean, Categorical, ColumnKind, Cross, Datetime, Ignored, LatLon, MultiCategorical, Numeric, Text
from .learn_target import is_number, is_real
from .made import is_made
from .moments import Moments
from .numeric import numbers_of
from .ragged import Encoded, joined_rows
from .streamed_lists import stream_lists
from .times import ISO, is_time
from .vocabulary import Vocabulary

_MANY = 1 << 20


def stream_column(
    groups: RowGroups,
    name: str,
    declared: ColumnKind | None,
    answers: Callable[[], np.ndarray | None] = lambda: None,
) -> Column | None:
    """Learn a column of Parquet files, batch by batch or from the counts of its values.

    Args:
        groups: the files.
        name: the column's.
        declared: its kind, or None to find it.
        answers: returns ``sampled_target``, or None without a target.

    Returns:
        The column; None where it must be looked at whole: for a kind or a type that counts don't suffice for, and to
        say what is wrong with it.

    Raises:
        DataError: when a file can't be read.
    """
    if isinstance(declared, Cross):
        return _crossed(groups, name, declared)
    if isinstance(declared, LatLon):
        return _places(groups, name, declared)
    if declared is not None and is_made(declared, name):
        return None
    kind = groups.schema.field(name).type
    if declared is None and is_time(kind):
        return _times(groups, name)
    if isinstance(declared, MultiCategorical) or (declared is None and may_be_labels(kind)):
        return stream_lists(groups, name, declared)
    if declared is None and not _is_counted(kind):
        missing = sum(batch.column(0).null_count for batch in groups.batches([name]))
        set_aside, reason = unread(kind)
        return None if missing == groups.rows else Column(name, set_aside, groups.rows, missing, reason)
    if not countable(kind) or not isinstance(declared, Categorical | Numeric | Boolean | None):
        return None
    if isinstance(declared, Numeric):
        return _numbers_declared(groups, name, declared, answers() if declared.reads_target else None)
    moments = moments_of(groups, name) if not declared and is_number(kind) else None
    if moments is not None and not moments.present:
        return None
    if declared is None and moments is not None and is_real(kind) and not is_whole(groups, name):
        if moments.low == moments.high and moments.present == moments.rows:
            set_aside, reason = aside(f"{moments.low:g}")
            return Column(name, set_aside, groups.rows, 0, reason)
        return _numeric(Numeric(), moments, name, "real numbers")
    with counted(groups, name) as counts:
        return _of_counts(counts, groups, name, declared, moments)


def _times(groups: RowGroups, name: str) -> Column | None:
    """Learn a column of dates or time stamps; None for one of a single value, or of none."""
    cells = (batch.column(0) for batch in groups.batches([name]))
    learned, missing = Datetime().learn_batches(cells, name)
    if missing == groups.rows or not learned.scale:
        return None
    _, reason = time_kind(groups.schema.field(name).type, 2, missing, str)
    return Column(name, learned, groups.rows, missing, reason)


def _numbers_declared(groups: RowGroups, name: str, kind: Numeric, target: np.ndarray | None) -> Column | None:
    """Learn from numbers, many at a time, in as many passes as the kind needs."""
    try:
        learned, missing = kind.learn_parts(lambda: numbers_in(groups, name), target, name)
    except DataError:
        numbers_of(groups.column(name), name, np.float64)  # says which of all rows it is
        raise
    return None if missing == groups.rows else Column(name, learned, groups.rows, missing, "declared")


def _crossed(groups: RowGroups, name: str, kind: Cross) -> Column | None:
    """Count crossed labels, many rows at a time."""
    vocabulary, missing = Vocabulary([], []), 0
    for table in _tables(groups.select(kind.columns), [*kind.columns]):
        more, gone = Vocabulary.count(kind.cells(table, name), name)
        vocabulary, missing = Vocabulary.summed([vocabulary, more]), missing + gone
    if not len(vocabulary):
        return None
    return Column(name, kind.with_vocabulary(vocabulary), groups.rows, missing, "declared")


def _places(groups: RowGroups, name: str, kind: LatLon) -> Column | None:
    """Learn from pairs of degrees, many rows at a time."""
    try:
        parts = (kind.encode(kind.cells(table, name), name) for table in _tables(groups.select(kind.sources(name)), []))
        learned, missing = kind.learn_parts(parts, name)
    except DataError:
        return None  # looked at whole, it says which of all rows it is
    return Column(name, learned, groups.rows, missing, "declared")


def _is_counted(kind: pa.DataType) -> bool:
    """Say whether inference looks at the values of a column of this type."""
    if pa.types.is_dictionary(kind):
        return True
    return is_number(kind) or pa.types.is_boolean(kind) or is_text(kind)


def is_text(kind: pa.DataType) -> bool:
    """Say whether a type is one of texts, plain or in a dictionary."""
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def moments_of(groups: RowGroups, name: str) -> Moments:
    """Return the moments of a column of numbers.

    Raises:
        DataError: for infinities, with the row.
    """
    try:
        return Moments.gathered(Moments.of(numbers) for numbers in numbers_in(groups, name))
    except DataError:
        numbers_of(groups.column(name), name, np.float64)  # says which of all rows it is
        raise


def numbers_in(groups: RowGroups, name: str) -> Iterator[np.ndarray]:
    """Yield the numbers, many at a time: fewer than that give the same mean as a frame, to the last digit."""
    parts: list[np.ndarray] = []
    for batch in groups.batches([name]):
        parts.append(numbers_of(batch.column(0), name, np.float64))
        if sum(map(len, parts)) >= _MANY:
            yield np.concatenate(parts)
            parts = []
    if parts:
        yield np.concatenate(parts)


def is_whole(groups: RowGroups, name: str) -> bool:
    """Say whether a column of numbers has no fractions."""
    for numbers in numbers_in(groups, name):
        present = numbers[~np.isnan(numbers)]
        if not np.array_equal(present, np.round(present)):
            return False
    return True


def _numeric(kind: Numeric, moments: Moments, name: str, reason: str) -> Column:
    return Column(name, kind.of_moments(moments, name), moments.rows, moments.rows - moments.present, reason)


def _of_counts(
    counts: Counts, groups: RowGroups, name: str, declared: ColumnKind | None, moments: Moments | None
) -> Column | None:
    rows, (_, present) = groups.rows, counts.summary()
    if not present:
        return None
    chosen, reason = (declared, "declared") if declared else _chosen(counts, groups, name, moments)
    if isinstance(chosen, Datetime | Text):
        cells = (batch.column(0) for batch in groups.batches([name]))
        learned, missing = chosen.learn_batches(cells, name)
        return Column(name, learned, rows, missing, reason)
    if isinstance(chosen, Ignored):
        return Column(name, chosen, rows, rows - present, reason)
    if isinstance(chosen, Numeric) and moments is not None:
        return _numeric(chosen, moments, name, reason)
    vocabulary = _vocabulary(counts, name)
    held = int(vocabulary.counts.sum())
    if not held:
        return None
    if isinstance(chosen, Categorical):
        return Column(name, chosen.with_vocabulary(vocabulary), rows, rows - held, reason)
    return _boolean(chosen, vocabulary, name, rows, held, reason) if isinstance(chosen, Boolean) else None


def _boolean(kind: Boolean, vocabulary: Vocabulary, name: str, rows: int, held: int, reason: str) -> Column | None:
    if not all(label in SPELLINGS for label in vocabulary.labels):
        return None
    true = sum(n for label, n in zip(vocabulary.labels, vocabulary.counts.tolist(), strict=True) if SPELLINGS[label])
    learned = replace(kind, indicator=held < rows, true_share=float(np.float32(true) / np.float32(held)))
    return Column(name, learned, rows, rows - held, reason)


def _chosen(counts: Counts, groups: RowGroups, name: str, moments: Moments | None) -> tuple[ColumnKind, str]:
    """Return the kind a column is read as, and why; see ``infer._classify``."""
    kind, rows = groups.schema.field(name).type, groups.rows
    if moments is not None:
        return whole_kind(
            name,
            "whole numbers, as floats" if is_real(kind) else "whole numbers",
            rows=rows,
            present=moments.present,
            distinct=counts.of_numbers(),
            low=moments.low,
            high=moments.high,
            counts=counts.by_number,
        )
    only = partial(_only, counts, name)
    if pa.types.is_boolean(kind):
        distinct, present = counts.summary()
        return aside(only()) if distinct == 1 and present == rows else (Boolean(), "true and false")
    distinct, present = _labels(counts, kind, name)
    if is_text(kind) and not pa.types.is_dictionary(kind) and distinct > 1 and counts.all_match(ISO):
        return iso_kind(distinct, present)
    what = "a category" if pa.types.is_dictionary(kind) else "text"
    prose = partial(_prose, counts) if what == "text" else None
    return labels_kind(what, rows, present, distinct, only, prose)


def _labels(counts: Counts, kind: pa.DataType, name: str) -> tuple[int, int]:
    """Return how many labels there are and how many rows hold one; a key's texts needn't leave DuckDB for it."""
    if is_text(kind):
        return counts.summary("value <> ''")
    vocabulary = _vocabulary(counts, name)
    return len(vocabulary), int(vocabulary.counts.sum())


def _prose(counts: Counts) -> int:
    """Return how many labels hold several words."""
    pattern = SEVERAL_WORDS.format(r"\x{80}-\x{10FFFF}")
    return counts.summary(f"regexp_matches(value, '{pattern}')")[0]


def _only(counts: Counts, name: str) -> str:
    return _vocabulary(counts, name).labels[0]


def _vocabulary(counts: Counts, name: str) -> Vocabulary:
    values, rows = counts.values()
    return Vocabulary.tallied(values, rows, name)


def stream_encode(groups: RowGroups, features: Mapping[str, ColumnKind]) -> dict[str, Encoded]:
    """Encode Parquet files into {model input: array (n,) or lists}; beside these only a batch of rows is in memory.

    Args:
        groups: the files, with the columns that the kinds read.
        features: {column: kind}.

    Raises:
        DataError: for a cell that isn't of its kind, and when a file can't be read.
    """
    check_streams(features)
    nothing = groups.schema.empty_table()
    whole: dict[str, Encoded] = {}
    owner: dict[str, str] = {}
    for name, kind in features.items():
        whole |= kind.encode_parts(kind.cells(nothing, name), name)
        owner = {**dict.fromkeys(whole, name), **owner}
    arrays = {part: np.empty(groups.rows, none.dtype) for part, none in whole.items() if isinstance(none, np.ndarray)}
    lists: dict[str, list[Encoded]] = {part: [none] for part, none in whole.items() if part not in arrays}
    labels = [name for name, kind in features.items() if isinstance(kind, Categorical)]
    start = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for table in read_ahead(_tables(groups, labels)):
            rows = slice(start, start + table.num_rows)

            def fill(name: str, table: pa.Table = table, rows: slice = rows) -> None:
                """Encode one column's rows into their place."""
                kind = features[name]
                try:
                    encoded = kind.encode_parts(kind.cells(table, name), name)
                except DataError:
                    kind.encode_parts(kind.cells(groups.table(kind.sources(name)), name), name)  # says which row it is
                    raise
                for part in encoded:
                    if owner[part] != name:
                        continue
                    if part in arrays:
                        arrays[part][rows] = encoded[part]
                    else:
                        lists[part].append(encoded[part])

            list(threads.map(fill, features))
            start = rows.stop
    return {part: arrays[part] if part in arrays else joined_rows(lists[part]) for part in whole}


def check_streams(features: Mapping[str, ColumnKind]) -> None:
    """Refuse kinds that read other rows than a batch holds.

    Args:
        features: {column: kind}.

    Raises:
        DataError: for such a kind.
    """
    for name, kind in features.items():
        if kind.needs_rows:
            raise DataError(
                f"column {name!r} reads other rows of its group, however: rows of files come some thousands at a time; "
                f"read the files into a frame, or write lists into them with te.history"
            )


def _tables(groups: RowGroups, labels: list[str]) -> Iterator[pa.Table]:
    """Yield the rows, many at a time: a label that comes often is looked up once for all of them."""
    parts: list[pa.Table] = []
    for batch in groups.batches(labels=labels):
        parts.append(batch)
        if sum(part.num_rows for part in parts) >= _MANY:
            yield pa.concat_tables(parts).unify_dictionaries()
            parts = []
    if parts:
        yield pa.concat_tables(parts).unify_dictionaries()
