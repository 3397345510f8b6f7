"""Latitudes and longitudes that nobody declared: found by their names, held to their values."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabembed as te
from tabembed.io import DataWarning
from tabembed.schema.places import place_pairs

RNG = np.random.default_rng(0)
N = 60
TRIPS = pd.DataFrame(
    {
        "pickup_latitude": [None, *RNG.normal(40.7, 0.1, N - 1)],
        "pickup_longitude": [None, *RNG.normal(-74.0, 0.1, N - 1)],
        "dropoff_latitude": RNG.normal(40.7, 0.1, N),
        "dropoff_longitude": RNG.normal(-74.0, 0.1, N),
        "fare": RNG.normal(10, 2, N),
    }
)


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["lat", "lon"], [("lat", "lon")]),
        (["Longitude", "x", "Latitude"], [("Latitude", "Longitude")]),
        (["LAT", "LNG"], [("LAT", "LNG")]),
        (["startLat", "endLat", "startLng", "endLng"], [("startLat", "startLng"), ("endLat", "endLng")]),
        (["lat1", "long1", "lat 2", "long-2"], [("lat1", "long1"), ("lat 2", "long-2")]),
        (["start_lat", "end_lon"], []),
        (["lat", "latitude", "lon"], []),
        (["platform", "longest", "flat", "along"], []),
        (["lat", "is_long"], []),
        (["lat_lat", "lon_lon"], []),
    ],
)
def test_pairs_are_told_by_their_names(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert place_pairs(names) == pairs


def every_form(frame: pd.DataFrame, folder: Path) -> dict[str, Any]:
    pq.write_table(pa.table(frame), folder / "a.parquet", row_group_size=7)
    frame.to_csv(folder / "a.csv", index=False)
    return {"pandas": frame, "polars": pl.from_pandas(frame), "parquet": folder / "a.parquet", "csv": folder / "a.csv"}


def test_two_numbers_become_a_place(tmp_path: Path) -> None:
    for form, data in every_form(TRIPS, tmp_path).items():
        schema = te.infer_schema(data, "fare")
        assert list(schema.features) == ["pickup_latitude_pickup_longitude", "dropoff_latitude_dropoff_longitude"], form
        pickup = schema.column("pickup_latitude_pickup_longitude")
        assert isinstance(pickup.kind, te.LatLon)
        assert (pickup.kind.lat, pickup.kind.lon) == ("pickup_latitude", "pickup_longitude")
        assert (pickup.missing, pickup.reason) == (1, "latitudes and longitudes, by their names and values")
        assert schema["pickup_latitude"] == te.Ignored("part of 'pickup_latitude_pickup_longitude'")
        assert schema.sources == list(TRIPS)[:4]
        declared = te.infer_schema(TRIPS, "fare", kinds={"p": te.LatLon("pickup_latitude", "pickup_longitude")})
        assert declared["p"] == pickup.kind
        assert te.Schema.from_dict(schema.to_dict()) == schema


PLACE = {"lat": RNG.uniform(-80, 80, N), "lon": RNG.uniform(-180, 180, N), "y": RNG.normal(size=N)}


def inferred(changes: dict[str, Any], kinds: dict[str, te.Categorical | Any] | None = None) -> dict[str, str]:
    """Return each column's kind of a table of places with some columns changed; a warning would be an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = te.infer_schema({**PLACE, **changes}, "y", kinds=kinds)
    return {name: schema[name].key for name in schema}


def test_it_is_what_the_values_say() -> None:
    numbers, place = {"lat": "numeric", "lon": "numeric"}, {"lat": "ignored", "lon": "ignored", "lat_lon": "latlon"}
    assert inferred({}) == place
    assert inferred({"lon": np.arange(N) * 3 - 90}) == place, "one of the two may hold whole numbers"
    assert inferred({"lat": RNG.permutation(N) * 2 - 60, "lon": RNG.permutation(N) * 3 - 90}) == numbers, "not both"
    gap = np.where(np.arange(N) == 3, np.nan, PLACE["lat"])
    assert inferred({"lat": gap}) == numbers, "a place would lose the other's value"
    assert inferred({"lat_lon": ["a", "b"] * (N // 2)}) == {**numbers, "lat_lon": "categorical"}
    assert inferred({"lat": ["a", "b"] * (N // 2)}) == {"lat": "categorical", "lon": "numeric"}
    assert inferred({"lat": [0.5] * N}) == {"lat": "ignored", "lon": "numeric"}


@pytest.mark.parametrize(
    ("kinds", "want"),
    [
        ({"lat": te.Numeric()}, {"lat": "numeric", "lon": "numeric"}),
        ({"lon": te.Ignored()}, {"lat": "numeric", "lon": "ignored"}),
        ({"home": te.LatLon("lat", "lon")}, {"lat": "ignored", "lon": "ignored", "home": "latlon"}),
    ],
)
def test_what_is_declared_wins(kinds: dict[str, Any], want: dict[str, str]) -> None:
    assert inferred({}, kinds) == want


def test_the_target_is_no_part_of_a_place() -> None:
    assert list(te.infer_schema(PLACE, "lat").features) == ["lon", "y"]


@pytest.mark.parametrize("form", ["pandas", "parquet"])
def test_a_latitude_of_200_is_said(form: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(PLACE)
    frame.loc[40, "lat"] = 200.0
    data = every_form(frame, tmp_path)[form]
    with pytest.warns(
        DataWarning,
        match="columns 'lat' and 'lon' are read as two numbers, not as a place: column 'lat' must hold latitudes from "
        r"-90 to 90, however: 200.0 in row 40; correct it, .* or declare kinds=\{'lat': te.Numeric\(\)\}",
    ):
        schema = te.infer_schema(data, "y")
    assert [schema[name].key for name in schema] == ["numeric", "numeric"]
    assert te.infer_schema(data, "y", kinds={"lat": te.Numeric()})["lat"] == schema["lat"]


def test_an_inferred_place_is_served_as_the_two_numbers(tmp_path: Path) -> None:
    model = te.TabularRegressor(preset="fast", epochs=1, random_state=0, verbose=0).fit(
        TRIPS.drop(columns="fare"), TRIPS["fare"]
    )
    model.export(tmp_path / "m")
    served = te.load(tmp_path / "m")
    np.testing.assert_allclose(served.predict(TRIPS), model.predict(TRIPS.drop(columns="fare")), atol=1e-4)
    with pytest.raises(te.DataError, match="column 'dropoff_latitude' must hold latitudes .* however: 200.0 in row 0"):
        served.predict(TRIPS[:1].assign(dropoff_latitude=200.0))
