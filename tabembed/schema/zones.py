"""Time zones as plain numbers, so that Python and the exported graph turn an instant into a wall clock's time alike."""

from __future__ import annotations

__all__ = ["check_zone", "offsets_of", "wall_time"]

import datetime
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from ..io.errors import DataError

_FIXED = re.compile(r"([+-])(\d\d):?(\d\d)")
_DAY = 86_400
_FIRST, _LAST = -70 * 366 * _DAY, 180 * 366 * _DAY
"""About 1900 to 2150, in seconds since 1970; outside, the zone's first and last offsets hold."""


def check_zone(zone: str) -> str:
    """Return a zone that exists.

    Args:
        zone: an IANA name (``"America/New_York"``, ``"UTC"``) or a fixed offset (``"+05:30"``).

    Raises:
        DataError: for any other text.

    Example:
        >>> check_zone("+05:30")
        '+05:30'
    """
    try:
        offsets_of(zone)
    except (ValueError, OSError, TypeError) as error:  # zoneinfo's own error is a KeyError or one of these
        raise _unknown(zone) from error
    except KeyError as error:
        raise _unknown(zone) from error
    return zone


def _unknown(zone: str) -> DataError:
    return DataError(
        f"`zone` must be a time zone such as 'America/New_York', 'UTC' or '+05:30', however: zone={zone!r}"
    )


@lru_cache(maxsize=32)
def offsets_of(zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Return when a zone's offset from UTC changes, and what it is before and after.

    Args:
        zone: as in ``check_zone``.

    Returns:
        (changes,) int64 seconds since 1970 in UTC, rising, and (changes + 1,) int64 seconds east of UTC.

    Example:
        >>> changes, offsets = offsets_of("+01:00")
        >>> changes.tolist(), offsets.tolist()
        ([], [3600])
    """
    fixed = _FIXED.fullmatch(zone)
    if fixed:
        seconds = (int(fixed[2]) * 60 + int(fixed[3])) * 60
        return np.empty(0, np.int64), np.array([-seconds if fixed[1] == "-" else seconds])
    info = ZoneInfo(zone)
    days = np.arange(_FIRST, _LAST, _DAY)
    found = np.array([_offset(info, day) for day in days.tolist()])
    at = np.flatnonzero(np.diff(found))
    changes = [_change(info, int(days[i]), int(days[i + 1])) for i in at]
    return np.array(changes, np.int64), np.concatenate([found[:1], found[at + 1]]).astype(np.int64)


def _offset(info: ZoneInfo, instant: int) -> int:
    moment = (datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=instant)).astimezone(info)
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _change(info: ZoneInfo, low: int, high: int) -> int:
    """Return the first second of the new offset, by halving the day in which it changes."""
    old = _offset(info, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(info, middle) == old else (low, middle)
    return high


def wall_time(instants: np.ndarray, zone: str) -> np.ndarray:
    """Return what a clock on the wall shows.

    Args:
        instants: (n,) int64 seconds since 1970 in UTC.
        zone: as in ``check_zone``.

    Returns:
        (n,) int64 seconds since 1970 as the wall shows them.

    Example:
        >>> wall_time(np.array([0, 1_400_000_000]), "Europe/Paris").tolist()
        [3600, 1400007200]
    """
    changes, offsets = offsets_of(zone)
    wall: np.ndarray = instants + offsets[np.searchsorted(changes, instants, side="right")]
    return wall
