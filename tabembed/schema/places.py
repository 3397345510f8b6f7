"""Pairs of columns that are a latitude and a longitude: found by their names, held to their values."""

from __future__ import annotations

__all__ = ["place_pairs", "with_places"]

import re
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence

from ..io.errors import DataError, DataWarning
from .column import Column
from .kinds import Ignored, LatLon, Numeric

_LATITUDES, _LONGITUDES = {"lat", "latitude"}, {"lon", "lng", "long", "longitude"}


def place_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that differ by the word for a latitude and for a longitude alone.

    Args:
        names: of columns. Two latitudes (or longitudes) that fit the same name make no pair.

    Example:
        >>> place_pairs(["pickup_latitude", "lat", "pickup_longitude", "endLng", "endLat", "is_long"])
        [('pickup_latitude', 'pickup_longitude'), ('endLat', 'endLng')]
    """
    found: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for name in names:
        words = re.findall(r"[^\W\d_]+|\d+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
        for side, of_side in enumerate((_LATITUDES, _LONGITUDES)):
            if sum(word in of_side for word in words) == 1:
                rest = tuple("" if word in of_side else word for word in words)
                found.setdefault(rest, ([], []))[side].append(name)
    return [(lats[0], lons[0]) for lats, lons in found.values() if len(lats) == len(lons) == 1]


def with_places(
    columns: Sequence[Column], taken: Collection[str], learn: Callable[[str, LatLon], Column]
) -> list[Column]:
    """Return a table's columns in which two inferred ones that are a latitude and a longitude are one place.

    Both must have been read as numbers, not both as whole ones, be missing in the same rows, and hold degrees: then
    the place tells what the two numbers do.

    Args:
        columns: those of the table, learned.
        taken: names that a new column can't have, beside theirs.
        learn: returns the column of a name and a kind.
    """
    numbers = {c.name: c for c in columns if isinstance(c.kind, Numeric) and c.reason != "declared"}
    whole, names = list(columns), {*taken, *(column.name for column in columns)}
    for lat, lon in place_pairs(numbers):
        name, pair = f"{lat}_{lon}", (numbers[lat], numbers[lon])
        if name in names or not any(column.reason == "real numbers" for column in pair):
            continue
        try:
            place = learn(name, LatLon(lat, lon))
        except DataError as error:
            warnings.warn(
                f"columns {lat!r} and {lon!r} are read as two numbers, not as a place: {error}, or declare "
                f"kinds={{{lat!r}: te.Numeric()}}",
                DataWarning,
                stacklevel=3,
            )
            continue
        if any(column.missing != place.missing for column in pair):
            continue
        part = Ignored(f"part of {name!r}")
        whole = [Column(c.name, part, c.rows, 0, part.reason) if c in pair else c for c in whole]
        whole.append(
            Column(name, place.kind, place.rows, place.missing, "latitudes and longitudes, by their names and values")
        )
    return whole
