"""ISO texts become seconds on the wall's clock inside the graph, as ``schema.times`` reads them."""

from __future__ import annotations

__all__ = ["datetime"]

from collections.abc import Mapping

import tensorflow as tf

from ...schema.kinds import Datetime
from ...schema.times import ISO, MISSING_TIME
from ...schema.zones import offsets_of
from .base import RawInput, single

_DAY = 86_400
_MONTHS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def datetime(kind: Datetime, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return seconds of ISO text, "" missing; a text that is no time stops the request with its column and the text."""

    def encode(texts: tf.Tensor) -> tf.Tensor:
        """Return the (n,) int64 seconds of (n,) texts."""
        here = texts != ""
        filled = tf.where(here, texts, "1970-01-01")
        seconds, good = _read(filled, kind.zone)
        bad = tf.boolean_mask(filled, ~good)
        said = f"column {name!r} must hold ISO dates or times such as '2013-01-31T05:00', however:"
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(good), [said, bad[:1]])]):
            return tf.where(here, seconds, tf.constant(MISSING_TIME, tf.int64))

    return single(tf.string, safe[name], encode)


def _read(texts: tf.Tensor, zone: str | None) -> tuple[tf.Tensor, tf.Tensor]:
    """Return (n,) int64 seconds on the wall's clock, and whether each text is a time."""
    good = tf.strings.regex_full_match(texts, ISO)
    texts = tf.where(good, texts, "1970-01-01")
    rest = tf.strings.regex_replace(texts, "^.{10}[T ]?", "")
    offset = tf.strings.regex_replace(rest, r"^\d\d:\d\d(:\d\d([.,]\d{1,9})?)? ?", "")
    clock = tf.strings.regex_replace(rest, r" ?(Z|[+-]\d\d(:?\d\d)?)$", "")
    year, month, day = (_number(texts, at, size) for at, size in ((0, 4), (5, 2), (8, 2)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    place = tf.clip_by_value(month, 1, 12) - 1
    longest = tf.gather(tf.constant(_LENGTHS, tf.int64), place) + tf.cast(leap & (month == 2), tf.int64)
    hour, minute, second = (_number(clock, at, 2) for at in (0, 3, 6))
    good &= (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    days += tf.gather(tf.constant(_MONTHS, tf.int64), place) + tf.cast(leap & (month > 2), tf.int64) + day - 1
    seconds = days * _DAY + hour * 3600 + minute * 60 + second
    told = offset != ""
    if zone is None:
        return seconds, good & ~told
    east = tf.strings.regex_replace(tf.where(offset == "Z", "+00", offset), ":", "")
    sign = tf.where(tf.strings.substr(east, 0, 1) == "-", tf.constant(-60, tf.int64), tf.constant(60, tf.int64))
    utc = seconds - sign * (_number(east, 1, 2) * 60 + _number(east, 3, 2))
    changes, offsets = (tf.constant(numbers, tf.int64) for numbers in offsets_of(zone))
    wall = utc + tf.gather(offsets, tf.searchsorted(changes, utc, side="right"))
    return tf.where(told, wall, seconds), good


def _number(texts: tf.Tensor, at: int, size: int) -> tf.Tensor:
    """Return the digits from a place on as a number, 0 where there are none."""
    padded = tf.strings.join([texts, " " * (at + size)])
    digits = tf.strings.strip(tf.strings.substr(padded, at, size))
    return tf.strings.to_number(tf.where(digits == "", "0", digits), tf.int64)
