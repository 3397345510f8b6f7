"""How fast the waves over a place begin is chosen by what they tell of the target beside the other columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.wave_scale import choose_wave_scales

ROWS = 3000
RANDOM = np.random.default_rng(0)
PLACES = pd.DataFrame({"lat": RANDOM.uniform(47, 48, ROWS), "lon": RANDOM.uniform(-122, -121, ROWS)})


def scale_of(
    y: Any, frame: pd.DataFrame = PLACES, rows: slice = slice(None), weights: np.ndarray | None = None, **kind: Any
) -> float | None:
    """Return the scale that is chosen for the place."""
    frame = frame.assign(y=y)
    schema = te.infer_schema(frame, "y", kinds={"at": te.LatLon("lat", "lon", **kind)})
    encoded, truth = schema.encode(frame), schema.encode_target(frame)
    chosen = choose_wave_scales(schema, encoded, truth, weights, np.arange(len(frame))[rows])
    found = chosen["at"]
    assert isinstance(found, te.LatLon)
    return found.frequency_scale


def hills(many: int) -> np.ndarray:
    """Return hills around so many places, the narrower the more there are, of variance 1."""
    draw = np.random.default_rng(many)
    centres, values = draw.uniform([47, -122], [48, -121], (many, 2)), draw.normal(size=many)
    apart = np.linalg.norm(PLACES.to_numpy()[:, None] - centres, axis=2)
    found = np.exp(-many * np.square(apart)) @ values
    return np.asarray((found - found.mean()) / found.std())


def test_what_changes_fast_gets_fast_waves() -> None:
    noise = 3 * np.random.default_rng(1).normal(size=ROWS)
    assert [scale_of(hills(many) + noise) for many in (1, 5, 400)] == [0.3, 0.3, 1.0]
    assert scale_of(hills(1) + 3 * np.random.default_rng(0).normal(size=ROWS)) == 0.1


def test_what_hangs_on_no_place_gets_the_slowest() -> None:
    assert scale_of(RANDOM.normal(size=ROWS)) == 0.1


def test_what_another_column_tells_needs_no_waves() -> None:
    beside = PLACES.assign(zone=np.where(hills(100) > 0, "in", "out"))
    y = (beside["zone"] == "in") + 0.1 * RANDOM.normal(size=ROWS)
    assert scale_of(y) > 0.3
    assert scale_of(y, beside) == 0.1


@pytest.mark.parametrize("classes", [2, 4])
def test_classes_too(classes: int) -> None:
    pieces = pd.qcut(hills(100), classes, labels=[f"piece {at}" for at in range(classes)]).astype(str)
    assert scale_of(np.asarray(pieces)) > 0.3


def test_a_scale_that_was_declared_stays() -> None:
    assert scale_of(hills(100), frequency_scale=0.5) == 0.5


def test_only_the_given_rows_are_gone_by() -> None:
    y = np.where(np.arange(ROWS) < ROWS / 2, hills(100), RANDOM.normal(size=ROWS))
    assert scale_of(y, rows=slice(ROWS // 2)) > 0.3
    assert scale_of(y, rows=slice(ROWS // 2, None)) == 0.1


def test_missing_places_and_numbers_and_few_rows() -> None:
    gaps = PLACES.assign(km=RANDOM.normal(size=ROWS), none=["a", None] * (ROWS // 2))
    gaps.loc[::3, "lat"] = None
    gaps.loc[::4, "km"] = None
    assert scale_of(hills(100), gaps) > 0.3
    assert scale_of(hills(100), rows=slice(50)) == 0.1


@pytest.mark.parametrize(("weighed", "fast"), [(1500, True), (50, False), (1, False)])
def test_rows_without_weight_are_not_gone_by(weighed: int, fast: bool) -> None:
    # There are more rows than are drawn, and few of those that would be have a weight.
    frame = pd.concat([PLACES] * 5, ignore_index=True)
    y, weights = RANDOM.normal(size=len(frame)), np.zeros(len(frame))
    y[-ROWS:], weights[-weighed:] = hills(100), 7.0
    found = scale_of(y, frame, weights=weights)
    assert found > 0.3 if fast else found == 0.1


def test_numbers_that_are_missing_in_what_is_drawn() -> None:
    frame = pd.concat([PLACES] * 5, ignore_index=True).assign(km=np.nan)
    frame.loc[:1, "km"] = [1.5, 2.5]
    y = RANDOM.normal(size=len(frame))
    assert scale_of(y, frame) == scale_of(y, frame, rows=slice(2, None)) == 0.1


def test_an_estimator_keeps_what_it_chose() -> None:
    X = PLACES[:300]
    est = te.TabularRegressor(preset="fast", epochs=1, random_state=0, verbose=0).fit(X, hills(100)[:300])
    place = est.schema_["lat_lon"]
    assert isinstance(place, te.LatLon)
    assert place.frequency_scale in (0.1, 0.3, 1.0, 3.0)
    assert est.model_.get_layer("lat_lon.waves").scale == place.frequency_scale


def test_several_targets_leave_it_open() -> None:
    frame = PLACES[:300].assign(a=hills(100)[:300], b=hills(5)[:300])
    est = te.TabularRegressor(preset="fast", epochs=1, random_state=0, verbose=0).fit(
        frame[["lat", "lon"]], frame[["a", "b"]]
    )
    assert est.model_.get_layer("lat_lon.waves").scale == 3.0
