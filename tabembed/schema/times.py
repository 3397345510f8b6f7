"""Reading times: Arrow dates, time stamps and ISO texts as seconds on the wall's clock."""

from __future__ import annotations

__all__ = ["ISO", "MISSING_TIME", "is_iso", "is_time", "iso_seconds", "seconds_of", "zone_of"]

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from .labels import factorize
from .zones import wall_time

MISSING_TIME = int(np.iinfo(np.int64).min)
"""What a missing time is as a number; NumPy's NaT."""
ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?"
"""The texts that are read as times, in Python, DuckDB and the exported graph: ISO 8601 dates and times."""
_PARTS = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?",
    re.ASCII,
)
_SPAN = (np.datetime64("0001-01-01", "s").astype(np.int64), np.datetime64("9999-12-31T23:59:59", "s").astype(np.int64))


def is_time(kind: pa.DataType) -> bool:
    """Say whether a type is one of dates or time stamps.

    Example:
        >>> is_time(pa.date32()), is_time(pa.timestamp("us", "UTC")), is_time(pa.time32("s"))
        (True, True, False)
    """
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def is_iso(text: str) -> bool:
    """Say whether a text has the form of an ISO date or time.

    Example:
        >>> is_iso("2013-01-31T05:00Z"), is_iso("31.1.2013")
        (True, False)
    """
    return _PARTS.fullmatch(text) is not None


def zone_of(values: pa.Array | pa.ChunkedArray, name: str) -> str | None:
    """Return the zone a column's times are kept in, None where they have none.

    Args:
        values: (n,) dates, time stamps or ISO texts; texts of differing offsets are kept in UTC.
        name: the column's name, for errors.

    Raises:
        DataError: when some texts have an offset and others don't.
    """
    if pa.types.is_timestamp(values.type):
        zone = values.type.tz
        return None if zone is None else str(zone)
    if is_time(values.type) or pa.types.is_null(values.type):
        return None
    codes, labels = factorize(values, name)
    zones = {label: found[7] for label in labels if (found := _PARTS.fullmatch(label))}
    if not zones or not any(zones.values()):
        return None
    bare = next((label for label, zone in zones.items() if not zone), None)
    if bare is not None:
        row = int(np.argmax(codes == labels.index(bare)))
        raise DataError(
            f"column {name!r} must hold times all with or all without an offset, however: {bare!r} in row {row} has "
            f"none and others do; write one for each, or declare te.Categorical()"
        )
    return "UTC"


def seconds_of(values: pa.Array | pa.ChunkedArray, name: str, zone: str | None) -> np.ndarray:
    """Return a column's times as the wall's clock of a zone shows them.

    Args:
        values: (n,) dates, time stamps or ISO texts.
        name: the column's name, for errors.
        zone: that the times are told in; times without an offset are taken as that wall's. None for none.

    Returns:
        (n,) int64 seconds since 1970-01-01T00:00:00, ``MISSING_TIME`` where missing; fractions are cut off.

    Raises:
        DataError: for another type, a text that is no time, an offset where the column has no zone, or a year outside
            1 to 9999.

    Example:
        >>> seconds_of(pa.array(["1970-01-02", "1970-01-01T01:00:00Z", None]), "when", "UTC").tolist()[:2]
        [86400, 3600]
    """
    kind = values.type
    if values.null_count == len(values):
        return np.full(len(values), MISSING_TIME)
    if is_time(kind):
        return _of_stamps(values, name, zone)
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_texts(values, name, zone)
    row = next(at for at in range(len(values)) if values[at].is_valid)
    raise DataError(
        f"column {name!r} must hold dates, time stamps or ISO texts such as '2013-01-31T05:00', however: its type is "
        f"{kind}, first {values[row].as_py()!r} in row {row}; convert it, as with pandas.to_datetime"
    )


def _of_stamps(values: pa.Array | pa.ChunkedArray, name: str, zone: str | None) -> np.ndarray:
    kind = values.type
    aware = pa.types.is_timestamp(kind) and kind.tz is not None
    if aware and zone is None:
        raise DataError(
            f"column {name!r} must hold times without a zone, as it did, however: they are in {kind.tz!r}; "
            f"drop the zone first, or learn the schema from times that have one"
        )
    # Cut towards the past, as a clock does; Arrow alone would refuse fractions or cut them towards 1970.
    stamps = values.cast(pa.timestamp("s")) if pa.types.is_date(kind) else pc.floor_temporal(values, unit="second")
    numbers = pc.fill_null(stamps.cast(pa.timestamp("s", kind.tz if aware else None)).cast(pa.int64()), MISSING_TIME)
    seconds: np.ndarray = np.array(numbers.to_numpy() if isinstance(numbers, pa.ChunkedArray) else numbers)
    here = seconds != MISSING_TIME
    if aware:
        seconds[here] = wall_time(seconds[here], str(zone))
    _refuse_years(seconds, here, name)
    return seconds


def _refuse_years(seconds: np.ndarray, here: np.ndarray, name: str) -> None:
    bad = here & ((seconds < _SPAN[0]) | (seconds > _SPAN[1]))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"column {name!r} must hold years from 1 to 9999, however: {seconds[row].astype('datetime64[s]')} in row "
            f"{row}; make it missing where it stands for none"
        )


def _of_texts(values: pa.Array | pa.ChunkedArray, name: str, zone: str | None) -> np.ndarray:
    codes, labels = factorize(values, name)
    table = np.full(len(labels) + 1, MISSING_TIME)  # the last entry serves code -1
    for at, label in enumerate(labels):
        seconds = iso_seconds(label, zone)
        if isinstance(seconds, str):
            if not (codes == at).any():  # a pandas category may list labels that no row has
                continue
            raise DataError(
                f"column {name!r} must hold dates or times such as '2013-01-31' or '2013-01-31T05:00', however: "
                f"{label!r} in row {int(np.argmax(codes == at))} {seconds}; convert it, as with pandas.to_datetime"
            )
        table[at] = seconds
    found: np.ndarray = table[codes]
    return found


def iso_seconds(text: str, zone: str | None) -> int | str:
    """Return an ISO text's seconds since 1970 on the wall's clock, or what is wrong with it.

    Example:
        >>> iso_seconds("1970-01-01 00:01", None), iso_seconds("1970-02-30", None)
        (60, 'is no day of the calendar')
    """
    parts = _PARTS.fullmatch(text)
    if not parts:
        return "isn't one"
    hour, minute, second = (int(part or 0) for part in parts.group(4, 5, 6))
    try:
        day = np.datetime64("-".join(parts.group(1, 2, 3)), "s").astype(np.int64)
    except ValueError:
        return "is no day of the calendar"
    if hour > 23 or minute > 59 or second > 59 or parts[1] == "0000":
        return "is no time of the clock" if parts[1] != "0000" else "is no day of the calendar"
    seconds = int(day) + hour * 3600 + minute * 60 + second
    if not parts[7]:
        return seconds
    if zone is None:
        return "has an offset, where the column's times had no zone"
    utc = seconds - _offset(parts[7])
    return int(wall_time(np.array([utc]), zone)[0])


def _offset(text: str) -> int:
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return -60 * minutes if text[0] == "-" else 60 * minutes
