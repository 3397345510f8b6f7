"""Every kind alone, and all of them together: trained, exported, reloaded and asked raw rows, they agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io import to_arrow
from tabembed.schema.kinds import KINDS

N = 240
STEPS = {"past": te.Categorical(), "past_km": te.Numeric()}
DECLARED: dict[str, te.Schema | Any] = {
    "hashed": te.Categorical(hash_buckets=7),
    "code": te.Categorical(one_hot=True),
    "route": te.Cross("dest", "code"),
    "bucket": te.Numeric(embedding="buckets", n_bins=3),
    "place": te.LatLon("lat", "lon"),
    "split": te.MultiCategorical(separator="|", pooling="max"),
    "history": te.Sequence(STEPS, units=3),
}
COLUMNS: dict[str, tuple[str, ...]] = {
    **{
        name: (name,)
        for name in ("dest", "hashed", "code", "km", "bucket", "night", "when", "tags", "split", "remark", "stops")
    },
    "route": ("dest", "code"),
    "place": ("lat", "lon"),
    "history": ("past", "past_km"),
}
"""{column: the columns of the data that it reads}."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    gone = rng.random((N, 12)) < 0.1
    lengths = rng.integers(0, 4, N)

    def lists(draw: Any) -> list[Any]:
        """Return a list a row, its values drawn."""
        return [[draw() for _ in range(length)] for length in lengths]

    data = {
        "dest": rng.choice(["BOS", "LAX", "größe"], N),
        "hashed": rng.choice([f"h{at}" for at in range(20)], N),
        "code": rng.choice(["a|b", "c\\", "d"], N),
        "km": rng.normal(500, 90, N),
        "bucket": rng.lognormal(size=N),
        "night": rng.random(N) < 0.5,
        "when": pd.date_range("2013-01-01", periods=N, freq="31h", tz="America/New_York"),
        "lat": rng.uniform(-80, 80, N),
        "lon": rng.uniform(-180, 180, N),
        "split": ["|".join(rng.choice(list("xyz"), rng.integers(0, 3), replace=False)) for _ in range(N)],
        "remark": [f"gate {at} of pier {'abcd'[at % 4]}" for at in range(N)],
    }
    table = pd.DataFrame({name: pd.Series(values).mask(gone[:, at]) for at, (name, values) in enumerate(data.items())})
    table.loc[gone[:, 7:9].any(axis=1), ["lat", "lon"]] = np.nan  # a place is there or not
    table["tags"] = [row if row else None for row in lists(lambda: str(rng.choice(["wifi", "meal", "bag"])))]
    table["past"] = lists(lambda: str(rng.choice(["BOS", "LAX"])))
    table["past_km"] = lists(lambda: float(rng.normal()))
    table["stops"] = lists(lambda: {"at": str(rng.choice(["BOS", "LAX"])), "km": float(rng.normal())})
    table["y"] = rng.normal(100, 30, N) + 50 * (table["dest"] == "LAX")
    return table


