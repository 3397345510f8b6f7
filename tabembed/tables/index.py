"""Where each label stands in its table: in memory by a dict, or in a mapped file by Arrow's own search."""

from __future__ import annotations

__all__ = ["LabelIndex", "MappedLabels"]

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CHUNK = 65_536


class LabelIndex:
    """The rows of labels that are held in memory.

    Args:
        labels: (n,) distinct labels.

    Example:
        >>> LabelIndex(("a", "b")).find(["b", "z"]).tolist()
        [1, -1]
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.rows = {label: row for row, label in enumerate(labels)}

    def find(self, wanted: Sequence[str]) -> np.ndarray:
        """Return the rows (m,) int64 of the wanted labels, -1 where one isn't there."""
        rows = self.rows
        return np.fromiter((rows.get(label, -1) for label in wanted), np.int64, len(wanted))


class MappedLabels(Sequence[str]):
    """Labels that stay in their file and are decoded as they are read; a sequence of str like the tuple it stands for.

    Args:
        text: (n,) the labels, distinct, over mapped buffers.

    Example:
        >>> labels = MappedLabels(pa.array(["a", "b"], pa.large_string()))
        >>> labels[1], list(labels), labels.find(["b", "z"]).tolist()
        ('b', ['a', 'b'], [1, -1])
    """

    def __init__(self, text: pa.LargeStringArray) -> None:
        self.text = text

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self.text)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        """Return one label, or the tuple of a slice."""
        if isinstance(at, slice):
            return tuple(self.text[at].to_pylist())
        return str(self.text[int(at)].as_py())

    def __iter__(self) -> Iterator[str]:
        """Iterate over the labels, decoding a chunk at a time."""
        for start in range(0, len(self.text), _CHUNK):
            yield from self.text[start : start + _CHUNK].to_pylist()

    def __repr__(self) -> str:
        """Return the first labels and how many there are."""
        return f"MappedLabels({len(self):,}: {', '.join(map(repr, self[:3]))}, ...)"

    def find(self, wanted: Sequence[str]) -> np.ndarray:
        """Return the rows (m,) int64 of the wanted labels, -1 where one isn't there."""
        if len(wanted) == 1:  # a scan costs no memory; the hash table below would be built for one label
            return np.array([pc.index(self.text, wanted[0]).as_py()], np.int64)
        found = pc.index_in(pa.array(wanted, pa.large_string()), value_set=self.text)
        return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
