"""The signatures beside ``serving_default``, and the requests that TensorFlow Serving warms up with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te

N = 120
KINDS = {
    "hashed": te.Categorical(hash_buckets=5),
    "code": te.Categorical(one_hot=True),
    "route": te.Cross("dest", "code"),
    "km": te.Numeric(embedding="buckets", n_bins=3),
    "tags": te.MultiCategorical(pooling="max"),
    "past": te.Sequence({"past_dest": te.Categorical(), "past_km": te.Numeric()}, units=2),
    "from": te.Categorical(table="place"),
    "to city": te.Categorical(table="place"),
}
Served = dict[str, Any]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 3, N)
    return pd.DataFrame(
        {
            "dest": rng.choice(["BOS", "LAX", "größe"], N),
            "hashed": rng.choice(list("uvwxyz"), N),
            "code": rng.choice(["a|b", "c"], N),
            "km": pd.Series(rng.normal(500, 90, N)).mask(rng.random(N) < 0.1),
            "night": rng.random(N) < 0.5,
            "when": pd.date_range("2013-01-01", periods=N, freq="31h"),
            "from": rng.choice(["here", "there"], N),
            "to city": rng.choice(["there", "nowhere"], N),
            "tags": [list(rng.choice(["wifi", "meal", "bag"], length)) for length in lengths],
            "past_dest": [list(rng.choice(["BOS", "LAX"], length)) for length in lengths],
            "past_km": [rng.normal(size=length).tolist() for length in lengths],
            "y": rng.normal(100, 30, N),
        }
    )


@pytest.fixture(scope="module")
def path(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    schema = te.infer_schema(frame, "y", kinds=KINDS)
    return te.export(
        te.build_model(schema, random_state=0, hidden=(4,)), schema, tmp_path_factory.mktemp("m") / "trips"
    )


@pytest.fixture(scope="module")
def signatures(path: Path) -> Any:
    served = tf.saved_model.load(str(path))
    yield served.signatures
    del served


@pytest.fixture(scope="module")
def predictor(path: Path) -> Any:
    return te.load(path)


def example(row: Served) -> bytes:
    """Return a row as a serialised Example; what is missing is left out."""
    features = {}
    for name, value in row.items():
        values = value if isinstance(value, list) else [value]
        if not values or values == [None] or pd.isna(values[0]):
            continue
        if isinstance(values[0], str):
            texts = [text.encode() for text in values]
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
        else:
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def as_text(row: Served) -> Served:
    """Return a row as its Example holds it: times and booleans are text."""
    return {**row, "night": str(row["night"]), "when": row["when"].isoformat()}


def test_examples_answer_as_rows(frame: pd.DataFrame, predictor: Any, signatures: Any) -> None:
    names = predictor.schema.input_names
    rows = [
        {names[key]: cell for key, cell in as_text(row).items()}
        for row in frame[predictor.schema.sources].to_dict("records")
    ]
    found = signatures["serving_examples"](examples=tf.constant([example(row) for row in rows]))["prediction"]
    np.testing.assert_allclose(found, predictor.predict(frame), rtol=0, atol=1e-3)


def test_an_example_without_features_is_missing_throughout(
    frame: pd.DataFrame, predictor: Any, signatures: Any
) -> None:
    nothing = pd.DataFrame({name: [None] for name in predictor.schema.sources})
    found = signatures["serving_examples"](examples=tf.constant([b""]))["prediction"]
    np.testing.assert_allclose(found, predictor.predict(nothing), rtol=0, atol=1e-3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example input"):
        signatures["serving_examples"](examples=tf.constant([b"no example"]))


def test_labels_are_looked_up(predictor: Any, signatures: Any) -> None:
    safe = predictor.schema.input_names
    named = {name for name in signatures if name.startswith("lookup_")}
    assert named >= {f"lookup_{safe[name]}" for name in ("dest", "route", "to city", "tags", "past_dest", "from")}
    assert len(named) == len(predictor.tables)
    for key, table in predictor.tables.items():
        name = f"lookup_{safe.get(key) or te.safe_name(key)}"
        asked = ["", *table.labels[:3]]
        found = signatures[name](label=tf.constant(asked))["vector"].numpy()
        np.testing.assert_array_equal(found, [table.missing, *(table[label] for label in asked[1:])])
    unseen = signatures["lookup_dest"](label=tf.constant(["unseen"]))["vector"].numpy()
    np.testing.assert_array_equal(unseen, [predictor.tables["dest"].unknown])
    places = [signatures[f"lookup_{safe[name]}"](label=tf.constant(["here"]))["vector"] for name in ("from", "to city")]
    np.testing.assert_array_equal(*places)


def test_a_row_is_embedded(frame: pd.DataFrame, predictor: Any, signatures: Any) -> None:
    rows, tables = frame[:6], predictor.tables
    found = signatures["embed"](**raw(rows, predictor.schema))["embedding"].numpy()
    keys = [key for key, (name, _) in predictor.schema.tables.items() if name != "past"]
    assert found.shape == (6, sum(tables[key].dim for key in keys))
    at = 0
    for key in keys:
        part, at = found[:, at : at + tables[key].dim], at + tables[key].dim
        if key in ("dest", "hashed", "from", "to city"):
            np.testing.assert_array_equal(part, [tables[key][label] for label in rows[key]])
        if key == "when.weekday":
            np.testing.assert_array_equal(part, [tables[key][day] for day in rows["when"].dt.day_name()])
        if key == "tags":
            best = [
                np.max([tables[key][tag] for tag in tags], axis=0) if tags else tables[key].missing
                for tags in rows[key]
            ]
            np.testing.assert_allclose(part, best, rtol=1e-6)


def raw(frame: pd.DataFrame, schema: te.Schema) -> dict[str, tf.Tensor]:
    """Return a frame's cells as the signatures take them."""
    found = {}
    for name in schema.sources:
        cells = [as_text(row)[name] for row in frame.to_dict("records")]
        if isinstance(cells[0], list):
            fill: Any = float("nan") if name == "past_km" else ""
            wide = max(map(len, cells))
            found[schema.input_names[name]] = tf.constant([cell + [fill] * (wide - len(cell)) for cell in cells])
        else:
            found[schema.input_names[name]] = tf.constant(cells, tf.float32 if name == "km" else tf.string)
    return found


