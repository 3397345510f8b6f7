"""No artefact holds a training row: neither a number nor a text of it, as text or as bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tabembed as te

ROWS = 200


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Rows whose numbers and remarks are found nowhere else."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "dest": rng.choice(["BOS", "LAX", "JFK"], ROWS),
            "account": rng.integers(10**11, 10**12, ROWS).astype("float64"),
            "share": rng.random(ROWS),
            "remark": [f"secret {number}" for number in rng.integers(10**11, 10**12, ROWS)],
            "owner": [f"owner-{number}" for number in rng.integers(10**11, 10**12, ROWS)],
            "y": rng.integers(10**11, 10**12, ROWS) / 1e3,
        }
    )


@pytest.fixture(scope="module")
def artefacts(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the SavedModel, the estimator, the tables and the ONNX file of one fit."""
    folder = tmp_path_factory.mktemp("artefacts")
    kinds = {"remark": te.Text(buckets=50), "owner": te.Ignored(), "account": te.Numeric(), "share": te.Numeric()}
    est = te.TabularRegressor(
        preset="fast", kinds=kinds, epochs=1, random_state=0, verbose=0, network_options={"hidden": (4,)}
    )
    est.fit(frame.drop(columns="y"), frame["y"])
    est.export(folder / "saved_model")
    est.save(folder / "estimator")
    te.save_tables(est.tables_, folder / "tables")
    est.export_onnx(folder / "m.onnx")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return {file: bytes}; what is packed is unpacked."""
    found: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[str(path)] = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                found |= {f"{path}!{name}": packed.read(name) for name in packed.namelist()}
    return found


def traces(frame: pd.DataFrame) -> dict[str, bytes]:
    """Return {what: bytes} of every cell that tells of a row, as text and as the bytes of a number."""
    found: dict[str, bytes] = {}
    for name in ("account", "share", "y"):
        for number in frame[name].tolist():
            found[f"{name} {number!r}"] = repr(number).encode()
            found[f"{name} {number!r} double"] = np.float64(number).tobytes()
            if name == "account":
                found[f"{name} {number:.0f}"] = f"{number:.0f}".encode()
    for name in ("remark", "owner"):
        for text in frame[name]:
            found |= {f"{name} {text}": text.encode(), f"{name} {text[-12:]}": text[-12:].encode()}
    return found


def floats(frame: pd.DataFrame) -> list[bytes]:
    """Return the numbers' four bytes."""
    return [np.float32(number).tobytes() for name in ("account", "share", "y") for number in frame[name]]


def test_the_artefacts_are_there(artefacts: Path) -> None:
    files = contents(artefacts)
    for end in (
        "saved_model.pb",
        "schema.json",
        "estimator.json",
        "model.keras!model.weights.h5",
        "dest.parquet",
        "m.onnx",
    ):
        assert any(name.endswith(end) for name in files), end
    assert b"BOS" in files[str(artefacts / "m.onnx")], "the labels of a category are no secret"


def test_no_cell_of_a_row_is_in_them(frame: pd.DataFrame, artefacts: Path) -> None:
    files = contents(artefacts)
    told = [(what, name) for what, trace in traces(frame).items() for name, text in files.items() if trace in text]
    assert told == []
    # Four bytes may stand there by chance, in a table or a weight, but not those of one row in a hundred.
    by_chance = [trace for trace in floats(frame) if any(trace in text for text in files.values())]
    assert len(by_chance) < 3 * ROWS / 100


def test_a_trace_would_be_found(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "rows.csv")
    frame[["account", "share", "y"]].to_numpy().tofile(tmp_path / "doubles")
    np.savez_compressed(tmp_path / "floats.npz", rows=frame[["account", "share", "y"]].to_numpy("float32"))
    files = contents(tmp_path).values()
    assert [what for what, trace in traces(frame).items() if not any(trace in text for text in files)] == []
    assert all(any(trace in text for text in files) for trace in floats(frame))
