"""Raw labels in ONNX: every network, task and kind answers as the model and the SavedModel do, without TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.schema.kinds import KINDS
from tabembed.serving.onnx.columns import ONNX_KINDS

N = 120
ROOT = Path(__file__).parents[2]


def shaken(schema: te.Schema, network: str = "mlp", **options: Any) -> keras.Model:
    """Return a model no weight of which is 0, as training would leave it."""
    model = te.build_model(schema, network, random_state=0, **options)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(rng.normal(0, 0.05, weight.shape).astype("float32"))
    return model


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    """Rows of the three simple kinds, a history, and a target of every type."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "dest": pd.Series(rng.choice(["BOS", "LAX", "größe", "a\0b", "x\ny"], N)).mask(rng.random(N) < 0.1),
            "tail no": pd.Series(rng.integers(1, 9, N)).where(rng.random(N) < 0.9).astype("Int64"),
            "km": pd.Series(rng.normal(500, 90, N)).mask(rng.random(N) < 0.1),
            "night": pd.Series(rng.random(N) < 0.5, dtype="boolean").mask(rng.random(N) < 0.1),
            "past": [list(rng.choice(["BOS", "LAX"], at % 4)) for at in range(N)],
        }
    )
    y = rng.gamma(3, 20, N)
    return frame.assign(
        y=y,
        flag=y > 60,
        word=np.where(y > 60, "late", "early"),
        grade=pd.Categorical(np.digitize(y, [40, 80]), ordered=True),
        code=np.digitize(y, [40, 80]) * 2 + 3,
        labels=[["a"] * (at % 2) + ["b"] * (at % 3 > 1) for at in range(N)],
    )


CELLS: dict[str, tuple[str, Any]] = {
    "regression by mlp": ("mlp", "y"),
    "log by linear": ("linear", te.Target("y", objective="log")),
    "poisson by wide_deep": ("wide_deep", te.Target("y", objective="poisson")),
    "quantiles by resnet": ("resnet", te.Target("y", quantiles=(0.1, 0.5, 0.9))),
    "ordinal by dcn": ("dcn", te.Target("grade", "ordinal")),
    "multilabel by deepfm": ("deepfm", te.Target("labels", "multilabel")),
    "multiclass by transformer": ("transformer", te.Target("code", "multiclass")),
    "binary by tabm": ("tabm", te.Target("word", "binary")),
    "several by lstm": ("lstm", ["y", te.Target("flag", "binary"), te.Target("grade", "ordinal")]),
}
TARGETS = ["y", "flag", "word", "grade", "code", "labels"]


@pytest.mark.parametrize("cell", CELLS)
def test_every_network_and_task_answers_as_the_model_does(cell: str, plain: pd.DataFrame, tmp_path: Path) -> None:
    check_the_answers(*CELLS[cell], plain, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("network", [network for network, _ in CELLS.values()])
@pytest.mark.parametrize("cell", CELLS)
def test_every_network_by_every_task(network: str, cell: str, plain: pd.DataFrame, tmp_path: Path) -> None:
    check_the_answers(network, CELLS[cell][1], plain, tmp_path)


def check_the_answers(network: str, target: Any, plain: pd.DataFrame, tmp_path: Path) -> None:
    """The ONNX file of a network and a target says what the model says."""
    schema = some_schema(plain, target, sequence=network == "lstm")
    model = shaken(schema, network)
    path = te.export_onnx(model, schema, tmp_path / "m.onnx")
    onnx.checker.check_model(str(path), full_check=True)
    served = te.load_onnx(path)
    assert served.schema == schema
    rows = questions(plain)
    output = model(schema.inputs(rows), training=False)
    for name, want in wanted(schema, output).items():
        part = next(part for part in schema.need_targets().parts if part.name == name)
        if part.is_classification:
            found = served.predict_proba(rows)
            np.testing.assert_allclose(found[name] if isinstance(found, dict) else found, want, rtol=0, atol=2e-6)
        else:
            found = served.predict(rows)
            got = found[name] if isinstance(found, pd.DataFrame) else found
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * plain["y"].std())
    check_the_graph_chooses_the_same(path, served, rows)


def some_schema(frame: pd.DataFrame, target: Any, *, sequence: bool) -> te.Schema:
    """Return the schema of the rows with one target, or several."""
    held = {column for part in te.infer_schema(frame, target).need_targets().parts for column in part.columns}
    left_out = {*TARGETS} - held | ({"past"} if not sequence else set())
    kinds = {"history": te.Sequence({"past": te.Categorical()}, units=3)} if sequence else None
    return te.infer_schema(frame.drop(columns=[*left_out]), target, kinds=kinds)


