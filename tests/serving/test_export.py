"""The SavedModel: its place, its signature, and plain TensorFlow's answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io import DataError
from tabembed.serving import export as export_module
from tabembed.serving.export import _publish
from tabembed.serving.outputs import outputs

# What a process without tabembed does: plain TensorFlow, raw values in.
ALONE = """
import json, sys
sys.path = [p for p in sys.path if p not in ("", sys.argv[3])]
import tensorflow as tf
answers = {}
for name, (path, columns) in json.load(open(sys.argv[1])).items():
    serve = tf.saved_model.load(path).signatures["serving_default"]
    raw = {key: tf.constant(cells, kind) for key, (kind, cells) in columns.items()}
    for key, value in serve(**raw).items():
        cells = value.numpy().tolist()
        answers[f"{name} {key}"] = [cell.decode() if isinstance(cell, bytes) else cell for cell in cells]
try:
    import tabembed
except ImportError:
    json.dump(answers, open(sys.argv[2], "w"))
"""


def test_the_place(cases: Any) -> None:
    path = cases["y"].path
    assert [entry.name for entry in path.iterdir()] == ["1"]
    inside = {entry.name for entry in (path / "1").iterdir()}
    assert inside >= {"saved_model.pb", "variables", "assets.extra"}
    extra = path / "1" / "assets.extra"
    files = {"schema.json", "tables", "metrics.json", "training.json", "tf_serving_warmup_requests"}
    assert {entry.name for entry in extra.iterdir()} == files
    assert te.Schema.from_json(extra / "schema.json") == cases["y"].schema
    assert te.load_tables(extra / "tables") == te.extract_tables(cases["y"].model, cases["y"].schema)
    assert json.loads((extra / "metrics.json").read_text()) == {"r2": 0.5}
    training = json.loads((extra / "training.json").read_text())
    assert training["epochs"] == 2
    assert training["random_state"].startswith("RandomState(")
    assert (path / "1").stat().st_mode & 0o777 == 0o755


def test_versions_count_up(cases: Any, tmp_path: Path) -> None:
    case, path = cases["y"], tmp_path / "deep" / "model"
    assert te.export(case.model, case.schema, path) == path / "1"
    (path / "9").mkdir()
    (path / "notes").mkdir()
    assert te.export(case.model, case.schema, str(path)) == path / "10"
    assert sorted(entry.name for entry in path.iterdir()) == ["1", "10", "9", "notes"]


def test_what_predicts_is_traced_once_for_each_endpoint(
    cases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras alone would trace all of them twice, to find their variables first."""
    traced = []
    monkeypatch.setattr(export_module, "outputs", lambda *args: traced.append(args) or outputs(*args))
    te.export(cases["y"].model, cases["y"].schema, tmp_path / "model")
    assert len(traced) == 3  # rows, rows as examples, and columns that Python encoded


def test_each_weight_is_written_once(cases: Any) -> None:
    file = tf.train.load_checkpoint(str(cases["y"].path / "1" / "variables" / "variables"))
    written = [tuple(shape) for name, shape in file.get_variable_to_shape_map().items() if "VARIABLE_VALUE" in name]
    assert sorted(written) == sorted(tuple(weight.shape) for weight in cases["y"].model.variables)


def test_the_loader_that_tensorflow_serving_has_finds_all_weights(cases: Any, questions: pd.DataFrame) -> None:
    """It restores TensorFlow's own variables by their names, and knows none of Keras'."""
    case, load = cases["y"], tf.compat.v1.saved_model.load
    cells = {name: column.numpy() for name, column in case.raw(questions).items()}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        serve = load(session, ["serve"], str(case.path / "1")).signature_def["serving_default"]
        given = {serve.inputs[name].name: column for name, column in cells.items()}
        answers = session.run(serve.outputs["prediction"].name, given)
    limit = 1e-5 * max(1, case.schema.need_target().scale)
    np.testing.assert_allclose(answers, case.output(questions)[:, 0], rtol=0, atol=limit)


def test_the_signature(cases: Any) -> None:
    for target, case in cases.items():
        serve = tf.saved_model.load(str(case.path / "1")).signatures["serving_default"]
        inputs = {
            name: (spec.shape.as_list(), spec.dtype.name) for name, spec in serve.structured_input_signature[1].items()
        }
        assert inputs == {
            "dest": ([None], "string"),
            te.safe_name("tail no"): ([None], "string"),
            "km": ([None], "float32"),
            "gaps": ([None], "float32"),
            "night": ([None], "string"),
        }
        outputs = {name: (spec.shape.rank, spec.dtype.name) for name, spec in serve.structured_outputs.items()}
        kind = {"y": "float32", "flag": "bool", "late": "string", "code": "int64", "share": "float64"}[target]
        want = {"prediction": (1, kind)}
        assert outputs == (want if target == "y" else want | {"probabilities": (2, "float32")})


