"""A request that can't be answered, with the status and the one sentence that the client gets."""

from __future__ import annotations

__all__ = ["Refused", "shown"]

import json
from typing import Any

_SHOWN = 60


class Refused(Exception):  # noqa: N818 - it is said to a client, not raised at a programmer
    """What the client sent can't be used.

    Args:
        status: of HTTP, 4xx.
        sentence: names the column, what was expected and what came.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def shown(value: Any) -> str:
    """Return a JSON value as short text.

    Example:
        >>> shown({"a": [1, None]}), shown("x" * 100)[-5:]
        ('{"a": [1, null]}', 'x ...')
    """
    if isinstance(value, str | list | dict) and len(value) > _SHOWN:
        value = value[:_SHOWN] if not isinstance(value, dict) else dict(list(value.items())[:1])
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
