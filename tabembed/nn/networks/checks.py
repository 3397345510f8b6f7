"""The limits of the networks' own arguments."""

from __future__ import annotations

__all__ = ["check_choice", "check_share", "check_units", "check_whole"]

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from ...io.errors import DataError


def check_units(argument: str, value: Any) -> None:
    """Refuse what are no units of layers.

    Args:
        argument: its name.
        value: a list of whole numbers.

    Raises:
        DataError: unless all of them are 1 or more.
    """
    several = isinstance(value, Sequence) and not isinstance(value, str)
    if not several or not all(_is_whole(units, 1) for units in value):
        raise DataError(f"`{argument}` must be whole numbers of 1 or more, however: {argument}={value!r}")


def check_whole(argument: str, value: Any, least: int = 1) -> None:
    """Refuse what is no whole number of ``least`` or more.

    Raises:
        DataError: for anything else.
    """
    if not _is_whole(value, least):
        raise DataError(f"`{argument}` must be a whole number of {least} or more, however: {argument}={value!r}")


def check_share(argument: str, value: Any) -> None:
    """Refuse what is no share that can be dropped.

    Raises:
        DataError: for a value outside [0, 1).
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise DataError(f"`{argument}` must be in [0, 1), however: {argument}={value!r}")


def check_choice(argument: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse a value that is none of the choices.

    Raises:
        DataError: for anything else.
    """
    if value not in choices:
        raise DataError(f"`{argument}` must be one of {', '.join(choices)}, however: {argument}={value!r}")


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)
