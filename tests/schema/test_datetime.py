"""Dates and times: what is read as one, in which zone, and what is refused."""

from __future__ import annotations

import datetime
import json
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.schema.datetime import WEEKDAYS, calendar_ids
from tabembed.schema.times import MISSING_TIME, iso_seconds
from tabembed.schema.zones import check_zone, offsets_of, wall_time

times = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59))
instants = st.datetimes(datetime.datetime(1901, 1, 1), datetime.datetime(2099, 1, 1), timezones=st.just(datetime.UTC))
EPOCH = datetime.datetime(1970, 1, 1)


def learned(values: Any, **settings: Any) -> te.Datetime:
    kind = te.infer_schema({"when": values}, kinds={"when": te.Datetime(**settings)})["when"]
    assert isinstance(kind, te.Datetime)
    return kind


def seconds(moment: datetime.datetime) -> int:
    return int((moment.replace(tzinfo=None) - EPOCH) // datetime.timedelta(seconds=1))


@given(st.lists(times, min_size=1, max_size=5))
def test_the_calendar_is_pythons(moments: list[datetime.datetime]) -> None:
    ids = calendar_ids(np.array([seconds(moment) for moment in moments]), 1, 9999)
    for at, moment in enumerate(moments):
        found = {part: int(numbers[at]) - 2 for part, numbers in ids.items()}
        assert found == {
            "year": moment.year - 1,
            "month": moment.month - 1,
            "day": moment.day - 1,
            "weekday": moment.weekday(),
            "hour": moment.hour,
        }


@settings(deadline=None)
@given(instants, st.sampled_from(["America/New_York", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]))
def test_the_walls_clock_is_that_of_the_zone(instant: datetime.datetime, zone: str) -> None:
    wall = wall_time(np.array([seconds(instant)]), zone)
    assert wall.tolist() == [seconds(instant.astimezone(ZoneInfo(zone)))]


@given(times, st.sampled_from(["T", " "]))
def test_iso_texts_are_read_as_python_reads_them(moment: datetime.datetime, between: str) -> None:
    for spec in ("minutes", "seconds", "milliseconds", "microseconds"):
        text = moment.isoformat(between, spec)
        assert iso_seconds(text, None) == seconds(datetime.datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("text", "zone", "want"),
    [
        ("1970-01-01T00:00Z", "UTC", 0),
        ("1970-01-01 01:00+01:00", "UTC", 0),
        ("1970-01-01T01:00 +0100", "UTC", 0),
        ("1970-01-01T05:30:00.999+05:30", "UTC", 0),
        ("1969-12-31T19:00-05", "UTC", 0),
        ("1970-01-01T00:00Z", "America/New_York", -5 * 3600),
        ("1970-01-01T00:00", "America/New_York", 0),
        ("2013-07-01T00:00Z", "-04:00", seconds(datetime.datetime(2013, 6, 30, 20))),
        ("2000-02-29", None, seconds(datetime.datetime(2000, 2, 29))),
    ],
)
def test_offsets_are_told_in_the_columns_zone(text: str, zone: str | None, want: int) -> None:
    assert iso_seconds(text, zone) == want


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", "'soon' in row 1 isn't one"),
        ("31.1.2013", "'31.1.2013' in row 1 isn't one"),
        ("2013-1-31", "'2013-1-31' in row 1 isn't one"),
        ("2013-02-30", "'2013-02-30' in row 1 is no day of the calendar"),
        ("1900-02-29", "'1900-02-29' in row 1 is no day of the calendar"),
        ("2013-13-01", "'2013-13-01' in row 1 is no day of the calendar"),
        ("0000-01-01", "'0000-01-01' in row 1 is no day of the calendar"),
        ("2013-01-31T24:00", "'2013-01-31T24:00' in row 1 is no time of the clock"),
        ("2013-01-31T05:60", "'2013-01-31T05:60' in row 1 is no time of the clock"),
        ("2013-01-31T05:00Z", "'2013-01-31T05:00Z' in row 1 has an offset, where the column's times had no zone"),
        ("٢٠١٣-01-01", "in row 1 isn't one"),
    ],
)
def test_a_text_that_is_no_time_is_refused_with_its_row(text: str, message: str) -> None:
    schema = te.infer_schema({"when": ["2013-01-31", "2013-02-01", None]})
    with pytest.raises(DataError, match=r"column 'when' must hold dates or times such as .* however: ") as caught:
        schema.encode({"when": ["2013-01-31", text]})
    assert message in str(caught.value)


def test_a_text_that_is_no_time_is_refused_when_declared() -> None:
    with pytest.raises(DataError, match="column 'when' must hold dates .* however: 'x' in row 1 isn't one; convert it"):
        learned(["2013-01-31", "x"])
    with pytest.raises(DataError, match="column 'when' must hold dates, time stamps .* its type is int64, first 5 in"):
        learned([5, 6])
    with pytest.raises(
        DataError, match="times all with or all without an offset, however: '2013-01-31' in row 1 has n"
    ):
        learned(["2013-01-31T05:00Z", "2013-01-31"])


