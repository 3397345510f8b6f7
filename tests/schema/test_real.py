"""The real tables of the examples are read sensibly; a part of their rows, for speed."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pandas as pd
import pytest

import tabembed as te
from tabembed.io import examples

ROWS = 20_000


@functools.cache
def some(read: Callable[[], pd.DataFrame], target: str | None = None) -> pd.DataFrame:
    frame = read()
    frame = frame if target is None else frame.dropna(subset=target)
    return frame.sample(min(ROWS, len(frame)), random_state=0, ignore_index=True)


def kinds(schema: te.Schema) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for column in schema.columns:
        found.setdefault(column.kind.key, set()).add(column.name)
    return found


def test_flights() -> None:
    frame = some(examples.flights, "arr_delay")
    schema = te.infer_schema(frame, "arr_delay")
    found = kinds(schema)
    assert found["categorical"] >= {"month", "day", "hour", "carrier", "flight", "tailnum", "origin", "dest"}
    assert found["numeric"] >= {"dep_delay", "distance", "air_time", "arr_time"}
    assert found["ignored"] == {"year"}
    assert schema.column("year").reason == "set aside: constant (2013)"
    assert "named as an id" in schema.column("flight").reason
    assert schema.target.task == "regression"
    assert len(schema["dest"].labels) == frame["dest"].nunique()
    assert schema["dest"].counts.sum() == len(frame)
    assert list(schema) == [name for name in frame if name != "arr_delay"]
    assert all(f"\n{name} " in repr(schema) for name in frame)


def test_a_missing_target_is_refused_with_its_count() -> None:
    frame = some(examples.flights)
    missing = int(frame["arr_delay"].isna().sum())
    with pytest.raises(
        te.DataError, match=f"target 'arr_delay' must be there in every row, however: {missing} of 20,000"
    ):
        te.infer_schema(frame, "arr_delay")


def test_house_prices() -> None:
    frame = some(examples.house_prices)
    schema = te.infer_schema(frame, "price")
    found = kinds(schema)
    assert found["categorical"] >= {"zipcode", "condition", "grade", "view"}
    assert found["numeric"] >= {"sqft_living", "sqft_lot", "yr_built", "bathrooms"}
    assert found["boolean"] == {"waterfront"}
    assert found["latlon"] == {"lat_long"}
    assert found["ignored"] == {"id", "lat", "long"}, "nearly every house has an id of its own"
    assert found["datetime"] == {"date"}
    assert "nearly a key" in schema.column("id").reason
    assert len(schema["zipcode"].labels) == 70


def test_olympic_athletes() -> None:
    frame = some(examples.olympic_athletes, "medal")
    schema = te.infer_schema(frame, "medal")
    found = kinds(schema)
    assert found["categorical"] >= {"sex", "team", "noc", "games", "season", "sport", "event", "id"}
    assert found["numeric"] >= {"age", "height", "weight"}
    assert (schema.target.task, schema.target.classes) == ("multiclass", ("Bronze", "Gold", "Silver"))
    assert schema["height"].indicator
    assert schema.column("height").missing == frame["height"].isna().sum()


def test_labels_of_a_test_part_that_training_never_saw() -> None:
    frame = some(examples.flights)[["tailnum", "dest"]]
    schema = te.infer_schema(frame[:10_000])
    ids = schema.encode(frame[10_000:])["tailnum"]
    known = frame["tailnum"][10_000:].isin(frame["tailnum"][:10_000])
    missing = frame["tailnum"][10_000:].isna()
    assert ((ids == 0) == missing).all()
    assert ((ids == 1) == (~known & ~missing)).all()
