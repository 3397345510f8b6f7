"""The calendar inside the model: ids of months, weekdays and hours, cycles and elapsed time from seconds."""

from __future__ import annotations

__all__ = ["CalendarIds", "CalendarNumbers"]

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from ..schema.times import MISSING_TIME
from ..schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID

_DAY = 86_400
_CYCLES = {"day": _DAY, "week": 7 * _DAY, "year": 365.2425 * _DAY}
_MONDAY = 4 * _DAY  # 1970-01-05, the first one after the epoch


@keras.saving.register_keras_serializable(package="tabembed")
class CalendarIds(keras.layers.Layer):
    """Turn seconds on the wall's clock into the ids of calendar parts, as ``schema.datetime.calendar_ids`` does.

    **Shape**

    - Input: (batch, 1) int64 seconds since 1970, the smallest number where missing
    - Output: a list of (batch, 1) int32, one for each part

    Args:
        parts: of ``year``, ``month``, ``day``, ``weekday`` and ``hour``.
        first_year: the year of id 2.
        years: how many years have an id; others are unknown.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> month, hour = CalendarIds(["month", "hour"])(tf.constant([[0], [86_400 * 31 + 7_200]], tf.int64))
        >>> month.numpy().ravel().tolist(), hour.numpy().ravel().tolist()
        ([2, 3], [2, 4])

    Source: days to dates by H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """

    def __init__(self, parts: Sequence[str], first_year: int = 1970, years: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.parts, self.first_year, self.years = list(parts), first_year, years

    def call(self, inputs: Any) -> list[Any]:
        """Return the ids of each part."""
        seconds = tf.cast(inputs, tf.int64)
        here = seconds != MISSING_TIME
        seconds = tf.where(here, seconds, tf.zeros_like(seconds))
        days = seconds // _DAY
        year, month, day = _civil(days)
        place = year - self.first_year
        known = (place >= 0) & (place < self.years)
        found = {
            "year": tf.where(known, place + FIRST_ID, tf.fill(tf.shape(place), tf.constant(UNKNOWN_ID, tf.int64))),
            "month": month - 1 + FIRST_ID,
            "day": day - 1 + FIRST_ID,
            "weekday": (days + 3) % 7 + FIRST_ID,
            "hour": seconds % _DAY // 3600 + FIRST_ID,
        }
        nothing = tf.fill(tf.shape(seconds), tf.constant(MISSING_ID, tf.int64))
        return [tf.cast(tf.where(here, found[part], nothing), tf.int32) for part in self.parts]

    def compute_output_spec(self, inputs: Any) -> list[Any]:
        """Return the ids' shape and type."""
        return [keras.KerasTensor(inputs.shape, "int32") for _ in self.parts]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "parts": self.parts, "first_year": self.first_year, "years": self.years}


def _civil(days: Any) -> tuple[Any, Any, Any]:
    """Return year, month (1-12) and day (1-31) of days since 1970; years begin in March in between."""
    shifted = days + 719_468
    era = shifted // 146_097
    day_of_era = shifted % 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + tf.where(march_month < 10, tf.constant(3, tf.int64), tf.constant(-9, tf.int64))
    year = year_of_era + era * 400 + tf.cast(month <= 2, tf.int64)
    return year, month, day


@keras.saving.register_keras_serializable(package="tabembed")
class CalendarNumbers(keras.layers.Layer):
    """Turn seconds into sine and cosine of cycles and the standardised elapsed time; all 0 where missing.

    **Shape**

    - Input: (batch, 1) int64 seconds since 1970, the smallest number where missing
    - Output: (batch, 2 * cycles + elapsed + indicator)

    Args:
        cycles: of ``day``, ``week`` (from Monday on) and ``year`` (365.2425 days).
        trend: mean and standard deviation of the seconds, or None to leave elapsed time out.
        indicator: whether missing is told by a last value of 1.
        **kwargs: ``keras.layers.Layer``'s own.

    Example:
        >>> numbers = CalendarNumbers(["day"], (0.0, 86_400.0))(tf.constant([[21_600]], tf.int64))
        >>> numbers.numpy().round(2).tolist()
        [[1.0, -0.0, 0.25]]
    """

    def __init__(
        self, cycles: Sequence[str], trend: Sequence[float] | None = None, indicator: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**{"autocast": False, **kwargs})
        self.cycles, self.indicator = list(cycles), indicator
        self.trend = None if trend is None else [float(number) for number in trend]

    def call(self, inputs: Any) -> Any:
        """Return the numbers, (batch, width)."""
        seconds = tf.cast(inputs, tf.int64)
        here = seconds != MISSING_TIME
        seconds = tf.where(here, seconds, tf.zeros_like(seconds))
        values = []
        for cycle in self.cycles:
            angle = tf.cast(_phase(seconds, cycle), tf.float32) * (2 * math.pi)
            values += [tf.sin(angle), tf.cos(angle)]
        if self.trend is not None:
            mean, scale = self.trend
            # Whole seconds are subtracted before they become float32, which holds seven digits.
            values.append(tf.cast(seconds - int(mean), tf.float32) / max(scale, 1.0))
        shown = tf.concat([tf.where(here, value, tf.zeros_like(value)) for value in values], -1) if values else None
        absent = [tf.cast(~here, tf.float32)] if self.indicator else []
        found = tf.concat([*([] if shown is None else [shown]), *absent], -1)
        return tf.cast(found, self.compute_dtype)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the numbers' shape and type."""
        width = 2 * len(self.cycles) + (self.trend is not None) + self.indicator
        return keras.KerasTensor((*inputs.shape[:-1], width), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "cycles": self.cycles, "trend": self.trend, "indicator": self.indicator}


def _phase(seconds: Any, cycle: str) -> Any:
    """Return where in its cycle a time stands, from 0 to below 1, float64."""
    if cycle == "year":
        turns = tf.cast(seconds, tf.float64) / _CYCLES[cycle]
        return turns - tf.floor(turns)
    start = _MONDAY if cycle == "week" else 0
    length = int(_CYCLES[cycle])
    return tf.cast((seconds - start) % length, tf.float64) / length
