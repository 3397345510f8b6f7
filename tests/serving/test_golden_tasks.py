"""A model with every head that an earlier version wrote still loads and answers as it did; see `test_golden.py`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te

GOLDEN = Path(__file__).parents[2] / "saved_models" / "golden_tasks_v1"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
    return found


def test_the_predictor_answers_as_on_the_day(expected: dict[str, Any]) -> None:
    served, rows = te.load(GOLDEN), pd.DataFrame(expected["rows"])
    found = served.predict(rows)
    assert list(found) == list(expected["prediction"])
    for name, values in expected["prediction"].items():
        if isinstance(values[0], float):
            np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-5)
        else:
            assert found[name].tolist() == values
    for name, shares in served.predict_proba(rows).items():
        np.testing.assert_allclose(shares, expected["probabilities"][name], rtol=0, atol=1e-5)


def test_tensorflow_alone_answers_as_on_the_day(expected: dict[str, Any]) -> None:
    serve = tf.saved_model.load(str(GOLDEN / "1")).signatures["serving_default"]
    numbers = [math.nan if value is None else value for value in expected["inputs"]["x"]]
    found = serve(city=tf.constant(expected["inputs"]["city"]), x=tf.constant(numbers, tf.float32))
    for target, output in expected["outputs"].items():
        if target in expected["probabilities"]:
            shares = expected["probabilities"][target]
            np.testing.assert_allclose(found[f"{output}.probabilities"], shares, rtol=0, atol=1e-5)
        elif target in expected["prediction"]:
            np.testing.assert_allclose(found[output], expected["prediction"][target], rtol=1e-4, atol=1e-5)
        else:
            assert found[output].shape == (3, 3)


def test_what_is_written_today_has_all_that_was_there(tmp_path: Path) -> None:
    schema = te.load(GOLDEN).schema
    written = te.export(te.build_model(schema, hidden=(4,), random_state=0), schema, tmp_path / "m")
    old, new = (json.loads((at / "assets.extra/schema.json").read_text("utf-8")) for at in (GOLDEN / "1", written))
    assert new["target"] == old["target"]
    assert {target["task"] for target in old["target"]} == {"regression", "ordinal", "binary", "multilabel"}


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in GOLDEN.rglob("*") if file.is_file()) < 500_000
