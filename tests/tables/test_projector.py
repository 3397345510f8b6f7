"""A folder for TensorBoard's projector."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import strategies as st
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable

SUFFIXES = [".parquet", ".npz", ".safetensors", ".txt", ".vec", ".bin", ".csv"]
MAPPED = [".npz", ".safetensors"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_projector_folder(awkward: EmbeddingTable, tmp_path: Path) -> None:
    awkward.save_projector(tmp_path / "p")
    assert np.loadtxt(tmp_path / "p" / "vectors.tsv", delimiter="\t", dtype=np.float32).shape == awkward.vectors.shape
    metadata = (tmp_path / "p" / "metadata.tsv").read_text("utf-8").split("\n")
    assert metadata[:4] == ["label\tcount", *(f"{a}\t{b}" for a, b in zip(
        ["BOS", "New York", "50%25"], awkward.counts, strict=False))]  # fmt: skip
    assert len(metadata) == len(awkward) + 2
    awkward.save_projector(tmp_path / "p")  # over its own folder
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "mine").touch()
    with pytest.raises(DataError, match="must be a new or an empty folder, however: it holds files"):
        awkward.save_projector(tmp_path / "q")
    with pytest.raises(DataError, match="q must be a projector folder that EmbeddingTable wrote, however: "):
        EmbeddingTable.load(tmp_path / "q")
    lines = (tmp_path / "p" / "vectors.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "p" / "vectors.tsv").write_text("".join(lines[:-1]))
    with pytest.raises(DataError, match=r"p: vectors must be \(26, dim\)"):
        EmbeddingTable.load(tmp_path / "p")
    (tmp_path / "p" / "table.json").write_text(json.dumps({"missing": 3}))
    with pytest.raises(DataError, match="p must be a projector folder that EmbeddingTable wrote, however: "):
        EmbeddingTable.load(tmp_path / "p")


def test_projector_config_is_read_by_tensorboard(small: EmbeddingTable, tmp_path: Path) -> None:
    small.replace(name='größe "1"\n').save_projector(tmp_path)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    assert embedding.tensor_name == 'größe "1"\n'
    assert (tmp_path / embedding.tensor_path).is_file()
    assert (tmp_path / embedding.metadata_path).is_file()
