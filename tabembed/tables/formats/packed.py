"""Labels as one run of UTF-8 bytes and the places where each begins: exact for any text, and readable in place."""

from __future__ import annotations

__all__ = ["pack", "unpack"]

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def pack(labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels' bytes (total,) uint8, and offsets (n + 1,) int64: label i is bytes[offsets[i]:offsets[i + 1]].

    Example:
        >>> text, offsets = pack(["a", "bc"])
        >>> text.tobytes(), offsets.tolist()
        (b'abc', [0, 1, 3])
    """
    _, offsets, text = pa.array(labels, pa.large_string()).buffers()
    return np.frombuffer(text or b"", np.uint8), np.frombuffer(offsets or bytes(8), np.int64)[: len(labels) + 1]


def unpack(text: np.ndarray, offsets: np.ndarray) -> pa.LargeStringArray:
    """Return the labels over the same memory, after checking that every offset and every byte is in order.

    Raises:
        ArrowInvalid: when they aren't.

    Example:
        >>> unpack(*pack(["a", "bc"])).to_pylist()
        ['a', 'bc']
    """
    if offsets.dtype != np.int64 or text.dtype != np.uint8 or not len(offsets):
        raise pa.ArrowInvalid(f"label_offsets are {offsets.dtype} and label_bytes {text.dtype}, not int64 and uint8")
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    labels = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
    labels.validate(full=True)
    return labels
