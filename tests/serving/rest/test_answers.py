"""What the server says: TensorFlow Serving's paths and formats, and the predictor's values."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te

BASE = "/v1/models/trips"
PREDICT = f"{BASE}:predict"


def test_rows_and_columns_answer_as_the_predictor(
    app: Any, ask: Any, frame: pd.DataFrame, rows: Any, trips: Path
) -> None:
    want = te.load(trips).predict(frame)
    by_row = ask(app, PREDICT, {"instances": rows})
    assert (by_row.status, list(by_row.body)) == (200, ["predictions"])
    np.testing.assert_allclose(by_row.body["predictions"], want, rtol=1e-6)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    by_column = ask(app, f"{BASE}/versions/1:predict", {"inputs": columns, "signature_name": "serving_default"})
    assert by_column.body == {"outputs": by_row.body["predictions"]}
    assert np.isnan(frame["km"]).any(), "the token NaN is among them"


def test_the_signatures_names_do_as_well(app: Any, ask: Any, rows: Any) -> None:
    safe = te.safe_name("tail no")
    renamed = [{safe if name == "tail no" else name: cell for name, cell in row.items()} for row in rows]
    assert ask(app, PREDICT, {"instances": renamed}).body == ask(app, PREDICT, {"instances": rows}).body


def test_bare_numbers_bools_and_null(app: Any, ask: Any, rows: Any, trips: Path) -> None:
    row = {**rows[0], "tail no": "7", "night": "True", "km": 3.0, "dest": ""}
    bare = {**row, "tail no": 7, "night": True, "km": 3, "dest": None}
    whole = {**row, "tail no": 7.0, "night": 1}
    answers = [ask(app, PREDICT, {"instances": [one]}).body for one in (row, bare, whole)]
    assert answers[0] == answers[1] == answers[2]
    nothing = ask(app, PREDICT, {"instances": [dict.fromkeys(row)] * 2}).body["predictions"]
    want = te.load(trips).predict(pd.DataFrame({name: [None] * 2 for name in row}))
    np.testing.assert_allclose(nothing, want, rtol=1e-6)


def test_requests_at_one_time_are_one_batch(app: Any, ask: Any, rows: Any) -> None:
    served = app.versions.served
    sizes: list[int] = []
    answer = served.batches._answer
    apart = [served.reader.read({"instances": [row]}, 100) for row in rows[:20]]
    want = [float(answer(question.columns)["prediction"][0]) for question in apart]

    def watched(columns: Any) -> Any:
        sizes.append(len(columns["dest"]))
        return answer(columns)

    async def all_at_once() -> list[float]:
        found = await asyncio.gather(*(served.batches.ask(question) for question in apart))
        return [float(one["prediction"][0]) for one in found]

    served.batches._answer = watched
    try:
        np.testing.assert_allclose(asyncio.run(all_at_once()), want, rtol=1e-5)
        assert sizes == [20]
        apart[3].columns["when"][0] = "yesterday"
        bad = asyncio.run(_each(served, apart))
    finally:
        served.batches._answer = answer
    assert "column 'when' must hold" in str(bad.pop(3))
    np.testing.assert_allclose([one["prediction"][0] for one in bad], want[:3] + want[4:], rtol=1e-5)


async def _each(served: Any, questions: Any) -> list[Any]:
    return await asyncio.gather(*(served.batches.ask(question) for question in questions), return_exceptions=True)


def test_many_rows_and_long_lists_are_answered_apart(app: Any, ask: Any, rows: Any) -> None:
    one = ask(app, PREDICT, {"instances": rows[:1]}).body["predictions"][0]
    many = ask(app, PREDICT, {"instances": [{**rows[0], "remark": None}, *rows[:1] * 2_100]})
    np.testing.assert_allclose(many.body["predictions"][1:], one, rtol=1e-5)
    long = ask(app, PREDICT, {"instances": [{**rows[0], "tags": rows[0]["tags"] * 300}]})
    np.testing.assert_allclose(long.body["predictions"], one, rtol=1e-4)


def test_classes_come_with_their_probabilities(
    application: Any, ask: Any, exported: Any, frame: pd.DataFrame, rows: Any, tmp_path: Path
) -> None:
    path = exported(frame, "late", tmp_path / "late")
    app, served = application(path), te.load(path)
    answers = ask(app, "/v1/models/late:predict", {"instances": rows[:5]}).body["predictions"]
    assert [answer["prediction"] for answer in answers] == served.predict(frame[:5]).tolist()
    np.testing.assert_allclose(
        [answer["probabilities"] for answer in answers], served.predict_proba(frame[:5]), atol=1e-6
    )
    columns = {name: [row[name] for row in rows[:5]] for name in rows[0]}
    outputs = ask(app, "/v1/models/late:predict", {"inputs": columns}).body["outputs"]
    assert outputs["prediction"] == [answer["prediction"] for answer in answers]
    assert ask(app, "/v1/models/late/versions/1").body["model_version_status"][0]["state"] == "AVAILABLE"


def test_the_other_signatures(app: Any, ask: Any, rows: Any, trips: Path) -> None:
    tables = te.load(trips).tables
    found = ask(app, PREDICT, {"signature_name": "lookup_dest", "instances": ["BOS", None, "unseen"]}).body
    want = [tables["dest"]["BOS"], tables["dest"].missing, tables["dest"].unknown]
    np.testing.assert_allclose(found["predictions"], want)
    named = ask(app, PREDICT, {"signature_name": "lookup_dest", "inputs": {"label": ["BOS"]}}).body
    np.testing.assert_allclose(named["outputs"], want[:1])
    for row in rows[:2]:
        embedded = ask(app, PREDICT, {"signature_name": "embed", "instances": [row]}).body["predictions"][0]
        np.testing.assert_allclose(embedded[: tables["dest"].dim], tables["dest"][row["dest"]])
    example = {"b64": ""}
    answers = ask(app, PREDICT, {"signature_name": "serving_examples", "instances": [{"examples": example}, example]})
    nothing = ask(app, PREDICT, {"instances": [dict.fromkeys(rows[0])]}).body["predictions"][0]
    np.testing.assert_allclose(answers.body["predictions"], [nothing] * 2, rtol=1e-5)


def test_status_and_metadata(app: Any, ask: Any) -> None:
    fine = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert ask(app, BASE).body == ask(app, f"{BASE}/versions/1").body == {"model_version_status": [fine]}
    told = ask(app, f"{BASE}/metadata").body
    assert told["model_spec"] == {"name": "trips", "signature_name": "", "version": "1"}
    definitions = told["metadata"]["signature_def"]["signature_def"]
    assert {"serving_default", "serving_examples", "embed", "lookup_dest"} <= set(definitions)
    dest = definitions["serving_default"]["inputs"]["dest"]
    assert (dest["dtype"], dest["tensor_shape"]["dim"][0]["size"]) == ("DT_STRING", "-1")


def test_the_readmes_request_is_one_that_tensorflow_serving_takes(application: Any, ask: Any, tmp_path: Path) -> None:
    """By TensorFlow Serving's own rules: a value of the tensor's own type for each input, and no other."""
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
    text = re.findall(r"rides:predict \\\n  -d '(.*)'", readme)[0]
    data = {
        "station": ["Zoo", "Park", "Zoo"] * 4,
        "day": ["Sun", "Mon", "Tue"] * 4,
        "temperature": [20.5, 1.5, 3.5] * 4,
        "holiday": [True, False, False] * 4,
        "rides": [1.5, 2.5, 3.5] * 4,
    }
    schema = te.infer_schema(pd.DataFrame(data), "rides")
    path = te.export(te.build_model(schema, hidden=(2,)), schema, tmp_path / "rides")
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    _, specs = signature.structured_input_signature
    rows = json.loads(text)["instances"]
    request = PredictRequest()
    request.model_spec.name = "rides"
    for name, spec in specs.items():
        cells = [row.pop(name) for row in rows]
        assert {type(cell) for cell in cells} == {str if spec.dtype == tf.string else float}
        request.inputs[name].CopyFrom(tf.make_tensor_proto(cells, spec.dtype))
    assert rows == [{}]
    sent = PredictRequest.FromString(request.SerializeToString())
    want = signature(**{name: tf.constant(tf.make_ndarray(tensor)) for name, tensor in sent.inputs.items()})[
        "prediction"
    ]
    found = ask(application(path.parent), "/v1/models/rides:predict", text.encode()).body
    np.testing.assert_allclose(found["predictions"], want, rtol=1e-5)


def test_no_row_is_in_the_artefact(trips: Path, frame: pd.DataFrame) -> None:
    files = [file.read_bytes() for file in (trips / "1").rglob("*") if file.is_file()]
    assert any(b"gr\xc3\xb6\xc3\x9fe" in content for content in files), "labels are there, and are meant to be"
    for km, remark in zip(frame["km"].dropna(), frame["remark"], strict=False):
        for trace in (remark.encode(), str(km).encode(), np.float32(km).tobytes(), np.float64(km).tobytes()):
            assert not any(trace in content for content in files)


def test_metrics_tell_latency_rows_and_shares(application: Any, ask: Any, trips: Path, rows: Any) -> None:
    app = application(trips)
    asked = [{**rows[0], "dest": "unseen"}, {**rows[0], "dest": None, "km": None}, rows[0], {**rows[0], "tags": ["?"]}]
    assert ask(app, PREDICT, {"instances": asked}).status == 200
    assert ask(app, PREDICT, {"instances": [1]}).status == 400
    text = ask(app, "/metrics").body
    for line in (
        "tabembed_rows_total 4.0",
        'tabembed_unknown_share{column="dest"} 0.25',
        'tabembed_missing_share{column="dest"} 0.25',
        'tabembed_unknown_share{column="tags"} 0.25',
        'tabembed_missing_share{column="tags"} 0.0',
        'tabembed_request_seconds_count{code="200"} 1.0',
        'tabembed_request_seconds_count{code="400"} 1.0',
        'tabembed_model_version{model="trips"} 1.0',
    ):
        assert line in text.splitlines()


def test_health_and_the_description(app: Any, ask: Any, rows: Any) -> None:
    assert ask(app, "/healthz").body == {"status": "ok"}
    assert ask(app, "/readyz").body == {"status": "ok", "version": 1}
    described = ask(app, "/openapi.json").body
    row = described["components"]["schemas"]["Row"]
    assert row["required"] == list(rows[0])
    assert row["properties"]["km"]["type"] == ["number", "null"]
    assert row["properties"]["tags"]["items"]["type"][0] == "string"
    assert ask(app, PREDICT, {"instances": [row["example"]]}).status == 200
    columns = described["components"]["schemas"]["Columns"]["example"]
    assert ask(app, PREDICT, {"inputs": columns}).status == 200
    assert "curl -d" in ask(app, "/docs").body


@pytest.mark.parametrize("name", ["golden_v1", "golden_classes_v1", "golden_kinds_v1"])
def test_models_of_earlier_versions_are_served(application: Any, ask: Any, name: str) -> None:
    golden = Path(__file__).parents[3] / "saved_models" / name
    rows = json.loads((golden / "expected.json").read_text("utf-8"))["rows"]
    app = application(golden)
    answer = ask(app, f"/v1/models/{name}:predict", {"inputs": rows})
    assert answer.status == 200, answer.body
    outputs = answer.body["outputs"]
    found = outputs["prediction"] if isinstance(outputs, dict) else outputs
    want = te.load(golden).predict(pd.DataFrame(rows)).tolist()
    assert found == (want if type(want[0]) is str else pytest.approx(want, rel=1e-4))
