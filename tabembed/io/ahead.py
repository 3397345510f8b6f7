"""Reading ahead: the next part is made while this one is worked on."""

from __future__ import annotations

__all__ = ["read_ahead"]

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def read_ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """Yield the parts of an iterator, the next one made by a thread of its own meanwhile.

    Args:
        parts: of which none is None.

    Example:
        >>> list(read_ahead(iter("abc")))
        ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = reader.submit(next, parts, None)
            yield part
