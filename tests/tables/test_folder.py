"""Folders of tables: any column name, shared tables, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable, load_tables, save_tables

NAMES = [
    "dest",
    "my state",
    "a.b",
    "a-b",
    "a/b",
    "x,y(z)",
    "_lead",
    "1col",
    "größe",
    "日本",
    "n" * 300,
    "../up",
    "tables",
]
FORMATS = ["parquet", "npz", "safetensors", "word2vec", "tensorboard"]


@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(format: str, awkward: EmbeddingTable, tmp_path: Path) -> None:
    tables = {name: awkward.replace(name=name) for name in NAMES}
    save_tables(tables, tmp_path / "out" / "tables", format=format)
    assert load_tables(tmp_path / "out" / "tables") == tables
    files = json.loads((tmp_path / "out" / "tables" / "tables.json").read_text("utf-8"))
    assert list(files) == NAMES
    assert all((tmp_path / "out" / "tables" / file).exists() for file in files.values())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tables"]


def test_columns_that_share_a_table_share_it_again(small: EmbeddingTable, tmp_path: Path) -> None:
    other = EmbeddingTable(["a"], [[1]])
    save_tables({"origin": small, "carrier": other, "dest": small}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["carrier.parquet", "origin.parquet", "tables.json"]
    loaded = load_tables(tmp_path)
    assert list(loaded) == ["origin", "carrier", "dest"]
    assert loaded["origin"] is loaded["dest"]


def test_mapped(small: EmbeddingTable, tmp_path: Path) -> None:
    save_tables({"dest": small}, tmp_path, format="npz")
    table = load_tables(tmp_path, mmap=True)["dest"]
    assert table == small
    assert not isinstance(table.labels, tuple)


def test_its_own_folder_is_replaced_whole(small: EmbeddingTable, tmp_path: Path) -> None:
    save_tables({"dest": small, "origin": EmbeddingTable(["a"], [[1]])}, tmp_path / "t")
    save_tables({"dest": small}, tmp_path / "t", format="npz")
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == ["dest.npz", "tables.json"]
    save_tables({}, tmp_path / "t")
    assert load_tables(tmp_path / "t") == {}


def test_another_folder_is_not_touched(small: EmbeddingTable, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(DataError, match="must be a new or an empty folder, however: it holds files"):
        save_tables({"dest": small}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_failure_leaves_what_was_there(
    small: EmbeddingTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_tables({"dest": small}, tmp_path / "t", format="npz")

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("stop")

    monkeypatch.setattr(np.lib.format, "write_array", fail)
    with pytest.raises(RuntimeError, match="stop"):
        save_tables({"origin": small}, tmp_path / "t", format="npz")
    monkeypatch.undo()
    assert load_tables(tmp_path / "t") == {"dest": small}
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_one_projector_configuration_shows_all(small: EmbeddingTable, tmp_path: Path) -> None:
    save_tables({"dest": small, "my state": small.replace(name="my state")}, tmp_path, format="tensorboard")
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    assert [embedding.tensor_name for embedding in config.embeddings] == ["dest", "my state"]
    assert all((tmp_path / embedding.tensor_path).is_file() for embedding in config.embeddings)


@pytest.mark.parametrize(
    ("tables", "format", "message"),
    [
        ({}, "hdf5", "format must be one of parquet, npz, safetensors, word2vec, tensorboard, however: format='hdf5'"),
        ({"dest": [1]}, "npz", r"tables must map column names to EmbeddingTables, however: 'dest' maps to \[1\]"),
        (
            {7: EmbeddingTable(["a"], [[1]])},
            "npz",
            "tables must map column names to EmbeddingTables, however: 7 maps to",
        ),
    ],
)
def test_refused_tables(tables: Any, format: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        save_tables(tables, tmp_path, format=format)


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": null}'])
def test_refused_index(content: str, tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text(content)
    with pytest.raises(DataError, match="tables.json must be a file that save_tables wrote, however: "):
        load_tables(tmp_path)


@pytest.mark.parametrize("file", ["../secret.npz", "/etc/passwd.npz", "a/b.npz", "..", ""])
def test_an_index_may_only_name_files_beside_it(file: str, tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text(json.dumps({"a": file}))
    with pytest.raises(DataError, match=f"must name files beside it, however: it names '{file}'"):
        load_tables(tmp_path)
