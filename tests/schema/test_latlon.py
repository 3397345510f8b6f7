"""Places: learned from frames and files, encoded, and refused where they are none."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.schema.latlon import on_sphere

PLACE = {"place": te.LatLon("lat", "lon")}
RNG = np.random.default_rng(0)
TOWN: dict[str, Any] = {
    "lat": [None, *RNG.normal(47.5, 0.1, 80)],
    "lon": [-122.0, None, *RNG.normal(-122.2, 0.1, 79)],
    "y": np.arange(81) / 2,
}


def test_a_pair_is_declared_and_its_columns_are_part_of_it() -> None:
    schema = te.infer_schema(TOWN, "y", kinds=PLACE)
    kind = schema["place"]
    assert isinstance(kind, te.LatLon)
    assert [schema[name].key for name in ("lat", "lon", "place")] == ["ignored", "ignored", "latlon"]
    assert (kind.indicator, schema.column("place").missing, schema.sources) == (True, 2, ["lat", "lon"])
    assert "3 + 16 (sphere, waves) + missing" in repr(schema)
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    there = np.array([pair for pair in zip(TOWN["lat"], TOWN["lon"], strict=True) if None not in pair])
    np.testing.assert_allclose(kind.mean, on_sphere(there).mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(kind.scale, on_sphere(there).std(axis=0), rtol=1e-3)
    encoded = schema.encode({"lat": [1, None], "lon": [2.5, 3]})
    np.testing.assert_array_equal(encoded["lat"], np.float32([1, np.nan]))
    np.testing.assert_array_equal(encoded["lon"], np.float32([2.5, 3]))
    grown = schema.grown({"lat": [1, None, math.nan], "lon": [2.5, 3, None], "y": [1.5, 2, 3]})
    assert (grown["place"], grown.column("place").missing) == (kind, 4)


def test_the_columns_may_stay_numbers_of_their_own() -> None:
    schema = te.infer_schema(TOWN, "y", kinds={**PLACE, "lat": te.Numeric()})
    assert list(schema.features) == ["lat", "place"]
    assert list(schema.parts) == ["lat", "lon"]
    with pytest.raises(
        DataError, match="column 'lat' must be read as numbers or as labels, not both, however: 'place'"
    ):
        te.infer_schema(TOWN, "y", kinds={**PLACE, "lat": te.Categorical()})


def test_files_teach_what_a_frame_does(tmp_path: Path) -> None:
    rows = pa.table({name: pa.array(values) for name, values in TOWN.items()})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=7)
    of_files, of_frame = (te.infer_schema(data, "y", kinds=PLACE) for data in (tmp_path / "a.parquet", rows))
    assert of_files == of_frame
    for name, values in of_files.encode(tmp_path / "a.parquet").items():
        np.testing.assert_array_equal(values, of_frame.encode(rows)[name])


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=9))
def test_places_lie_on_the_sphere(places: list[tuple[float, float]]) -> None:
    points = on_sphere(np.array(places))
    np.testing.assert_allclose((points**2).sum(axis=1), 1)
    again = np.degrees(np.arcsin(np.clip(points[:, 2], -1, 1)))
    np.testing.assert_allclose(again, [lat for lat, _ in places], atol=1e-5)
    kind, missing = te.LatLon("lat", "lon").learn(pa.array([{"lat": lat, "lon": lon} for lat, lon in places]), "place")
    assert missing == 0
    assert all(value > 0 for value in kind.scale or ())


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("lat", 200, "column 'lat' must hold latitudes from -90 to 90, however: 200.0 in row 40; correct it"),
        ("lat", -90.5, "column 'lat' must hold latitudes from -90 to 90, however: -90.5 in row 40"),
        ("lon", 181, "column 'lon' must hold longitudes from -180 to 180, however: 181.0 in row 40"),
        ("lon", math.inf, "column 'lon' must hold finite numbers, however: 1 of 81 are infinite, first inf in row 40"),
    ],
)
def test_what_is_no_place(column: str, value: float, said: str, tmp_path: Path) -> None:
    schema = te.infer_schema(TOWN, "y", kinds=PLACE)
    rows = {name: list(values) for name, values in TOWN.items()}
    rows[column][40] = value
    pq.write_table(pa.table(rows), tmp_path / "a.parquet", row_group_size=7)
    for data in (rows, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match=said):
            te.infer_schema(data, "y", kinds=PLACE)
        with pytest.raises(DataError, match=said):
            schema.encode(data)


def test_texts_and_nothing_are_no_places() -> None:
    with pytest.raises(DataError, match="column 'lon' must hold numbers, however: its type is .*string, first 'x' in"):
        te.infer_schema({"lat": [1.5, 2], "lon": ["x", "y"]}, kinds=PLACE)
    with pytest.raises(DataError, match="column 'place' must hold some values, however: all 2 rows are missing"):
        te.infer_schema({"lat": [1.5, None], "lon": [None, 2.5]}, kinds=PLACE)
    pairs = pa.array([{"lat": 1.5, "lon": math.nan}])
    with pytest.raises(DataError, match="column 'place' must hold some places, however: 'lat' or 'lon' is missing in"):
        te.LatLon("lat", "lon").learn(pairs, "place")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lat", "lat"), "te.LatLon takes the names of two columns, however: 'lat' and 'lat'; as in"),
        (("lat", 5), "te.LatLon takes the names of two columns, however: 'lat' and 5; as in"),
        (("lat", "lon", 0), "`dim` must be a whole number of 1 or more, however: dim=0"),
        (("lat", "lon", 4, 0), "`frequency_scale` must be a number above 0, however: frequency_scale=0"),
    ],
)
def test_arguments_out_of_range(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        te.LatLon(*arguments)


def test_statistics_are_kept_for_the_same_columns() -> None:
    schema = te.infer_schema(TOWN, "y", kinds=PLACE)
    assert schema.replace(place=te.LatLon("lat", "lon", dim=4))["place"].mean == schema["place"].mean  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="column 'place' is LatLon and holds no statistics for LatLon"):
        schema.replace(place=te.LatLon("lon", "lat"))
