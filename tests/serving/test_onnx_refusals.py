"""What export_onnx and load_onnx refuse, in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import onnx
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.serving.onnx import export as module


@pytest.fixture(scope="module")
def made() -> tuple[keras.Model, te.Schema]:
    frame = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "km": [1.0, 2.0, 3.0], "y": [4.5, -1.5, 7.0]})
    schema = te.infer_schema(frame, "y", kinds={"dest": te.Categorical()})
    return te.build_model(schema, random_state=0, hidden=(2,)), schema


@pytest.fixture(scope="module")
def written(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return te.export_onnx(*made, tmp_path_factory.mktemp("onnx") / "m.onnx")


def edited(written: Path, folder: Path, **metadata: str | None) -> Path:
    """Return a copy of a file with other metadata."""
    proto = onnx.load(written)
    kept = {entry.key: entry.value for entry in proto.metadata_props}
    kept |= {f"tabembed.{key}": value for key, value in metadata.items() if value is not None}
    for key in metadata:
        if metadata[key] is None:
            del kept[f"tabembed.{key}"]
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, kept)
    onnx.save(proto, folder / "edited.onnx")
    return folder / "edited.onnx"


def test_files_that_are_not_ours(written: Path, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    for path, message in (
        (tmp_path / "none.onnx", "no model at .*none.onnx; it must be a file such as flights.onnx, written by"),
        (tmp_path, "no model at .*; it must be a file"),
        (tmp_path / "text.onnx", "the ONNX file .*text.onnx can't be loaded: .*; export it again"),
        (edited(written, tmp_path, format=None), "without a schema in its metadata, so not one that te.export_onnx"),
    ):
        with pytest.raises(te.DataError, match=message):
            te.load_onnx(path)


def test_a_file_of_a_later_version(written: Path, tmp_path: Path) -> None:
    with pytest.raises(te.DataError, match="must be of version 1, however: it is of version 2; use the tabembed that"):
        te.load_onnx(edited(written, tmp_path, version="2"))
    with pytest.raises(te.DataError, match="edited.onnx can't be read as JSON"):
        te.load_onnx(edited(written, tmp_path, schema="{"))
    with pytest.raises(te.DataError, match="edited.onnx is JSON but not a schema"):
        te.load_onnx(edited(written, tmp_path, schema="{}"))


def test_outputs_that_cant_be_written(made: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path, "must be a file, however: a folder stands there"),
        (tmp_path / "file" / "m.onnx", "can't be written: '.*/file' is not a folder"),
        ("/proc/m.onnx", "output '/proc/m.onnx' can't be written"),
    ):
        with pytest.raises(te.DataError, match=message):
            te.export_onnx(*made, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_the_model_of_another_schema(made: Any, tmp_path: Path) -> None:
    model, _ = made
    frame = pd.DataFrame({"km": [1.0, 2.0, 3.5], "y": [4.5, -1.5, 7.0]})
    with pytest.raises(te.DataError, match="the model must take the schema's inputs km, however: it takes dest, km"):
        te.export_onnx(model, te.infer_schema(frame, "y"), tmp_path / "m.onnx")
    with pytest.raises(te.DataError, match="the schema has no target"):
        te.export_onnx(model, te.infer_schema(frame), tmp_path / "m.onnx")


class Bessel(keras.layers.Layer):
    """A layer of an operator that ONNX doesn't have."""

    def call(self, values: Any) -> Any:
        """Return the same shape."""
        return tf.math.special.bessel_j0(values)


def test_a_layer_that_onnx_has_no_operator_for_leaves_nothing(made: Any, tmp_path: Path) -> None:
    model, schema = made
    strange = keras.Model(model.input, Bessel()(model.output))
    with pytest.raises(te.DataError, match="must be of layers that ONNX has operators for, however: No Op .*BesselJ0"):
        te.export_onnx(strange, schema, tmp_path / "new" / "m.onnx")
    assert [*tmp_path.iterdir()] == []


def test_a_model_that_is_too_large_for_one_file(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", 10)
    with pytest.raises(te.DataError, match="below 2 GiB to be one ONNX file, however: its weights and labels take 0.0"):
        te.export_onnx(*made, tmp_path / "m.onnx")


def test_without_the_extra(made: Any, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnx", "tf2onnx.tfonnx", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"this needs 'onnx', .*pip install 'tabembed\[onnx\]'"):
        te.export_onnx(*made, tmp_path / "m.onnx")
    with pytest.raises(ImportError, match=r"this needs 'onnxruntime', .*pip install 'tabembed\[onnx\]'"):
        te.load_onnx(written)