def test_years_outside_the_calendar_are_refused() -> None:
    far = pa.array([0, 400_000_000_000], pa.timestamp("s"))
    with pytest.raises(DataError, match="column 'when' must hold years from 1 to 9999, however: 14645-.* in row 1"):
        te.infer_schema(pa.table({"when": far}))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_every_form_of_the_same_times(unit: str, zone: str | None) -> None:
    stamps = pd.Series(
        pd.to_datetime(["2013-03-10 01:59:59.5", None, "2013-03-10 03:00", "1960-01-01 00:00:00.25"], format="ISO8601")
    )
    column = stamps.dt.tz_localize(zone).astype(
        f"datetime64[{unit}]" if zone is None else f"datetime64[{unit}, {zone}]"
    )
    texts = [None if pd.isna(stamp) else stamp.isoformat() for stamp in column]
    schema = te.infer_schema(pd.DataFrame({"when": column}))
    assert schema["when"].zone == zone
    want = ["2013-03-10T01:59:59", "NaT", "2013-03-10T03:00:00", "1960-01-01T00:00:00"]
    for data in (column, column.astype(object), pl.Series(column), texts, pd.Categorical(texts)):
        found = schema.encode(
            pd.DataFrame({"when": data}) if not isinstance(data, pl.Series) else pl.DataFrame([data.alias("when")])
        )
        assert found["when"].astype(str).tolist() == want


def test_zones_are_kept_and_told() -> None:
    schema = te.infer_schema({"when": ["2013-01-31T05:00-05:00", "2013-07-31T05:00-04:00"]})
    assert schema["when"].zone == "UTC"
    assert schema.encode({"when": ["2013-01-31T05:00-05:00"]})["when"].astype(str).tolist() == ["2013-01-31T10:00:00"]
    local = te.infer_schema(
        {"when": ["2013-01-31T05:00-05:00", "2013-07-31T05:00-04:00"]},
        kinds={"when": te.Datetime(zone="America/New_York")},
    )
    hours = local.encode({"when": ["2013-01-31T10:00Z", "2013-07-31T09:00Z"]})["when"].astype("datetime64[h]")
    assert (hours.astype(int) % 24).tolist() == [5, 5]
    naive = te.infer_schema({"when": ["2013-01-31T05:00", "2013-07-31T05:00"]})
    with pytest.raises(DataError, match="column 'when' must hold times without a zone, as it did, however: .* 'UTC'"):
        naive.encode({"when": pd.date_range("2013", periods=2, tz="UTC")})


def test_what_is_learned() -> None:
    kind = learned(["2012-12-31T23:00", "2013-01-01T00:00", "2013-01-01T00:30", None])
    assert kind.embedded == ("year", "month", "day", "weekday", "hour")
    assert kind.counts is not None
    assert (kind.first_year, kind.counts["year"]) == (2012, (1, 2))
    assert kind.labels_of("year") == ["2012", "2013"]
    assert kind.labels_of("weekday") == list(WEEKDAYS)
    assert (kind.counts["weekday"][0], kind.counts["weekday"][1], sum(kind.counts["weekday"])) == (1, 2, 3)
    assert kind.indicator
    assert kind.cycles == ("day", "week", "year")
    days = learned([datetime.date(2013, 1, 1), datetime.date(2013, 1, 2)])
    assert (days.embedded, days.cycles, days.has_clock) == (("day", "weekday"), ("week", "year"), False)
    assert te.Datetime.from_dict(json.loads(json.dumps(kind.to_dict()))) == kind
    assert hash(kind) == hash(te.Datetime.from_dict(kind.to_dict()))


def test_settings_decide_what_is_told() -> None:
    kind = learned(["2013-01-01", "2014-02-02"], calendar=("weekday", "month"), cyclical=False, elapsed=False)
    assert kind.embedded == ("month", "weekday")
    assert kind.describe() == ("", "month 2 + weekday 2")
    assert learned(["2013-01-01", "2014-02-02"], calendar=(), dim=2).describe() == ("", "5 numbers")
    schema = te.infer_schema({"when": ["2013-01-01", "2014-02-02"]}).replace(when=te.Datetime(calendar="month", dim=2))
    assert list(schema.tables) == ["when.month"]
    with pytest.raises(DataError, match="column 'when' is Datetime and holds no statistics for Datetime"):
        schema.replace(when=te.Datetime(zone="UTC"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"calendar": ("minute",)}, "`calendar` must be of year, month, day, weekday, hour, however: 'minute'"),
        ({"zone": "Mars/Phobos"}, "`zone` must be a time zone such as 'America/New_York', .* zone='Mars/Phobos'"),
        ({"zone": ""}, "`zone` must be a time zone"),
        ({"zone": "../etc"}, "`zone` must be a time zone"),
        ({"dim": 0}, "`dim` must be a whole number of 1 or more, however: dim=0"),
        ({"unknown_rate": 1}, r"`unknown_rate` must be in \[0, 1\), however: unknown_rate=1"),
        ({"calendar": (), "cyclical": False, "elapsed": False}, "a Datetime must tell something"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        te.Datetime(**settings)


def test_zones_by_offset() -> None:
    assert check_zone("-0330") == "-0330"
    assert offsets_of("-0330")[1].tolist() == [-12_600]


def test_all_missing_or_constant() -> None:
    with pytest.raises(DataError, match="column 'when' must hold some values"):
        learned([None, None])
    assert isinstance(te.infer_schema({"when": ["2013-01-01"] * 3, "x": [1.5, 2.5, 3.5]})["when"], te.Ignored)
    assert te.infer_schema({"when": pd.to_datetime([None, "2013-01-01"])}).encode({"when": [None]})["when"].view(
        np.int64
    ).tolist() == [MISSING_TIME]
