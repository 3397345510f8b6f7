"""The date and time kind: calendar parts with a table each, the cycles of day, week and year, elapsed time."""

from __future__ import annotations

__all__ = ["CALENDAR", "WEEKDAYS", "Datetime", "calendar_ids"]

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .dims import DEFAULT_RULE, dim_for
from .kind import ColumnKind, Part, TableSpec
from .moments import Moments
from .times import MISSING_TIME, seconds_of, zone_of
from .vocabulary import FIRST_ID, UNKNOWN_ID
from .zones import check_zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CALENDAR = ("year", "month", "day", "weekday", "hour")
"""The parts that can have a table, and how many labels the ones of fixed length have."""
_SIZES = {"month": 12, "day": 31, "weekday": 7, "hour": 24}
_DAY = 86_400


def calendar_ids(seconds: np.ndarray, first_year: int, years: int) -> dict[str, np.ndarray]:
    """Return the ids of all parts: 0 missing, 1 a year outside the learned ones, 2.. the labels.

    Args:
        seconds: (n,) int64 on the wall's clock, ``MISSING_TIME`` where missing.
        first_year: the year of id 2.
        years: how many have an id.

    Example:
        >>> ids = calendar_ids(np.array([0, MISSING_TIME]), 1970, 1)
        >>> {part: found.tolist() for part, found in ids.items()}
        {'year': [2, 0], 'month': [2, 0], 'day': [2, 0], 'weekday': [5, 0], 'hour': [2, 0]}
    """
    here = seconds != MISSING_TIME
    stamps = np.where(here, seconds, 0).astype("datetime64[s]")
    days, months = stamps.astype("datetime64[D]"), stamps.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970 - first_year
    found = {
        "year": np.where((year >= 0) & (year < years), year + FIRST_ID, UNKNOWN_ID),
        "month": months.astype(np.int64) % 12 + FIRST_ID,
        "day": (days - months.astype("datetime64[D]")).astype(np.int64) + FIRST_ID,
        "weekday": (days.astype(np.int64) + 3) % 7 + FIRST_ID,
        "hour": stamps.astype(np.int64) % _DAY // 3600 + FIRST_ID,
    }
    return {part: np.where(here, ids, 0).astype(np.int32) for part, ids in found.items()}


