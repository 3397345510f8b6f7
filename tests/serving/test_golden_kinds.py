"""A model of every kind that an earlier version wrote still loads and answers as it did; see `test_golden.py`."""

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

GOLDEN = Path(__file__).parents[2] / "saved_models" / "golden_kinds_v1"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / "expected.json").read_text("utf-8"))
    return found


def tensor_of(cells: list[Any]) -> tf.Tensor:
    """Return strings as they stand, and numbers as float32 with NaN for null, also in lists."""
    flat = [cell for row in cells for cell in (row if isinstance(row, list) else [row])]
    if any(isinstance(cell, str) for cell in flat):
        return tf.constant(cells)
    nan = [math.nan if cell is None else cell for cell in flat]
    return tf.reshape(tf.constant(nan, tf.float32), (len(cells), -1) if isinstance(cells[0], list) else (-1,))


def test_the_predictor_answers_as_on_the_day(expected: dict[str, Any]) -> None:
    found = te.load(GOLDEN).predict(pd.DataFrame(expected["rows"]))
    within = 1e-5 * max(1.0, expected["target_std"])
    np.testing.assert_allclose(found, expected["prediction"], rtol=0, atol=within)


def test_tensorflow_alone_answers_as_on_the_day(expected: dict[str, Any]) -> None:
    serve = tf.saved_model.load(str(GOLDEN / "1")).signatures["serving_default"]
    found = serve(**{name: tensor_of(cells) for name, cells in expected["inputs"].items()})["prediction"]
    within = 1e-5 * max(1.0, expected["target_std"])
    np.testing.assert_allclose(found, expected["prediction"], rtol=0, atol=within)


def test_schema_and_tables_read_as_they_did(expected: dict[str, Any]) -> None:
    served = te.load(GOLDEN)
    assert {name: kind.key for name, kind in served.schema.features.items()} == expected["kinds"]
    assert set(expected["kinds"].values()) >= {"categorical", "cross", "datetime", "latlon", "multi_categorical"}
    assert set(expected["kinds"].values()) >= {"numeric", "text", "sequence"}
    assert served.tables.keys() == expected["tables"].keys()
    for key, table in expected["tables"].items():
        assert list(served.tables[key].labels) == table["labels"]
        np.testing.assert_array_equal(served.tables[key].vectors, np.array(table["vectors"], np.float32))


def test_what_is_written_today_has_all_that_was_there(tmp_path: Path) -> None:
    schema = te.load(GOLDEN).schema
    written = te.export(te.build_model(schema, hidden=(4,), random_state=0), schema, tmp_path / "m")
    old, new = (json.loads((at / "assets.extra/schema.json").read_text("utf-8")) for at in (GOLDEN / "1", written))
    assert (new["format"], new["version"]) == (old["format"], old["version"])
    for then, now in zip(old["columns"], new["columns"], strict=True):
        assert {key: now.get(key) for key in then} == then


def test_it_is_small() -> None:
    files = [file for file in GOLDEN.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 1_000_000
