"""Any column name a CSV may hold goes through build, fit, save, export and reload."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

import tabembed as te

NAMES = [
    "my state", "a.b", "a-b", "a/b", "x,y(z)", "_lead", "1col", "größe", "日本", "x" * 300,
    "self", "args", "training", "name", "inputs", "dest", "dest_embedding", "prediction", "probabilities",
    "Dest", "class", "None", "ids", "numbers", "dest_1", "", " ", "%s{}", 'q"\'', "encoded", "serving_default",
]  # fmt: skip
TARGET = "the/target, (größe)"


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    makers = (
        lambda: rng.choice(list("pqr"), 60),
        lambda: rng.normal(size=60),
        lambda: rng.random(60) < 0.5,
        lambda: rng.choice(list("pqr"), 60),
    )
    made = {name: makers[at % 4]() for at, name in enumerate(NAMES)}
    return pd.DataFrame(made).assign(**{TARGET: rng.normal(size=60)})


def test_any_name_works(tmp_path: Path) -> None:
    data = frame()
    data.to_csv(tmp_path / "a.csv", index=False)
    schema = te.infer_schema(data, TARGET)
    assert list(schema) == NAMES
    model = te.build_model(schema, random_state=0, hidden=(4,))
    model.compile(te.RowwiseAdam(1e-2), "mse")
    model.fit(schema.dataset(data, 30), shuffle=False, verbose=0)
    want = np.asarray(model(schema.inputs(data), training=False))[:, 0]
    assert len(set(want.tolist())) == 60

    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(again(schema.inputs(data), training=False))[:, 0], want)

    path = te.export(model, schema, tmp_path / "m")
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    assert set(serve.structured_input_signature[1]) == set(schema.input_names.values())
    raw = {}
    for name, kind in schema.features.items():
        cells = data[name].astype("float32" if isinstance(kind, te.Numeric) else "str")
        raw[schema.input_names[name]] = tf.constant(cells)
    np.testing.assert_allclose(serve(**raw)["prediction"], want, atol=1e-5)

    served = te.load(path)
    np.testing.assert_allclose(served.predict(data), want, atol=1e-5)
    assert served.schema == schema
    assert list(served.tables) == [name for name, kind in schema.features.items() if isinstance(kind, te.Categorical)]
