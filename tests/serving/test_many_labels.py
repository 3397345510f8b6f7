"""A vocabulary too large for the graph is served from a file of its labels, in the SavedModel's assets."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import tabembed as te
import tabembed.serving.raw.places as raw_places


@pytest.mark.parametrize(
    "odd", ["é", "a\nb", *(pytest.param(odd, marks=pytest.mark.slow) for odd in (" x ", "a\rb", "a\tb"))]
)
def test_it_answers_as_the_predictor_does(odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_places, "_MANY", 2)
    (tmp_path / "room").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "room"))
    labels = ["BOS", "LAX", odd, "007", "7"]
    schema = te.infer_schema({"dest": labels * 4, "y": np.arange(20) + 0.5}, "y")
    te.export(te.build_model(schema, random_state=0), schema, tmp_path / "m")
    gc.collect()
    assert [*(tmp_path / "room").glob("tabembed-*")] == []
    assert [file.name for file in (tmp_path / "m" / "1" / "assets").iterdir()] == (
        [] if "\n" in odd or "\r" in odd else ["dest.txt"]
    )
    asked = [*labels, "none such", "", "LAX?"]
    served = te.load((tmp_path / "m").rename(tmp_path / "moved"))
    plain = tf.saved_model.load(str(tmp_path / "moved" / "1")).signatures["serving_default"]
    answers = plain(dest=tf.constant(asked))["prediction"]
    np.testing.assert_allclose(answers, served.predict({"dest": asked}), atol=1e-5)
    assert len(set(np.round(answers, 6).tolist())) == len(labels) + 2
