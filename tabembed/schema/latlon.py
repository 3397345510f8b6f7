"""The geographic kind: a latitude and a longitude together are one place."""

from __future__ import annotations

__all__ = ["LatLon", "on_sphere"]

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError
from .kind import ColumnKind, Part
from .moments import Moments
from .numeric import numbers_of

_CLOSEST = 1e-7
"""Of the earth's radius, about 0.6 m: a float32 tells no places apart that are nearer."""


def on_sphere(degrees: np.ndarray) -> np.ndarray:
    """Return places as points of the unit sphere.

    Args:
        degrees: (n, 2) latitudes and longitudes.

    Returns:
        (n, 3) float64.

    Example:
        >>> on_sphere(np.array([[90.0, 0.0], [0.0, 180.0], [0.0, -180.0]])).round(9).tolist()
        [[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [-1.0, -0.0, 0.0]]
    """
    lat, lon = np.radians(degrees.astype(np.float64)).T
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


@dataclass(frozen=True)
class LatLon(ColumnKind):
    """A column made of a latitude and a longitude, in degrees; a row that lacks one of them is missing.

    Its model branch turns them into a point of the unit sphere, so that nothing happens at 180 degrees, standardises
    its three coordinates, and adds learned waves over them. The two columns are set aside unless they are declared
    themselves.

    Args:
        lat: the column of the latitudes, -90 to 90.
        lon: the column of the longitudes, -180 to 180.
        dim: how many values the waves give.
        frequency_scale: standard deviation of the first frequencies, in waves per standard deviation of the places.
            None: an estimator's ``fit`` chooses 0.1, 0.3, 1 or 3 by what such waves tell of the target; 3 elsewhere.
        mean: of the three coordinates; learned.
        scale: their standard deviations; learned.
        indicator: whether a place was missing, so the branch tells it apart; learned.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"lat": [47.5, 47.6, None], "lon": [-122.2, -122.3, -122.4]})
        >>> schema = te.infer_schema(df, kinds={"place": te.LatLon("lat", "lon")})
        >>> schema.sources, schema.column("place").missing, schema["lat"].reason
        (['lat', 'lon'], 1, "part of 'place'")

    Source: the waves are those of Gorishniy et al. 2022, arXiv 2203.05556, section 3.3, over three values together
    (Tancik et al. 2020, "Fourier Features Let Networks Learn High Frequency Functions", arXiv 2006.10739).
    """

    lat: str
    lon: str
    dim: int = 16
    frequency_scale: float | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    indicator: bool = False

    key: ClassVar[str] = "latlon"
    decisive: ClassVar[tuple[str, ...]] = ("lat", "lon")

    def __post_init__(self) -> None:
        if not isinstance(self.lat, str) or not isinstance(self.lon, str) or self.lat == self.lon:
            raise DataError(
                f"te.LatLon takes the names of two columns, however: {self.lat!r} and {self.lon!r}; as in "
                f"te.LatLon('lat', 'lon')"
            )
        if isinstance(self.dim, bool) or not isinstance(self.dim, int | np.integer) or self.dim < 1:
            raise DataError(f"`dim` must be a whole number of 1 or more, however: dim={self.dim!r}")
        if self.frequency_scale is not None and not 0 < self.frequency_scale < math.inf:
            raise DataError(
                f"`frequency_scale` must be a number above 0, however: frequency_scale={self.frequency_scale!r}"
            )

    @property
    def learned(self) -> bool:
        """Whether mean and scale are there."""
        return self.mean is not None and self.scale is not None

    def sources(self, name: str) -> tuple[str, ...]:
        """Return the two columns."""
        return self.lat, self.lon

    def number_sources(self, name: str) -> tuple[str, ...]:
        """Return the two columns."""
        return self.lat, self.lon

    def parts(self, name: str) -> dict[str, Part]:
        """Return two inputs of numbers."""
        return {self.lat: Part("float32"), self.lon: Part("float32")}

    def cells(self, table: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
        """Return the pairs, (n,) structs, null where one of the two is."""
        columns = [_whole(table.column(column)) for column in (self.lat, self.lon)]
        gone = pc.or_(pc.is_null(columns[0]), pc.is_null(columns[1]))
        return pa.StructArray.from_arrays(columns, names=["lat", "lon"], mask=gone)

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Take mean and standard deviation of the present places' coordinates, in float64."""
        return self.learn_parts([self.encode(values, name)], name)

    def learn_parts(self, parts: Iterable[np.ndarray], name: str) -> tuple[Self, int]:
        """Learn from (n, 2) parts of a column, as ``encode`` gives them.

        Raises:
            DataError: when no row has both.
        """
        moments = [Moments(0, 0)] * 3
        for degrees in parts:
            # The height hangs on the latitude alone, so that a missing longitude would leave it there.
            points = np.where(np.isnan(degrees).any(axis=1, keepdims=True), np.nan, on_sphere(degrees))
            moments = [Moments.gathered([m, Moments.of(points[:, at])]) for at, m in enumerate(moments)]
        rows, present = moments[0].rows, moments[0].present
        if not present:
            raise DataError(
                f"column {name!r} must hold some places, however: {self.lat!r} or {self.lon!r} is missing in all "
                f"{rows:,} rows; leave it out"
            )
        mean, scale = tuple(m.mean for m in moments), tuple(m.scale if m.scale > _CLOSEST else 1.0 for m in moments)
        return replace(self, mean=mean, scale=scale, indicator=present < rows), rows - present

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another pair of the same columns."""
        if not isinstance(previous, LatLon) or (previous.lat, previous.lon) != (self.lat, self.lon):
            return None
        return replace(self, mean=previous.mean, scale=previous.scale, indicator=previous.indicator)

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n, 2) float32 degrees, NaN where missing.

        Raises:
            DataError: for degrees out of their range; the sentence says the column and the row.
        """
        pairs = _whole(values)
        lat = _degrees(pairs.field("lat"), self.lat, "latitudes", 90)
        return np.stack([lat, _degrees(pairs.field("lon"), self.lon, "longitudes", 180)], axis=1)

    def encode_parts(self, values: pa.Array | pa.ChunkedArray, name: str) -> dict[str, Any]:
        """Return the latitudes and the longitudes."""
        lat, lon = np.ascontiguousarray(self.encode(values, name).T)
        return {self.lat: lat, self.lon: lon}

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments and the statistics."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        return cls(**values)

    def describe(self) -> tuple[str, str]:
        """Return no labels, and the coordinates, the waves and the indicator."""
        return "", f"3 + {self.dim} (sphere, waves){' + missing' if self.indicator else ''}"


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(values, pa.ChunkedArray):
        return values
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def _degrees(values: pa.Array, column: str, what: str, most: int) -> np.ndarray:
    numbers = numbers_of(values, column)
    bad = np.abs(numbers) > most
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"column {column!r} must hold {what} from -{most} to {most}, however: {float(numbers[row])!r} in row "
            f"{row}; correct it, or make it missing"
        )
    return numbers
