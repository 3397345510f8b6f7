"""Models that an earlier version wrote still load and answer as they did: the format on disk holds still.

A failure here means that users' exported models no longer work. `saved_models/make_golden.py` says what to do then.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "saved_models"
NAMES = ["golden_v1", "golden_classes_v1"]
FILES = {
    "saved_model.pb",
    "fingerprint.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "assets.extra/schema.json",
    "assets.extra/metrics.json",
    "assets.extra/training.json",
    "assets.extra/tables/tables.json",
    "assets.extra/tables/my_state_c9dd2b08.parquet",
    "assets.extra/tables/a_b_69f6642c.parquet",
}
Expected = dict[str, Any]
Predict = Callable[[str, Expected], dict[str, np.ndarray]]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def expected(name: str) -> Expected:
    found: Expected = json.loads((GOLDEN / name / "expected.json").read_text("utf-8"))
    return found


def by_predictor(name: str, expected: Expected) -> dict[str, np.ndarray]:
    """Answer the raw rows as a user has them in a frame."""
    served, rows = te.load(GOLDEN / name), pd.DataFrame(expected["rows"])
    probabilities = {"probabilities": served.predict_proba(rows)} if "classes" in expected else {}
    return {"prediction": served.predict(rows), **probabilities}


def by_tensorflow(name: str, expected: Expected) -> dict[str, np.ndarray]:
    """Answer with nothing but TensorFlow and the folder."""
    served = tf.saved_model.load(str(GOLDEN / name / "1"))
    inputs = {name: tensor_of(values) for name, values in expected["inputs"].items()}
    return {key: value.numpy() for key, value in served.signatures["serving_default"](**inputs).items()}


def tensor_of(values: list[Any]) -> tf.Tensor:
    """Return strings as they stand, and numbers as float32 with NaN for null."""
    if isinstance(values[0], str):
        return tf.constant(values)
    return tf.constant([math.nan if value is None else value for value in values], tf.float32)


@pytest.mark.parametrize("predict", [by_predictor, by_tensorflow])
def test_the_answers_are_those_of_the_day_it_was_written(name: str, expected: Expected, predict: Predict) -> None:
    found = predict(name, expected)
    if "classes" not in expected:
        assert list(found) == ["prediction"]
        within = 1e-5 * max(1.0, expected["target_std"])
        np.testing.assert_allclose(found["prediction"], expected["prediction"], rtol=0, atol=within)
        return
    assert set(found) == {"prediction", "probabilities"}
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], rtol=0, atol=1e-5)
    labels = [label.decode() if isinstance(label, bytes) else label for label in found["prediction"].tolist()]
    assert labels == expected["prediction"]


def test_the_signature_is_the_same(name: str, expected: Expected) -> None:
    signature = tf.saved_model.load(str(GOLDEN / name / "1")).signatures["serving_default"]
    _, inputs = signature.structured_input_signature
    assert set(inputs) == set(expected["inputs"])
    for key, spec in inputs.items():
        dtype = tf.string if isinstance(expected["inputs"][key][0], str) else tf.float32
        assert (spec.dtype, spec.shape.as_list()) == (dtype, [None])


def test_schema_and_tables_read_as_they_did(name: str, expected: Expected) -> None:
    served, wanted = te.load(GOLDEN / name), expected["table"]
    assert dict(served.schema.input_names) == dict(zip(expected["rows"], expected["inputs"], strict=True))
    kinds = [type(kind).__name__ for kind in served.schema.features.values()]
    assert kinds == ["Categorical", "Categorical", "Numeric", "Numeric", "Boolean"]
    assert served.schema["1st?"].indicator
    assert served.metrics["model"].keys() == served.metrics["baseline"].keys()
    table = served.tables[wanted["column"]]
    assert (list(table.labels), table.counts.tolist()) == (wanted["labels"], wanted["counts"])
    for part in ("vectors", "missing", "unknown"):
        np.testing.assert_array_equal(getattr(table, part), np.array(wanted[part], np.float32))
    assert [label for label, _ in table.neighbors("Ohio", k=3)] == expected["neighbors"]
    if "classes" in expected:
        assert served.classes_.tolist() == expected["classes"]


def test_what_is_written_today_has_all_that_was_there(name: str, tmp_path: Path) -> None:
    golden, schema = GOLDEN / name / "1", te.load(GOLDEN / name).schema
    written = te.export(te.build_model(schema, hidden=(4,), random_state=0), schema, tmp_path / name)
    assert files_in(golden) == FILES
    assert files_in(written) >= FILES
    old, new = (json.loads((at / "assets.extra/schema.json").read_text("utf-8")) for at in (golden, written))
    assert (new["format"], new["version"]) == (old["format"], old["version"])
    pairs = [(old["target"], new["target"]), *zip(old["columns"], new["columns"], strict=True)]
    for then, now in pairs:
        assert {key: now.get(key) for key in then} == then


def files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_golden_models_are_small_and_committed(name: str) -> None:
    files = [file for file in (GOLDEN / name).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 250_000
    if (ROOT / ".git").exists() and shutil.which("git"):
        ignored = subprocess.run(
            ["git", "check-ignore", *map(str, files), str(GOLDEN / "make_golden.py")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ignored.stdout == ""