def questions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with labels that were never seen."""
    rows = frame[:40].reset_index(drop=True).astype({"dest": "object"})
    rows.loc[3, "dest"], rows.loc[4, "tail no"], rows.loc[5, "km"] = "unseen", 99, 1_000.0
    return rows.drop(columns=TARGETS)


def wanted(schema: te.Schema, output: Any) -> dict[str, np.ndarray]:
    """Return {target: probabilities, or values} of a model's output."""
    targets = schema.need_targets()
    parts = targets.parts
    several = output if isinstance(output, Mapping) else {parts[0].name: output}
    found = {}
    for part, values in zip(parts, map(np.asarray, several.values()), strict=True):
        if part.task == "binary":
            values = np.concatenate([1 - values, values], axis=1)
        found[part.name] = values[:, 0] if part.task == "regression" and not part.quantiles else values
    return found


def check_the_graph_chooses_the_same(path: Path, served: te.OnnxPredictor, rows: pd.DataFrame) -> None:
    """The output ``prediction`` of the graph is what ``predict`` says."""
    feeds = served._feeds
    given = feeds.rows(feeds.of(rows), slice(None))
    graph = session(path)
    said = dict(zip([output.name for output in graph.get_outputs()], graph.run(None, given), strict=True))
    predicted = served.predict(rows)
    if isinstance(predicted, pd.DataFrame):
        for name in predicted:
            assert said[name].tolist() == predicted[name].tolist()
    else:
        assert said["prediction"].tolist() == predicted.tolist()
        assert said["prediction"].shape[0] == len(rows)


STEPS = {"past": te.Categorical(), "past_km": te.Numeric(), "past_night": te.Boolean()}
DECLARED: dict[str, Any] = {
    "code": te.Categorical(one_hot=True),
    "rare": te.Categorical(min_count=3),
    "hashed": te.Categorical(hash_buckets=7),
    "origin": te.Categorical(table="airport"),
    "dest": te.Categorical(table="airport"),
    "route": te.Cross("dest", "code"),
    "triple": te.Cross("dest", "code", "night_text", min_count=2),
    "hashed_route": te.Cross("dest", "code", hash_buckets=5),
    "place": te.LatLon("lat", "lon"),
    "split": te.MultiCategorical(separator="|", pooling="max"),
    "weighted": te.MultiCategorical(separator="?", weights="shares", pooling="attention"),
    "hashed_tags": te.MultiCategorical(hash_buckets=5),
    "history": te.Sequence(STEPS, units=3),
}


@pytest.fixture(scope="module")
def every_kind() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    gone = rng.random((N, 12)) < 0.1
    lengths = rng.integers(0, 4, N)

    def lists(values: list[Any]) -> list[Any]:
        """Return a list a row."""
        return [list(rng.choice(np.array(values, object), length)) for length in lengths]

    data = {
        "dest": rng.choice(["BOS", "LAX", "größe"], N),
        "origin": rng.choice(["BOS", "JFK"], N),
        "code": rng.choice(["a|b", "c\\", "d"], N),
        "rare": rng.choice([f"r{at}" for at in range(60)], N),
        "hashed": rng.choice([f"h{at}" for at in range(20)], N),
        "night": rng.random(N) < 0.5,
        "night_text": rng.choice(["yes", "no"], N),
        "km": rng.normal(500, 90, N),
        "when": pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 3 * 10**9, N), unit="s"),
        "lat": rng.uniform(-80, 80, N),
        "lon": rng.uniform(-180, 180, N),
        "remark": [f"gate {at} of pier {'abcd'[at % 4]}" for at in range(N)],
    }
    table = pd.DataFrame({name: pd.Series(values).mask(gone[:, at]) for at, (name, values) in enumerate(data.items())})
    table.loc[gone[:, 9:11].any(axis=1), ["lat", "lon"]] = np.nan
    table["split"] = ["|".join(row) for row in lists(["x", "y", "z"])]
    table["weighted"] = ["?".join("ab"[: at % 3]) for at in range(N)]
    table["shares"] = [[0.5, 0.0][: at % 3] for at in range(N)]
    table["tags"] = lists(["wifi", "meal", "bag"])
    table["hashed_tags"] = lists(["w", "m", "b"])
    table["past"], table["past_km"] = lists(["BOS", "LAX"]), lists([0.5, -1.5])
    table["past_night"] = lists([True, False])
    table["y"] = rng.normal(100, 30, N)
    return table