@dataclass(frozen=True)
class Datetime(ColumnKind):
    """A column of dates or times: an embedding for each calendar part, cyclical pairs, and the elapsed time.

    Cells are dates, time stamps or ISO texts. Calendar and clock are those of the column's own zone; times without an
    offset are taken as they stand. Fractions of seconds are cut off.

    Args:
        calendar: the parts that get an embedding, of ``year``, ``month``, ``day``, ``weekday`` and ``hour``; None takes
            those that take two values or more in the data.
        cyclical: whether sine and cosine of the time of the day, of the week and of the year are told too.
        elapsed: whether the standardised time is told too, for trends.
        zone: an IANA name or an offset to tell times in; None keeps the data's own (UTC for texts with offsets).
        dim: dimensions of every part's vectors; None chooses by the number of labels.
        unknown_rate: share of the cells that count as unknown while training.
        counts: {part: rows of each of its labels}; learned.
        first_year: the first year seen; learned.
        mean: of the seconds since 1970; learned.
        scale: standard deviation of the seconds; learned.
        indicator: whether the column had missing cells; learned.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"when": ["2013-01-31T05:00", "2013-02-01T17:30", None]})
        >>> schema = te.infer_schema(df)
        >>> list(schema.tables), schema.encode(df)["when"][0]
        (['when.month', 'when.day', 'when.weekday', 'when.hour'], np.datetime64('2013-01-31T05:00:00'))

    Source: the parts as in Guo & Berkhahn 2016, arXiv 1604.06737, table I.
    """

    calendar: tuple[str, ...] | None = None
    cyclical: bool = True
    elapsed: bool = True
    zone: str | None = None
    dim: int | None = None
    unknown_rate: float = 0.02
    counts: dict[str, tuple[int, ...]] | None = field(default=None, hash=False)
    first_year: int | None = None
    mean: float | None = None
    scale: float | None = None
    indicator: bool = False

    key: ClassVar[str] = "datetime"
    decisive: ClassVar[tuple[str, ...]] = ("zone",)

    def __post_init__(self) -> None:
        if self.calendar is not None:
            parts = (self.calendar,) if isinstance(self.calendar, str) else tuple(self.calendar)
            wrong = next((part for part in parts if part not in CALENDAR), None)
            if wrong is not None:
                raise DataError(f"`calendar` must be of {', '.join(CALENDAR)}, however: {wrong!r}")
            vars(self)["calendar"] = tuple(part for part in CALENDAR if part in parts)
        if self.zone is not None:
            check_zone(self.zone)
        if self.dim is not None and (isinstance(self.dim, bool) or not isinstance(self.dim, int) or self.dim < 1):
            raise DataError(f"`dim` must be a whole number of 1 or more, however: dim={self.dim!r}")
        if not 0 <= self.unknown_rate < 1:
            raise DataError(f"`unknown_rate` must be in [0, 1), however: unknown_rate={self.unknown_rate!r}")
        if self.calendar == () and not self.cyclical and not self.elapsed:
            raise DataError("a Datetime must tell something, however: calendar=(), cyclical=False, elapsed=False")

    @property
    def learned(self) -> bool:
        """Whether the statistics are there."""
        return self.counts is not None

    @property
    def years(self) -> int:
        """How many years have a label."""
        return len((self.counts or {}).get("year", ()))

    @cached_property
    def embedded(self) -> tuple[str, ...]:
        """The parts that have a table."""
        if self.calendar is not None:
            return self.calendar
        return tuple(part for part in CALENDAR if np.count_nonzero((self.counts or {}).get(part, ())) > 1)

    @property
    def has_clock(self) -> bool:
        """Whether the data showed more than one hour of the day."""
        return bool(np.count_nonzero((self.counts or {}).get("hour", ())) > 1)

    @property
    def cycles(self) -> tuple[str, ...]:
        """The cycles that are told as sine and cosine."""
        return (*(("day",) if self.has_clock else ()), "week", "year") if self.cyclical else ()

    def labels_of(self, part: str) -> list[str]:
        """Return a part's labels: years, numbers from 1 (months, days) or 0 (hours), names of weekdays."""
        if part == "weekday":
            return list(WEEKDAYS)
        first = {"year": self.first_year or 0, "hour": 0}.get(part, 1)
        return [str(first + at) for at in range(self.years if part == "year" else _SIZES[part])]

    def dim_of(self, part: str) -> int:
        """Return the dimensions of a part's vectors."""
        rows = sum((self.counts or {})[part])
        return self.dim or dim_for(DEFAULT_RULE, len(self.labels_of(part)), max(1, rows))

    def parts(self, name: str) -> dict[str, Part]:
        """Return the one input of times."""
        return {name: Part("int64")}

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return {"column.part": embedding}; the tables themselves are named month, weekday, ..."""

        def spec(part: str) -> TableSpec:
            """Return a part's embedding."""
            labels, counts = self.labels_of(part), np.asarray((self.counts or {})[part], np.int64)
            return TableSpec(len(labels) + FIRST_ID, f"{part}.embedding", part, lambda: (labels, counts))

        return {f"{name}.{part}": spec(part) for part in self.embedded}

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Count the calendar's parts, and take mean and spread."""
        return self.learn_batches([values], name)

    def learn_batches(self, batches: Iterable[pa.Array | pa.ChunkedArray], name: str) -> tuple[Self, int]:
        """Learn from a column in parts."""
        zone, known = self.zone, self.zone is not None
        moments: list[Moments] = []
        counts: dict[str, np.ndarray] = {}
        years: dict[int, int] = {}
        for values in batches:
            if not known and values.null_count < len(values):
                zone, known = zone_of(values, name), True
            seconds = seconds_of(values, name, zone)
            here = seconds[seconds != MISSING_TIME]
            moments.append(Moments.of(np.where(seconds == MISSING_TIME, np.nan, seconds)))
            for part, ids in calendar_ids(here, 0, 10_000).items():
                if part == "year":
                    for year, rows in zip(*np.unique(ids - FIRST_ID, return_counts=True), strict=True):
                        years[int(year)] = years.get(int(year), 0) + int(rows)
                else:
                    tally = np.bincount(ids - FIRST_ID, minlength=_SIZES[part])
                    counts[part] = counts.get(part, 0) + tally
        whole = Moments.gathered(moments)
        first = min(years, default=1970)
        span = range(first, max(years, default=first) + 1)
        found = {part: tuple(counts[part].tolist()) for part in counts}
        learned = replace(
            self,
            zone=zone,
            counts={"year": tuple(years.get(year, 0) for year in span), **found},
            first_year=first,
            mean=whole.mean,
            scale=whole.scale,
            indicator=whole.present < whole.rows,
        )
        return learned, whole.rows - whole.present

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another datetime column, of the same zone."""
        if not isinstance(previous, Datetime) or self.zone not in (None, previous.zone):
            return None
        learned = ("zone", "counts", "first_year", "mean", "scale", "indicator")
        return replace(self, **{name: getattr(previous, name) for name in learned})

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n,) datetime64[s] on the wall's clock, NaT where missing."""
        return seconds_of(values, name, self.zone).view("datetime64[s]")

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments and the statistics."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        calendar, counts = data["calendar"], data["counts"]
        return cls(
            **{
                **data,
                "calendar": None if calendar is None else tuple(calendar),
                "counts": None if counts is None else {part: tuple(rows) for part, rows in counts.items()},
            }
        )

    def describe(self) -> tuple[str, str]:
        """Return the zone, and the parts with their dims and how many numbers stand beside them."""
        dims = [f"{part} {self.dim_of(part)}" for part in self.embedded] if self.learned else []
        numbers = 2 * len(self.cycles) + self.elapsed + self.indicator
        return self.zone or "", " + ".join([*dims, *([f"{numbers} numbers"] if numbers else [])])
