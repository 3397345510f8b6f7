"""The calendar inside the model is Python's."""

from __future__ import annotations

import datetime
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import to_arrow
from tabembed.nn.calendar import CalendarIds, CalendarNumbers
from tabembed.schema.datetime import CALENDAR, calendar_ids
from tabembed.schema.times import MISSING_TIME

FIRST, LAST = (int(np.datetime64(day, "s").astype(np.int64)) for day in ("0001-01-01", "9999-12-31"))


@settings(deadline=None)
@given(st.lists(st.integers(FIRST, LAST) | st.just(MISSING_TIME), min_size=1, max_size=9), st.integers(1900, 2000))
def test_ids_are_those_of_the_schema(seconds: list[int], first: int) -> None:
    array = np.array(seconds)
    found = CalendarIds(CALENDAR, first, 50)(tf.constant(array[:, None]))
    want = calendar_ids(array, first, 50)
    for part, ids in zip(CALENDAR, found, strict=True):
        assert ids.dtype == tf.int32
        assert ids.numpy()[:, 0].tolist() == want[part].tolist(), part


def test_cycles_and_elapsed_time() -> None:
    noon = int(np.datetime64("2024-01-01T12:00", "s").astype(np.int64))  # a Monday
    layer = CalendarNumbers(["day", "week", "year"], (noon, 3600.0), indicator=True)
    values = layer(tf.constant([[noon], [noon + 7 * 86_400], [MISSING_TIME]], tf.int64)).numpy()
    np.testing.assert_allclose(values[0, :4], [0, -1, np.sin(np.pi / 7), np.cos(np.pi / 7)], atol=1e-6)
    np.testing.assert_allclose(values[0, :4], values[1, :4], atol=1e-6)
    assert values[:, 6].tolist() == [0, 7 * 24, 0]
    assert values[2].tolist() == [0] * 7 + [1]
    np.testing.assert_allclose((values[:2, 4:6] ** 2).sum(axis=1), 1, atol=1e-6)
    assert values[1, 4] > values[0, 4], "a week later in January the year's sine has risen"


def test_layers_come_back_from_their_config() -> None:
    ids, numbers = CalendarIds(["day"], 2000, 3, name="a"), CalendarNumbers(["week"], None, True, name="b")
    for layer in (ids, numbers):
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    when = pd.Series(pd.date_range("2013-01-01", periods=600, freq="7h", tz="America/New_York"))
    weekend, night = when.dt.day_of_week >= 5, when.dt.hour < 6
    late = pd.Series(pd.to_datetime("1999-05-05") + pd.to_timedelta(rng.integers(0, 10**9, 600), "s"))
    y = 3.0 * weekend + 2.0 * night + rng.normal(0, 0.1, 600)
    return pd.DataFrame({"when": when.mask(rng.random(600) < 0.1), "iso": late.astype(str), "y": y})


def test_one_branch_with_a_table_for_each_part(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame, "y")
    model = te.build_model(schema, random_state=0)
    assert [layer.name for layer in model.layers if isinstance(layer, keras.layers.InputLayer)] == ["when", "iso"]
    tables = te.extract_tables(model, schema)
    assert list(tables) == [*(f"when.{part}" for part in CALENDAR[1:]), *(f"iso.{part}" for part in CALENDAR)]
    assert tables["when.weekday"].name == "weekday"
    assert tables["when.weekday"].counts.sum() == frame["when"].notna().sum()
    warm = te.build_model(schema, init={"when.weekday": tables["when.weekday"]}, random_state=1)
    assert te.extract_tables(warm, schema)["when.weekday"] == tables["when.weekday"]
    frozen = te.build_model(schema, freeze=["when.weekday"])
    assert not frozen.get_layer("when.weekday.embedding").trainable


def test_it_learns_and_comes_back(frame: pd.DataFrame, tmp_path: Path) -> None:
    X, y = frame[["when"]], frame["y"]
    est = te.TabularRegressor(preset="fast", epochs=30, random_state=0, verbose=0).fit(X, y)
    assert est.score(X[X["when"].notna()], y[X["when"].notna()]) > 0.9
    weekday = est.tables_["when.weekday"]
    assert weekday.neighbors("Saturday", k=1)[0][0] == "Sunday"
    est.save(tmp_path / "est")
    np.testing.assert_array_equal(te.TabularRegressor.load(tmp_path / "est").predict(X), est.predict(X))
    again = te.TabularRegressor(preset="fast", epochs=2, random_state=0, verbose=0)
    first = again.fit(X, y).tables_
    assert first == again.fit(X, y).tables_


def test_from_parquet_as_in_memory(frame: pd.DataFrame, tmp_path: Path) -> None:
    table = to_arrow(frame)
    for at in range(3):
        pq.write_table(table.slice(at * 200, 200), tmp_path / f"{at}.parquet", row_group_size=70)
    schema, streamed = te.infer_schema(frame, "y"), te.infer_schema(tmp_path, "y")
    for name in ("when", "iso"):
        one, other = schema[name], streamed[name]
        assert isinstance(one, te.Datetime)
        assert isinstance(other, te.Datetime)
        assert (one.counts, one.zone, one.first_year) == (other.counts, other.zone, other.first_year)
        np.testing.assert_allclose([one.mean, one.scale], [other.mean, other.scale], rtol=1e-12)
        assert schema.column(name).reason == streamed.column(name).reason
        np.testing.assert_array_equal(schema.encode(frame)[name], schema.encode(tmp_path)[name])
    batches = list(schema.dataset(tmp_path, batch_size=100))
    memory = list(schema.dataset(frame, batch_size=100))
    for (streamed_inputs, _), (inputs, _) in zip(batches, memory, strict=True):
        np.testing.assert_array_equal(streamed_inputs["when"], inputs["when"])
        assert inputs["when"].dtype == tf.int64


def test_a_date_in_a_csv(tmp_path: Path) -> None:
    frame = pd.DataFrame({"day": ["2013-01-31", "2013-02-01", "2014-02-01"], "y": [1.5, 2.5, 3.5]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    schema = te.infer_schema(tmp_path / "a.csv", "y")
    assert (
        schema["day"]
        == te.infer_schema(frame.assign(day=[datetime.date.fromisoformat(d) for d in frame["day"]]), "y")["day"]
    )
    np.testing.assert_array_equal(schema.encode(tmp_path / "a.csv")["day"], schema.encode(frame)["day"])
