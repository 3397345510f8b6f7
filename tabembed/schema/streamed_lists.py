"""A column of lists from files larger than memory, counted batch by batch."""

from __future__ import annotations

__all__ = ["stream_lists"]

from collections.abc import Iterator

from ..io.errors import DataError
from ..io.row_groups import RowGroups
from .classify import lists_kind
from .column import Column
from .kinds import ColumnKind, MultiCategorical
from .vocabulary import Vocabulary


def stream_lists(groups: RowGroups, name: str, declared: MultiCategorical | None) -> Column | None:
    """Learn a column of lists of Parquet files; beside its vocabulary only a batch of rows is in memory.

    Args:
        groups: the files.
        name: the column's.
        declared: its kind, or None to find it.

    Returns:
        The column; None where it must be looked at whole, to say what is wrong with it.

    Raises:
        DataError: when a file can't be read.
    """
    kind = declared or MultiCategorical()
    reader = groups.select(kind.sources(name))
    missing, lengths = 0, {0}

    def vocabularies() -> Iterator[Vocabulary]:
        """Yield the labels of each batch."""
        nonlocal missing, lengths
        lengths = set()
        for batch in reader.batches():
            items = kind.items(kind.cells(batch, name), name)
            long = items.present.lengths
            missing += int((long == 0).sum())
            lengths |= {int(long.min()), int(long.max())}
            yield Vocabulary.of_codes(items.codes.values, items.labels)[0]

    try:
        vocabulary = Vocabulary.summed(vocabularies())
    except DataError:
        return None
    items = int(vocabulary.counts.sum())
    if not items:
        return None
    chosen, reason = (declared, "declared") if declared else _chosen(groups, name, vocabulary, lengths)
    learned = chosen.with_vocabulary(vocabulary) if isinstance(chosen, MultiCategorical) else chosen
    missing = missing if isinstance(chosen, MultiCategorical) else _nulls(groups, name)
    return Column(name, learned, groups.rows, missing, reason)


def _chosen(groups: RowGroups, name: str, vocabulary: Vocabulary, lengths: set[int]) -> tuple[ColumnKind, str]:
    return lists_kind(
        groups.schema.field(name).type,
        rows=groups.rows,
        items=int(vocabulary.counts.sum()),
        distinct=len(vocabulary),
        lengths=(min(lengths), max(lengths)),
        only=lambda: vocabulary.labels[0],
    )


def _nulls(groups: RowGroups, name: str) -> int:
    """Return what an ignored column counts as missing."""
    return sum(batch.column(0).null_count for batch in groups.batches([name]))