def test_a_model_without_tables_has_no_vectors(tmp_path: Path) -> None:
    schema = te.infer_schema(pd.DataFrame({"km": [1.5, 2.5, 3.0], "y": [1.5, 2.0, 4.0]}), "y")
    path = te.export(te.build_model(schema, hidden=(2,)), schema, tmp_path / "m")
    assert set(tf.saved_model.load(str(path)).signatures) == {"serving_default", "serving_examples", "encoded"}


def test_the_warm_up_requests_are_real_ones(path: Path, signatures: Any) -> None:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    file = path / "assets.extra" / "tf_serving_warmup_requests"
    logs = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
    requests = [log.predict_log.request for log in logs]
    assert {log.WhichOneof("log_type") for log in logs} == {"predict_log"}
    assert {request.model_spec.name for request in requests} == {"trips"}
    assert {request.model_spec.signature_name for request in requests} == {
        "serving_default",
        "serving_examples",
        "embed",
    }
    for request in requests:
        assert not request.FindInitializationErrors()
        _, taken = signatures[request.model_spec.signature_name].structured_input_signature
        tensors = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        assert {name: tf.as_dtype(request.inputs[name].dtype) for name in tensors} == {
            n: s.dtype for n, s in taken.items()
        }
        answer = signatures[request.model_spec.signature_name](**{n: tf.constant(t) for n, t in tensors.items()})
        assert {len(tensor) for tensor in answer.values()} <= {1, 64}
        for values in tensors.values():  # nobody's row
            assert set(values.ravel().tolist()) == {b""} if values.dtype == object else np.isnan(values).all()
