"""The limits of the networks' own arguments."""

from __future__ import annotations

__all__ = ["check_choice", "check_shares", "check_units", "check_whole"]

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


def check_whole(argument: str, value: Any, multiple: int = 1) -> None:
    """Refuse what is no whole number of 1 or more.

    Args:
        argument: its name.
        value: what came.
        multiple: what it must be a multiple of.

    Raises:
        DataError: for anything else.
    """
    if not _is_whole(value, 1) or value % multiple:
        wanted = "whole number of 1 or more" if multiple == 1 else f"multiple of {multiple}"
        raise DataError(f"`{argument}` must be a {wanted}, however: {argument}={value!r}")


def check_shares(**shares: Any) -> None:
    """Refuse what are no shares that can be dropped.

    Args:
        **shares: {argument: what came}.

    Raises:
        DataError: for a value outside [0, 1).
    """
    for argument, value in shares.items():
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