def some(frame: pd.DataFrame, columns: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the columns of the data that some columns read, with the target, and their declared kinds."""
    read = dict.fromkeys(source for name in columns for source in COLUMNS[name])
    return frame[[*read, "y"]], {name: DECLARED[name] for name in columns if name in DECLARED}


def trained(frame: pd.DataFrame, kinds: Mapping[str, Any]) -> tuple[keras.Model, te.Schema]:
    schema = te.infer_schema(frame, "y", kinds=kinds)
    model = te.build_model(schema, random_state=0, hidden=(6,))
    model.compile(te.RowwiseAdam(1e-2), "mse")
    model.fit(schema.dataset(frame, 60, shuffle=True, seed=0), epochs=1, shuffle=False, verbose=0)
    return model, schema


def raw(frame: pd.DataFrame, schema: te.Schema, signature: Mapping[str, tf.TensorSpec]) -> dict[str, tf.Tensor]:
    """Return a frame's cells as the signature takes them: records as a list for each of their fields."""
    found = {}
    fields = (
        {f"stops_{field}": [[stop[field] for stop in row] for row in frame["stops"]] for field in ("at", "km")}
        if "stops" in frame
        else {}
    )
    frame = frame.assign(**fields)
    for name in [*schema.sources, *fields]:
        if name == "stops":
            continue
        spec, cells = signature[schema.input_names[name]], frame[name]
        if spec.shape.rank == 2:
            fill: Any = "" if spec.dtype == tf.string else np.nan
            wide = max(len(row) for row in cells if isinstance(row, list))
            rows = [[*(row if isinstance(row, list) else [])] for row in cells]
            found[schema.input_names[name]] = tf.constant(
                [row + [fill] * (wide - len(row)) for row in rows], spec.dtype
            )
        elif spec.dtype == tf.float32:
            found[schema.input_names[name]] = tf.constant(cells.astype("float32"))
        else:
            texts = [
                "" if pd.isna(cell) else cell.isoformat() if hasattr(cell, "isoformat") else str(cell) for cell in cells
            ]
            found[schema.input_names[name]] = tf.constant(texts)
    return found


CASES = [*(pytest.param((name,), marks=pytest.mark.slow) for name in COLUMNS), tuple(COLUMNS)]
"""Each kind alone waits for `make test-all`."""


@pytest.mark.parametrize("columns", CASES, ids=lambda columns: columns[0] if len(columns) == 1 else "all")
@pytest.mark.usefixtures("eagerly")
def test_model_predictor_signature_and_reloaded_model_agree(
    frame: pd.DataFrame, columns: tuple[str, ...], tmp_path: Path
) -> None:
    part, kinds = some(frame, columns)
    model, schema = trained(part, kinds)
    want = np.asarray(model(schema.inputs(part), training=False))[:, 0]
    within = 1e-5 * max(1.0, float(part["y"].std(ddof=0)))
    path = te.export(model, schema, tmp_path / "m")
    np.testing.assert_allclose(te.load(path).predict(part), want, rtol=0, atol=within)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    _, signature = serve.structured_input_signature
    np.testing.assert_allclose(serve(**raw(part, schema, signature))["prediction"], want, rtol=0, atol=within)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(np.asarray(again(schema.inputs(part), training=False))[:, 0], want, rtol=0, atol=within)
    assert te.Schema.from_json(path / "assets.extra" / "schema.json") == schema
    assert te.extract_tables(again, schema) == te.extract_tables(model, schema) == te.load(path).tables


def test_all_kinds_are_among_them(frame: pd.DataFrame) -> None:
    part, kinds = some(frame, tuple(COLUMNS))
    schema = te.infer_schema(part, "y", kinds=kinds)
    assert {kind.key for kind in schema.features.values()} == set(KINDS) - {"ignored"}
    assert len(schema.features) >= 12


@pytest.mark.parametrize("form", ["pandas", "polars", "parquet"])
def test_inference_names_the_kinds_and_says_why(frame: pd.DataFrame, form: str, tmp_path: Path) -> None:
    mixed = frame.assign(same="x", number=[f"N{at}" for at in range(N)])
    if form == "parquet":
        pq.write_table(to_arrow(mixed), tmp_path / "a.parquet", row_group_size=50)
    data = {"pandas": lambda: mixed, "polars": lambda: pl.from_arrow(to_arrow(mixed)), "parquet": lambda: tmp_path}
    schema = te.infer_schema(data[form](), "y")
    assert repr(schema) == repr(te.infer_schema(mixed, "y"))
    found = {name: (schema[name].key, schema.column(name).reason) for name in schema}
    assert {name: key for name, (key, _) in found.items()} == {
        **dict.fromkeys(("dest", "hashed", "code", "split"), "categorical"),
        **dict.fromkeys(("km", "bucket"), "numeric"),
        "night": "boolean",
        "when": "datetime",
        "lat_lon": "latlon",
        "remark": "text",
        **dict.fromkeys(("tags", "past"), "multi_categorical"),
        "stops": "sequence",
        **dict.fromkeys(("past_km", "lat", "lon", "same", "number"), "ignored"),
    }
    kinds = {kind.key for kind in schema.features.values()}
    assert kinds == set(KINDS) - {"ignored", "cross"}, "which labels to join is for the modeller to say"
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in repr(schema).splitlines()[2:]}
    for name, why in {
        "dest": "text, 3 distinct in ",
        "km": "real numbers",
        "night": "true and false",
        "when": "time stamps, America/New_York",
        "lat_lon": "latitudes and longitudes, by their names and values",
        "remark": "short texts, 100 % of several words",
        "tags": "lists of labels, 3 distinct in ",
        "stops": "lists of records; at: text, 2 distinct in ",
        "same": "set aside: constant (x)",
        "number": "set aside: a unique key",
        "lat": "part of 'lat_lon'",
        "past_km": "set aside: list<double>",
    }.items():
        assert found[name][1].startswith(why), name
        assert f" {' '.join(found[name][1].split())}" in shown[name]


def test_a_table_of_all_kinds_streams_from_parquet(frame: pd.DataFrame, tmp_path: Path) -> None:
    part, kinds = some(frame, tuple(COLUMNS))
    table = to_arrow(part)
    for at in range(3):
        pq.write_table(table.slice(at * 80, 80), tmp_path / f"{at}.parquet", row_group_size=30)
    schema, streamed = te.infer_schema(part, "y", kinds=kinds), te.infer_schema(tmp_path, "y", kinds=kinds)
    assert [type(kind) for kind in streamed.features.values()] == [type(kind) for kind in schema.features.values()]
    memory, files = schema.inputs(part), schema.inputs(tmp_path)
    assert memory.keys() == files.keys()
    for name in memory:
        np.testing.assert_array_equal(memory[name], files[name], err_msg=name)
    for (one, y), (other, z) in zip(schema.dataset(part, 50), schema.dataset(tmp_path, 50), strict=True):
        np.testing.assert_array_equal(y, z)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    est = te.TabularRegressor(
        preset="fast", kinds=kinds, epochs=1, random_state=0, verbose=0, network_options={"hidden": (4,)}
    )
    est.fit(str(tmp_path), "y")
    assert np.isfinite(est.predict(part.drop(columns="y"))).all()
    assert pa.types.is_list(table.schema.field("tags").type) or pa.types.is_large_list(table.schema.field("tags").type)
