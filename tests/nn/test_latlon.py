"""Places in the model: on the sphere, trained, exported, served."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.nn.sphere import Sphere
from tabembed.schema.latlon import on_sphere


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-90, 90, width=32), st.floats(-180, 180, width=32)), min_size=1, max_size=9))
def test_the_layer_is_as_in_numpy(places: list[tuple[float, float]]) -> None:
    degrees = np.array(places, np.float32)
    values = Sphere([0.1, 0.2, 0.3], [0.5, 1.0, 2.0])([degrees[:, :1], degrees[:, 1:]]).numpy()
    np.testing.assert_allclose(values, (on_sphere(degrees) - [0.1, 0.2, 0.3]) / [0.5, 1.0, 2.0], atol=1e-5)


def test_nothing_happens_at_180_degrees_and_what_is_no_place_is_missing() -> None:
    layer = Sphere([0, 0, 0], [1, 1, 1], indicator=True)
    lat, lon = (
        np.float32([[50], [50], [50], [95], [np.nan], [0]]),
        np.float32([[180], [-180], [179.999], [0], [0], [190]]),
    )
    out = layer([lat, lon]).numpy()
    np.testing.assert_allclose(out[1:3], out[[0, 0]], atol=2e-5)
    np.testing.assert_array_equal(out[3:], np.float32([[0, 0, 0, 1]] * 3))
    assert layer.compute_output_shape([(None, 1), (None, 1)]) == (None, 4)


def test_a_place_alone_trains_exports_and_agrees(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"my lat": rng.uniform(-80, 80, 200), "lon": rng.uniform(-180, 180, 200)})
    frame["y"] = 10 * np.cos(np.radians(frame["lon"])) + rng.normal(size=200)
    frame.loc[::9, "lon"] = None
    frame.loc[::7, "my lat"] = None
    schema = te.infer_schema(frame, "y", kinds={"at": te.LatLon("my lat", "lon", dim=5)})
    model = te.build_model(schema, random_state=0, hidden=(4,))
    assert model.get_layer("at.waves").output.shape == (None, 9)
    model.compile(te.RowwiseAdam(1e-2), "mse", jit_compile=True)
    model.fit(schema.dataset(frame, 100), epochs=1, shuffle=False, verbose=0)
    want = model(schema.inputs(frame), training=False).numpy()[:, 0]
    edge = model(schema.inputs({"my lat": [10, 10], "lon": [180, -180]}), training=False).numpy()[:, 0]
    np.testing.assert_allclose(edge[0], edge[1], rtol=1e-4)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(schema.inputs(frame), training=False)[:, 0], want)
    path = te.export(model, schema, tmp_path / "m")
    served, near = te.load(path), 1e-5 * max(1, frame["y"].std())
    np.testing.assert_allclose(served.predict(frame), want, rtol=0, atol=near)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    raw = {schema.input_names[name]: tf.constant(frame[name], tf.float32) for name in ("my lat", "lon")}
    np.testing.assert_allclose(serve(**raw)["prediction"], want, rtol=0, atol=near)
    assert served.tables == {}