def test_plain_tensorflow_answers_alike(cases: Any, questions: pd.DataFrame, tmp_path: Path) -> None:
    asked = {}
    for target, case in cases.items():
        columns = {}
        for name, cells in case.raw(questions).items():
            values = [cell.decode() if isinstance(cell, bytes) else float(cell) for cell in cells.numpy()]
            columns[name] = (cells.dtype.name, values)
        asked[target] = (str(case.path / "1"), columns)
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    root = str(Path(te.__file__).parents[1])
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    arguments = [str(tmp_path / "asked.json"), str(tmp_path / "answers.json"), root]
    command = [sys.executable, "-P", "-c", ALONE, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    if not (tmp_path / "answers.json").exists():
        pytest.skip("tabembed is installed into this environment, so no process is without it")
    answers = json.loads((tmp_path / "answers.json").read_text())
    for target, case in cases.items():
        prediction = answers[f"{target} prediction"]
        if target == "y":
            limit = 1e-5 * max(1, case.schema.need_target().scale)
            np.testing.assert_allclose(prediction, case.output(questions)[:, 0], rtol=0, atol=limit)
            continue
        want = case.probabilities(questions)
        np.testing.assert_allclose(answers[f"{target} probabilities"], want, rtol=0, atol=1e-6)
        classes = np.array(case.schema.need_target().classes)[want.argmax(axis=1)]
        assert prediction == classes.tolist()


def test_a_word_that_is_no_bool_is_missing(cases: Any, questions: pd.DataFrame) -> None:
    case = cases["y"]
    serve = tf.saved_model.load(str(case.path / "1")).signatures["serving_default"]
    raw = dict(case.raw(questions))
    answers = [
        serve(**raw | {"night": tf.constant([word] * 8)})["prediction"].numpy() for word in ("perhaps", "", "true", "1")
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[2], answers[3])


def test_models_without_numbers_and_without_categories(frame: pd.DataFrame, tmp_path: Path) -> None:
    for columns in (["dest"], ["km"], ["night"]):
        part = frame[[*columns, "y"]]
        schema = te.infer_schema(part, "y")
        model = te.build_model(schema, hidden=(2,))
        te.export(model, schema, tmp_path / columns[0])
        want = np.asarray(model(schema.inputs(part), training=False))[:, 0]
        np.testing.assert_allclose(te.load(tmp_path / columns[0]).predict(part), want, atol=1e-2)


def test_a_column_whose_labels_are_all_rare(frame: pd.DataFrame, tmp_path: Path) -> None:
    part = frame[["dest", "y"]]
    schema = te.infer_schema(part, "y", kinds={"dest": te.Categorical(min_count=1_000)})
    te.export(te.build_model(schema, hidden=(2,)), schema, tmp_path / "m")
    assert len(set(te.load(tmp_path / "m").predict(part).tolist())) == 1


# refusals


def test_a_version_is_no_place_for_versions(cases: Any) -> None:
    case = cases["y"]
    with pytest.raises(DataError, match="output '.*/y/1' is one version of a model; export to '.*/y', which holds"):
        te.export(case.model, case.schema, case.path / "1")
    assert [entry.name for entry in case.path.iterdir()] == ["1"]


def test_writers_that_race_each_get_a_number(tmp_path: Path) -> None:
    asides = [tmp_path / f".writing-{n}" for n in range(24)]
    for aside in asides:
        aside.mkdir()
        (aside / "saved_model.pb").write_text(aside.name)
    with ThreadPoolExecutor(12) as pool:
        versions = list(pool.map(lambda aside: _publish(aside, tmp_path), asides))
    assert sorted(int(version.name) for version in versions) == list(range(1, 25))
    for version, aside in zip(versions, asides, strict=True):
        assert (version / "saved_model.pb").read_text() == aside.name
    with pytest.raises(OSError, match="No such file"):
        _publish(tmp_path / "gone", tmp_path)


def test_an_output_that_cant_be_written_leaves_nothing(cases: Any, tmp_path: Path) -> None:
    case = cases["y"]
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path / "file", "output '.*/file' must be a folder, however: a file stands there"),
        (tmp_path / "file" / "model", "output '.*/file/model' can't be written: '.*/file' is not a folder"),
        ("/proc/model", "output '/proc/model' can't be written"),
    ):
        with pytest.raises(DataError, match=message):
            te.export(case.model, case.schema, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_failure_halfway_leaves_nothing(cases: Any, tmp_path: Path) -> None:
    case = cases["y"]
    (tmp_path / "there").mkdir()
    for path in (tmp_path / "there", tmp_path / "new" / "deep"):
        with pytest.raises(TypeError, match="keys must be str"):
            te.export(case.model, case.schema, path, training={(1, 2): "a key JSON can't hold"})
    assert [entry.name for entry in tmp_path.iterdir()] == ["there"]
    assert list((tmp_path / "there").iterdir()) == []


def test_a_failure_leaves_the_versions_before(cases: Any, frame: pd.DataFrame, tmp_path: Path) -> None:
    case = cases["y"]
    te.export(case.model, case.schema, tmp_path / "m")
    other = te.infer_schema(frame[["km", "gaps", "y"]], "y")
    with pytest.raises(
        DataError, match="the model must take the schema's inputs km, gaps, however: it takes dest, .*; export it"
    ):
        te.export(case.model, other, tmp_path / "m")
    assert [entry.name for entry in (tmp_path / "m").iterdir()] == ["1"]


def test_the_model_of_another_schema_is_refused(cases: Any, frame: pd.DataFrame, tmp_path: Path) -> None:
    schema = te.infer_schema(frame[["km", "y"]], "y")
    plain = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    for model in (plain, keras.Sequential([keras.layers.Dense(1)])):
        with pytest.raises(
            DataError, match="the model must take the schema's inputs km, however: it takes no inputs by name"
        ):
            te.export(model, schema, tmp_path / "m")
    with pytest.raises(DataError, match="the model has no embedding for column 'dest'; was it built from this schema?"):
        te.export(plain, cases["y"].schema, tmp_path / "m")
    with pytest.raises(DataError, match="the schema has no target"):
        te.export(cases["y"].model, te.infer_schema(frame[["km"]]), tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
