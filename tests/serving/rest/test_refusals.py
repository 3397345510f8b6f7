"""Every request that can't be answered gets a status and one sentence, and the server goes on."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tabembed as te
from tabembed.io import DataError
from tabembed.serving.rest.metrics import Metrics
from tabembed.serving.rest.questions import Limits
from tabembed.serving.rest.raw_signatures import signature_defs
from tabembed.serving.rest.served import ServedVersion
from tabembed.serving.rest.versions import Versions

PREDICT = "/v1/models/trips:predict"

CELLS: list[tuple[str, Any, str]] = [
    ("km", "far", "column 'km' must hold numbers, NaN or null, however: row 1 holds \"far\""),
    ("km", [1.0], "column 'km' must hold numbers, NaN or null, however: row 1 holds [1.0]"),
    (
        "km",
        float("inf"),
        "column 'km' must hold finite numbers (NaN or null where missing), however: row 1 holds Infinity",
    ),
    ("km", 1e300, "column 'km' must hold finite numbers (NaN or null where missing), however: row 1 holds 1e+300"),
    ("km", 10**400, "column 'km' must hold finite numbers"),
    ("dest", {"a": 1}, "column 'dest' must hold labels (text, numbers, true, false or null), however: row 1 holds {"),
    ("dest", float("-inf"), "column 'dest' must hold finite numbers (NaN or null where missing), however: row 1"),
    ("night", "perhaps", "column 'night' must hold true, false or null, however: row 1 holds \"perhaps\""),
    ("night", 2, "column 'night' must hold true, false or null, however: row 1 holds 2"),
    ("when", 2013, "column 'when' must hold text or null, however: row 1 holds 2013"),
    ("when", "yesterday", "column 'when' must hold"),
    ("tags", "wifi", "column 'tags' must hold lists or null, however: row 1 holds \"wifi\""),
    (
        "tags",
        ["wifi", [1]],
        "column 'tags' must hold labels (text, numbers, true, false or null), however: item 1 holds [1]",
    ),
    ("remark", 5, "column 'remark' must hold text or null, however: row 1 holds 5"),
    ("remark", "x" * 100_000, "column 'remark' must hold texts of at most 65,536 characters, however: one has 100,000"),
    ("tags", ["w"] * 5_000, "column 'tags' must hold at most"),
]


@pytest.mark.parametrize(
    ("name", "cell", "sentence"), CELLS, ids=[f"{name}-{at}" for at, (name, *_) in enumerate(CELLS)]
)
def test_a_cell_of_another_type(app: Any, ask: Any, rows: Any, name: str, cell: Any, sentence: str) -> None:
    few = 1_000 if name == "tags" and len(cell) == 5_000 else 2
    asked = [rows[0], {**rows[0], name: cell}, *[{**rows[0], "remark": ""}] * (few - 2)]
    refused = ask(app, PREDICT, {"instances": asked})
    assert refused.status == 400
    assert refused.body["error"].startswith(sentence)
    assert "\n" not in refused.body["error"]
    columns = {key: [row[key] for row in asked] for key in rows[0]}
    assert ask(app, PREDICT, {"inputs": columns}).body == refused.body


BODIES: list[tuple[bytes, str]] = [
    (b"", "the body must be JSON in UTF-8, however:"),
    (b'{"instances": [', "the body must be JSON in UTF-8, however:"),
    (b'{"instances": ["\xff\xfe"]}', "the body must be JSON in UTF-8, however:"),
    ('{"instances": []}'.encode("utf-16"), "the body must be JSON in UTF-8, however:"),
    (b'{"instances": [NaN, "\\ud800"]}', "the body must be JSON in UTF-8, however:"),
    (b'{"instances": [' + b"9" * 5_000 + b"]}", "the body must be JSON in UTF-8, however:"),
    (b'{"instances": ' + b"[" * 100_000, "the body must be JSON in UTF-8, however: it is nested too deeply"),
    (b'{"instances": ' + b"[" * 900 + b"]" * 900 + b"}", "row 0 must be an object of column and value, however:"),
    (b"[1]", "the body must be a JSON object such as"),
    (b'{"rows": []}', "the body must hold instances or inputs and signature_name, however: it has 'rows'"),
    (b"{}", "the body must hold `instances` (rows) or `inputs` (columns), however: neither is there"),
    (b'{"instances": [], "inputs": {}}', "the body must hold `instances` (rows) or `inputs` (columns), however: both"),
    (b'{"instances": []}', "`instances` must be a list of one row or more, however: []"),
    (b'{"instances": {}}', "`instances` must be a list of one row or more, however: {}"),
    (b'{"instances": [3]}', "row 0 must be an object of column and value, however: 3"),
    (b'{"inputs": [3]}', "`inputs` must be an object of column and value, however: [3]"),
    (b'{"instances": [1], "signature_name": 3}', "signature_name must be a text, however: 3"),
    (b'{"instances": [1], "signature_name": "encoded"}', "the model has no signature 'encoded'"),
    (b'{"instances": [1], "signature_name": "lookup_dst"}', "the model has no signature 'lookup_dst'; did you mean"),
]


@pytest.mark.parametrize(("body", "sentence"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_request(app: Any, ask: Any, body: bytes, sentence: str) -> None:
    refused = ask(app, PREDICT, body, method="POST")
    assert refused.status == 400
    assert refused.body["error"].startswith(sentence)


def test_columns_that_are_unknown_missing_or_ragged(app: Any, ask: Any, rows: Any) -> None:
    def refused(body: Any) -> str:
        answer = ask(app, PREDICT, body)
        assert answer.status == 400
        return str(answer.body["error"])

    more, fewer = {**rows[0], "dst": 1}, {name: cell for name, cell in rows[0].items() if name != "dest"}
    swapped = {**fewer, "dst": "BOS"}
    assert "row 1 has a column 'dst', which the model doesn't take; did you mean 'dest'?" in refused(
        {"instances": [rows[0], more]}
    )
    assert "row 0 misses column 'dest'; null stands for" in refused({"instances": [fewer]})
    assert "row 0 has a column 'dst'" in refused({"instances": [swapped]})
    columns = {name: [cell] for name, cell in rows[0].items()}
    assert "`inputs` has a column 'dst'" in refused({"inputs": {**columns, "dst": [1]}})
    assert "`inputs` misses column 'dest'" in refused({"inputs": {name: [1] for name in fewer}})
    ragged = "columns must be equally long, however: 'dest' holds 1 cells and 'km' 2"
    assert refused({"inputs": {**columns, "km": [1.0, 2.0]}}) == ragged
    assert "column 'km' must be a list of one cell or more, however: 1.0" in refused({"inputs": {**columns, "km": 1.0}})


SIGNATURES: list[tuple[Any, str]] = [
    ({"signature_name": "lookup_dest", "instances": [{"label": {"a": 1}}]}, "column 'label' must hold labels"),
    ({"signature_name": "lookup_dest", "instances": []}, "`instances` must be a list of one row or more"),
    ({"signature_name": "lookup_dest", "instances": [{"b64": "?"}]}, "column 'label' must hold base64 under b64"),
    (
        {"signature_name": "lookup_dest", "instances": [{"b64": "QQ=="}, "B"]},
        "column 'label' must hold base64 in every",
    ),
    (
        {"signature_name": "lookup_dest", "inputs": {"label": "BOS"}},
        "column 'label' must be a list as long as the others",
    ),
    ({"signature_name": "serving_examples", "instances": ["no example"]}, "Could not parse example input"),
    ({"signature_name": "embed", "instances": [3]}, "row 0 must be an object of input and value"),
    ({"signature_name": "embed", "instances": [{"dst": 3}]}, "row 0 has 'dst', which the signature doesn't take"),
    ({"signature_name": "embed", "instances": [{"dest": 3}]}, "row 0 misses "),
]


@pytest.mark.parametrize(("body", "sentence"), SIGNATURES, ids=range(len(SIGNATURES)))
def test_values_that_a_signature_does_not_take(app: Any, ask: Any, body: Any, sentence: str) -> None:
    refused = ask(app, PREDICT, body)
    assert refused.status == 400
    assert sentence in refused.body["error"]


def test_lists_of_a_signature(app: Any, ask: Any, rows: Any) -> None:
    def refused(row: Any) -> str:
        answer = ask(app, PREDICT, {"signature_name": "embed", "instances": [row]})
        assert answer.status == 400
        return str(answer.body["error"])

    assert refused({**rows[0], "tags": "wifi"}) == "column 'tags' must hold lists, however: \"wifi\""
    said = "column 'when' must hold ISO dates or times such as '2013-01-31T05:00', however: yesterday"
    assert refused({**rows[0], "when": "yesterday"}) == said
    columns = {name: [cell] * 2_800 for name, cell in {**rows[0], "remark": ""}.items()}
    columns["tags"] = [["w"] * 400] + [[]] * 2_799
    long = ask(app, PREDICT, {"signature_name": "embed", "inputs": columns}).body["error"]
    assert long == "column 'tags' must be shorter: its lists are padded to the longest, 400"


@pytest.mark.parametrize(
    ("path", "method", "status", "sentence"),
    [
        ("/v1/models/other:predict", "POST", 404, "no model 'other' here; the model is 'trips'"),
        (
            "/v1/models/trips/versions/9:predict",
            "POST",
            404,
            "version 9 of model 'trips' is not served; the version is 1",
        ),
        ("/v1/models/trips/versions/01", "GET", 404, "version 01 of model"),
        ("/v1/models/../../etc/passwd", "GET", 404, "nothing is at '/v1/models/../../etc/passwd'"),
        ("/v1/models/..:predict", "POST", 404, "no model '..' here"),
        ("/v1/models/trips/versions/..:predict", "POST", 404, "version .. of model 'trips' is not served"),
        ("/v1/models/" + "x" * 5_000, "GET", 404, "no model 'xxx"),
        ("/", "GET", 404, "nothing is at '/'"),
        ("/v1/models/trips:predict", "GET", 405, "'/v1/models/trips:predict' takes POST, however: GET came"),
        ("/v1/models/trips", "DELETE", 405, "'/v1/models/trips' takes GET, however: DELETE came"),
        ("/metrics", "POST", 405, "'/metrics' takes GET, however: POST came"),
    ],
)
def test_a_place_that_is_not_there(app: Any, ask: Any, path: str, method: str, status: int, sentence: str) -> None:
    refused = ask(app, path, b"{}", method=method)
    assert refused.status == status
    assert refused.body["error"].startswith(sentence)


def test_limits(application: Any, app: Any, ask: Any, rows: Any, trips: Path) -> None:
    for headers in ([(b"content-length", b"1000000000")], []):  # told beforehand, or not
        refused = ask(app, PREDICT, b" " * 500_000, headers=headers)
        assert (refused.status, refused.headers["connection"]) == (413, "close")
        assert refused.body["error"] == "the body must hold at most 400,000 bytes"
    row = {**rows[0], "remark": "", "tags": []}
    many = ask(app, PREDICT, {"inputs": {name: [cell] * 3_001 for name, cell in row.items()}})
    assert (many.status, many.body["error"]) == (400, "a request must hold at most 3,000 rows, however: it holds 3,001")
    slow = ask(application(trips, Limits(seconds=1e-9)), PREDICT, {"instances": rows[:1]})
    assert (slow.status, slow.body["error"]) == (408, "the request took longer than 1e-09 seconds")


def test_a_token(application: Any, ask: Any, trips: Path, rows: Any) -> None:
    app = application(trips, token="secret")
    for headers in ([], [(b"authorization", b"Bearer other")], [(b"authorization", b"secret")]):
        for path in (PREDICT, "/metrics", "/docs", "/v1/models/trips"):
            refused = ask(app, path, headers=headers)
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert refused.body["error"].startswith("the request must bring the token")
    assert ask(app, "/healthz").status == 200
    right = [(b"authorization", b"Bearer secret")]
    assert ask(app, PREDICT, {"instances": rows[:1]}, headers=right).status == 200
    assert "security" in ask(app, "/openapi.json", headers=right).body


def test_folders_that_hold_no_model(application: Any, trips: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model at .*none; it must be a folder such as saved_models/NAME"):
        application(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no version of a model"):
        application(tmp_path / "empty")
    shutil.copytree(trips, tmp_path / "later")
    schema = tmp_path / "later" / "1" / "assets.extra" / "schema.json"
    schema.write_text(schema.read_text("utf-8").replace('"version": 1', '"version": 99', 1), "utf-8")
    with pytest.raises(DataError, match="is a schema of version 99, however: this tabembed reads version 1"):
        application(tmp_path / "later")
    shutil.copytree(trips, tmp_path / "broken")
    graph = tmp_path / "broken" / "1" / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:1_000])
    with pytest.raises(DataError, match="the SavedModel in .* can't be loaded"):
        application(tmp_path / "broken")


def test_versions_that_can_not_answer(trips: Path, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(DataError, match=r"saved_model.pb can't be read: .*; export it again"):
        signature_defs(tmp_path)

    def load(path: Path) -> ServedVersion:
        with ThreadPoolExecutor(1) as executor:
            return ServedVersion(path, Limits(), metrics, executor)

    def changed(path: Path) -> ServedVersion:
        found = load(path)
        (path / "more").write_bytes(b"1")
        return found

    metrics = Metrics("trips")
    shutil.copytree(trips, tmp_path / "trips")
    with pytest.raises(DataError, match=r"trips/1 changed while it was read; it is still being written"):
        Versions(tmp_path / "trips", changed, metrics)
    assert Versions(tmp_path / "trips", load, metrics).served.version == 1
    monkeypatch.setattr(te.Predictor, "answers", lambda *_: 1 / 0)
    with pytest.raises(DataError, match=r"trips/1 can't answer: division by zero; export it again"):
        Versions(tmp_path / "trips", load, metrics)


def test_an_error_of_ours_is_logged_and_answered(
    application: Any, ask: Any, trips: Path, rows: Any, caplog: Any
) -> None:
    app = application(trips)
    app.versions.served.batches._answer = lambda columns: 1 / 0
    failed = ask(app, PREDICT, {"instances": rows[:1]})
    assert (failed.status, failed.body) == (500, {"error": "the server failed; its log says why"})
    assert "ZeroDivisionError" in caplog.text
