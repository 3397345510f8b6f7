"""The kinds and options of numbers and categories in one table: from frames and Parquet, trained, served, grown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

import tabembed as te
from tabembed.nn.grow import grow_model

KINDS: dict[str, Any] = {
    "plain": te.Numeric(),
    "robust": te.Numeric(transform="robust"),
    "quantile": te.Numeric(transform="quantile", embedding="pbld"),
    "log": te.Numeric(transform="log", embedding="periodic", dim=4),
    "ple": te.Numeric(embedding="ple", bins="target", dim=3),
    "bucket": te.Numeric(embedding="buckets", n_bins=5),
    "city": te.Categorical(dim=2),
    "hashed": te.Categorical(hash_buckets=20),
    "few": te.Categorical(one_hot=True),
    "dropped": te.Categorical(embedding_dropout=0.2),
    "city x few": te.Cross("city", "few", min_count=2),
    "place": te.LatLon("lat", "lon", dim=3),
}


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    numbers = {name: rng.lognormal(size=300) for name in ("plain", "robust", "quantile", "log", "ple", "bucket")}
    labels = {name: rng.choice(list("abcdefgh"), 300) for name in ("city", "hashed", "dropped")}
    rows = pd.DataFrame({**numbers, **labels, "few": rng.integers(1, 4, 300)})
    rows["lat"], rows["lon"] = rng.uniform(40, 50, 300), rng.uniform(-10, 10, 300)
    rows["flag"] = rng.random(300) < 0.5
    gaps = rows.mask(rng.random(rows.shape) < 0.05)
    return gaps.astype({"few": "Int64", "flag": "boolean"}).assign(
        y=100 * np.sin(rows["ple"]) + 50 * (rows["few"] == 2)
    )


def test_twelve_kinds_train_serve_and_grow_together(tmp_path: Path) -> None:
    rows = frame()
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), tmp_path / "a.parquet", row_group_size=70)
    schema = te.infer_schema(rows, "y", kinds=KINDS)
    assert te.infer_schema(tmp_path / "a.parquet", "y", kinds=KINDS) == schema
    schema.to_json(tmp_path / "schema.json")
    assert te.Schema.from_json(tmp_path / "schema.json") == schema
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile(te.RowwiseAdam(1e-2), "mse")
    model.fit(schema.dataset(tmp_path / "a.parquet", 100), epochs=1, shuffle=False, verbose=0)
    want = model(schema.inputs(rows), training=False).numpy()[:, 0]
    near = 1e-5 * max(1, rows["y"].std())
    served = te.load(te.export(model, schema, tmp_path / "m"))
    np.testing.assert_allclose(served.predict(rows), want, rtol=0, atol=near)
    np.testing.assert_allclose(served.predict(str(tmp_path / "a.parquet")), want, rtol=0, atol=near)
    serve = tf.saved_model.load(str(served.path)).signatures["serving_default"]
    names = schema.sources
    numbers = {name for column, kind in schema.features.items() for name in kind.number_sources(column)}
    raw = {
        schema.input_names[name]: tf.constant(rows[name].astype("float32"))
        if name in numbers
        else tf.constant(["" if pd.isna(cell) else str(cell) for cell in rows[name]])
        for name in names
    }
    np.testing.assert_allclose(serve(**raw)["prediction"], want, rtol=0, atol=near)
    assert sorted(served.tables) == ["bucket.interval", "city", "city x few", "dropped", "hashed"]
    more = rows[:20].assign(city="new", hashed="new", few=9)
    grown = schema.grown(more)
    after = grow_model(model, schema, grown, hidden=(8,))
    near_far = after(grown.inputs(rows), training=False).numpy()[:, 0]
    np.testing.assert_allclose(near_far, want, rtol=0, atol=near)
    again = te.build_model(schema, init=served.tables, random_state=1)
    np.testing.assert_array_equal(
        te.extract_tables(again, schema)["city x few"].vectors, served.tables["city x few"].vectors
    )