def raw(frame: pd.DataFrame, takes: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return a frame's cells as a client sends them: text, float32, padded lists."""
    found = {}
    for name, take in takes.items():
        cells, text = frame[take["column"]], take["dtype"] == "string"
        if take["lists"]:
            wide = max(map(len, cells))
            padded = [[*row, *([None] * (wide - len(row)))] for row in cells]
            matrix = np.array(padded, object).reshape(len(cells), wide)
            found[name] = np.where(pd.isna(matrix), "", matrix.astype(str)) if text else matrix.astype("float32")
        elif text:
            found[name] = np.array(["" if pd.isna(cell) else str(cell) for cell in cells], object)
        else:
            found[name] = cells.to_numpy("float32")
    return {name: cells.astype(object) if cells.dtype.kind == "U" else cells for name, cells in found.items()}


@pytest.fixture(scope="module")
def exported(every_kind: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[te.Schema, Any, Path, Path]:
    """Return the schema and the model of every kind, the ONNX file and the SavedModel."""
    schema = te.infer_schema(every_kind, "y", kinds=DECLARED)
    model = shaken(schema, hidden=(6,))
    folder = tmp_path_factory.mktemp("onnx")
    path = te.export_onnx(model, schema, folder / "deep" / "all.onnx")
    return schema, model, path, te.export(model, schema, folder / "saved")


@pytest.fixture
def asked(every_kind: pd.DataFrame) -> pd.DataFrame:
    """Rows with labels that were never seen, in every column of text, and pairs that no row has."""
    rows = every_kind[:60].reset_index(drop=True)
    for at, name in enumerate(("dest", "origin", "code", "rare", "hashed")):
        rows.loc[at, name] = "unseen"
    for at, name in enumerate(("tags", "hashed_tags", "past"), 7):
        rows.at[at, name] = ["unseen"] * len(rows.at[at, name])
    rows.loc[10, "split"], rows.loc[11, "night"] = "x|unseen|y", None
    return rows


def test_every_kind_has_its_lookup_in_onnx() -> None:
    assert {kind.key for kind in ONNX_KINDS} == set(KINDS) - {"ignored"}


def test_every_kind_answers_as_the_saved_model_does(exported: Any, asked: pd.DataFrame) -> None:
    schema, _, path, saved = exported
    assert {kind.key for kind in schema.features.values()} == set(KINDS) - {"ignored"}
    served = te.load_onnx(path)
    assert served.schema == schema
    want = te.load(saved).predict(asked)
    np.testing.assert_allclose(served.predict(asked), want, rtol=0, atol=1e-5 * asked["y"].std())
    one_by_one = np.concatenate([served.predict(asked[at : at + 1]) for at in range(12)])
    np.testing.assert_allclose(one_by_one, want[:12], rtol=0, atol=1e-5 * asked["y"].std())


def test_a_client_sends_both_graphs_the_same_raw_values(exported: Any, asked: pd.DataFrame) -> None:
    schema, _, path, saved = exported
    graph = session(path)
    takes = json.loads(graph.get_modelmeta().custom_metadata_map["tabembed.inputs"])
    assert [put.name for put in graph.get_inputs()] == [*takes]
    encoded = {name for name, take in takes.items() if take["encoded"]}
    assert encoded == {"hashed_ids", "hashed_route_ids", "hashed_tags_ids", "when_seconds", "remark_ids"}
    sent = raw(asked, {name: take for name, take in takes.items() if name not in encoded})
    inputs = schema.inputs(asked)
    for name in encoded:
        values = inputs[takes[name]["column"]]
        sent[name] = values if takes[name]["lists"] else values[:, 0]
    signature = tf.saved_model.load(str(saved)).signatures["serving_default"]
    texts = {
        name: raw(asked, {name: {"column": name, "dtype": "string", "lists": False}})[name]
        for name in ("hashed", "remark")
    }
    when = [("" if pd.isna(cell) else cell.isoformat()) for cell in asked["when"]]
    tags = raw(asked, {"hashed_tags": {"column": "hashed_tags", "dtype": "string", "lists": True}})
    said = signature(
        **{
            name: tf.constant(values)
            for name, values in {**sent, **texts, **tags, "when": when}.items()
            if name not in encoded
        }
    )["prediction"]
    np.testing.assert_allclose(graph.run(["prediction"], sent)[0], said, rtol=0, atol=1e-5 * asked["y"].std())


def test_it_answers_in_a_process_without_tensorflow(exported: Any, asked: pd.DataFrame, tmp_path: Path) -> None:
    _, _, path, _ = exported
    asked.drop(columns="y").assign(extra=1).to_parquet(tmp_path / "rows.parquet")
    code = f"""
import sys, json, tabembed as te
served = te.load_onnx({str(path)!r})
found = served.predict({str(tmp_path / "rows.parquet")!r}).tolist()
heavy = {{"tensorflow", "keras", "sklearn", "onnx", "tf2onnx", "scipy", "matplotlib"}} & set(sys.modules)
print(json.dumps([found, sorted(heavy), repr(served)]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found, heavy, said = json.loads(done.stdout)
    assert heavy == []
    assert said == f"OnnxPredictor({str(path)!r}: regression of 'y' from 19 columns)"
    np.testing.assert_array_equal(np.float32(found), te.load_onnx(path).predict(asked))


def test_a_missing_column_is_named_and_others_are_left_alone(exported: Any, asked: pd.DataFrame) -> None:
    served = te.load_onnx(exported[2])
    np.testing.assert_array_equal(served.predict(asked.assign(more=1)), served.predict(asked))
    assert served.predict(asked[:0]).shape == (0,)
    with pytest.raises(te.LabelError, match="'km'"):
        served.predict(asked.drop(columns="km"))
    with pytest.raises(te.DataError, match="predicts 'y' by regression and has no classes; use predict"):
        served.predict_proba(asked)
    with pytest.raises(te.DataError, match="column 'km' must hold"):
        served.predict(asked.assign(km="far"))


def test_every_transform_and_embedding_of_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ways = [
        (transform, embedding)
        for transform in ("standard", "log", "robust", "quantile")
        for embedding in (None, "ple", "periodic", "pbld")
    ] + [("standard", "buckets")]
    names = [f"{transform}_{embedding}" for transform, embedding in ways]
    frame = pd.DataFrame(rng.lognormal(3, 2, (N, len(ways))), columns=names).mask(rng.random((N, len(ways))) < 0.1)
    kinds = {
        name: te.Numeric(transform=transform, embedding=embedding)
        for name, (transform, embedding) in zip(names, ways, strict=True)
    }
    frame["y"] = rng.normal(size=N)
    schema = te.infer_schema(frame, "y", kinds=kinds)
    model = shaken(schema, hidden=(6,))
    asked = frame.mask(rng.random(frame.shape) < 0.05, -50.0)
    served = te.load_onnx(te.export_onnx(model, schema, tmp_path / "m.onnx"))
    want = np.asarray(model(schema.inputs(asked), training=False))[:, 0]
    np.testing.assert_allclose(served.predict(asked), want, rtol=1e-5, atol=1e-5)


def test_names_of_every_sort(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = ["prediction", "probabilities", "probabilities_", "model/input_0", "raw/0", "größe", "self", "", "x" * 300]
    frame = pd.DataFrame({name: rng.choice(["a", "b", "c"], 80) for name in names})
    frame["when_seconds"] = rng.normal(size=80)
    frame["when"] = pd.date_range("2013-01-01", periods=80, freq="31h")
    frame["late"] = np.where(frame["prediction"] == "a", "yes", "no")
    schema = te.infer_schema(frame, "late")
    model = shaken(schema, hidden=(4,))
    path = te.export_onnx(model, schema, tmp_path / "m.onnx")
    served = te.load_onnx(path)
    want = np.asarray(model(schema.inputs(frame), training=False))[:, 0]
    np.testing.assert_allclose(served.predict_proba(frame)[:, 1], want, rtol=0, atol=2e-6)
    inputs = [put.name for put in session(path).get_inputs()]
    assert inputs[-3:] == ["prediction_", "probabilities__", "when_seconds_"]
    assert {"probabilities_", "when_seconds"} <= {*inputs}
    metadata = session(path).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["tabembed.classes"]) == {"late": ["no", "yes"]}
    assert json.loads(metadata["tabembed.outputs"]) == ["prediction", "probabilities"]


def test_an_estimator_exports_itself(plain: pd.DataFrame, tmp_path: Path) -> None:
    X, y = plain[["dest", "km"]], plain["word"]
    est = te.TabularClassifier(
        preset="fast", epochs=1, random_state=0, verbose=0, network_options={"hidden": (4,)}
    ).fit(X, y)
    served = te.load_onnx(est.export_onnx(tmp_path / "m.onnx"))
    assert served.schema == est.schema_
    np.testing.assert_allclose(served.predict_proba(X), est.predict_proba(X), rtol=0, atol=2e-6)
    assert served.predict(X).tolist() == est.predict(X).tolist()
    assert served.classes_.tolist() == est.classes_.tolist() == ["early", "late"]
