"""Seeds for layers and data without touching anyone's global random state."""

from __future__ import annotations

__all__ = ["Seeds"]

from typing import Any

import numpy as np

from ..io.errors import DataError


class Seeds:
    """Hands out a new seed at each call; the same ones again for the same ``random_state``.

    Args:
        random_state: None (fresh entropy), a whole number of 0 or more, a ``numpy.random.RandomState`` or
            ``Generator``.
        argument: what the caller calls it, for the error.

    Raises:
        DataError: for anything else.

    Example:
        >>> a, b = Seeds(0), Seeds(0)
        >>> a.next() == b.next(), a.next() == a.next()
        (True, False)
    """

    def __init__(self, random_state: Any = None, argument: str = "random_state") -> None:
        if isinstance(random_state, np.random.RandomState):
            random_state = int(random_state.randint(2**31 - 1))
        if isinstance(random_state, np.random.Generator):
            random_state = int(random_state.integers(2**31 - 1))
        whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and random_state >= 0
        if random_state is not None and not whole:
            raise DataError(f"`{argument}` must be None or a whole number of 0 or more, however: {random_state!r}")
        self._generator = np.random.default_rng(random_state)

    def next(self) -> int:
        """Return the next seed, 0 or more and below 2**31 - 1."""
        return int(self._generator.integers(2**31 - 1))
