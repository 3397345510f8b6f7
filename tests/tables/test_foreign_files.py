"""Files of another hand: what is read, what is refused, and that reading runs no code."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable

SUFFIXES = [".parquet", ".npz", ".safetensors", ".txt", ".vec", ".bin", ".csv"]
MAPPED = [".npz", ".safetensors"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"hello", "must be a Parquet file, however: .*; if it was cut short"),
        ("t.npz", b"\x80\x04\x95junk", "must be an .npz table.*it looks like a pickle, which is never read"),
        ("t.txt", b"", "must be a word2vec file.*its first line is b''"),
        ("t.txt", b"red 1 0\nblue 0 1\n", "must be a word2vec file.*its first line is b'red 1 0"),
        ("t.txt", b"9 9\nred 1\n", r"10 bytes can't hold 9 labels of 9 numbers"),
        ("t.txt", b"2 2\nred 1 0\nblue 0\n", "line 3 has 2 fields instead of 3"),
        ("t.txt", b"2 2\nred 1 0\nblue 0 x\n", "after line 2: .*CSV conversion error to float: invalid value 'x'"),
        ("t.txt", b"2 2\nred 1 0\nNew York 0 1\n", "line 3 has 4 fields, 'New York 0 1'; white space in labels"),
        ("t.txt", b"2 2\nred 1 0\n       \n", "it holds 1 of 2 labels"),
        ("t.txt", b"1 2\nred 1 0\nblue 0 1\n", "after the 1 labels of its first line comes 'blue'"),
        ("t.txt", b"1 1\nred 1\rblue 0\n", "a label after line 2 holds a carriage return"),
        ("t.txt", b"1 2\nred nan 0\n", "t.txt: vectors must be finite.*the vector of 'red'"),
        ("t.txt", b"2 2\nred 1 0\nred 1 0\n", "t.txt: each label must come once, however: 'red' comes 2 times"),
        ("t.txt", b"1 1\na 1\n%missing 0\n%unknown 0\n%about:{ 0\n", "its last entry is damaged"),
        ("t.bin", b"1 2\nred 1234567", "the entry at byte 4 is cut short, or a label holds white space"),
        (
            "t.bin",
            b"2 1\na 1234\nb 5678c 9",
            "the entry before byte 17 ends unlike others; does a label hold white space",
        ),
        ("t.bin", b"1 1\na \x00\x00\x80\x7d", "mixed up in the entry 'a'; does a label hold white space"),
        ("t.bin", b"1 1\na\x01 \x00\x00\x80\x3f", r"mixed up in the entry 'a\\x01'; does a label hold"),
        ("t.bin", b"1 1\n\xff 1234", "byte 4 begins no label in UTF-8; does a label hold white space?"),
        ("t.csv", b"name,v0\na,1\n", "column 'label' must hold the labels, however: it isn't there"),
        ("t.csv", b"label\na\n", "the vectors must stand in a column 'vector' or in columns of numbers"),
        ("t.csv", b"label,v0,state\na,1,NY\n", "column 'state' must hold numbers, however: its type is string"),
        ("t.csv", b"label,kind,v0\na,label,1\n", "its last rows must be of kind name, missing, unknown, metric"),
        ("t.csv", b"label,v0\na,1,2\n", "CSV parse error: Expected 2 columns, got 3"),
    ],
)
def test_foreign_files(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        EmbeddingTable.load(tmp_path / name)


def test_foreign_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones(3))
    with pytest.raises(DataError, match="there is no array 'labels"):
        EmbeddingTable.load(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", labels=np.array([1, 2]), vectors=np.eye(2))
    with pytest.raises(DataError, match="labels must be text, however: their dtype is int64"):
        EmbeddingTable.load(tmp_path / "b.npz")
    np.savez_compressed(tmp_path / "c.npz", labels=np.array(["a", "b"]), vectors=np.eye(2))
    assert EmbeddingTable.load(tmp_path / "c.npz").labels == ("a", "b")
    with pytest.raises(DataError, match="c.npz is compressed and can't be mapped; load it, and save it"):
        EmbeddingTable.load(tmp_path / "c.npz", mmap=True)
    np.savez(tmp_path / "d.npz", labels=np.array(["a", None]), vectors=np.eye(2))
    with pytest.raises(DataError, match="d.npz must be an .npz table.*allow_pickle=False"):
        EmbeddingTable.load(tmp_path / "d.npz")
    with pytest.raises(DataError, match="d.npz holds pickled objects in labels.npy, which are never read"):
        EmbeddingTable.load(tmp_path / "d.npz", mmap=True)
    safetensors.numpy.save_file({"weight": np.eye(2)}, tmp_path / "e.safetensors")
    with pytest.raises(DataError, match="there is no tensor 'label_bytes'"):
        EmbeddingTable.load(tmp_path / "e.safetensors")


class Touch:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_reading_runs_no_code(suffix: str, tmp_path: Path) -> None:
    mark, path = tmp_path / "mark", tmp_path / f"t{suffix}"
    code = pickle.dumps(Touch(mark))
    pickle.loads(code).close()
    assert mark.exists()
    mark.unlink()
    files = [code, b"1 1\n" + code]
    np.savez(tmp_path / "a.npz", labels=np.array([Touch(mark)], object), vectors=np.eye(1))
    files.append((tmp_path / "a.npz").read_bytes())
    np.savez(tmp_path / "b.npz", labels=np.array(["a"]), vectors=np.array([[Touch(mark)]], object))
    files.append((tmp_path / "b.npz").read_bytes())
    for content in files:
        path.write_bytes(content)
        for mapped in {False, suffix in MAPPED}:
            with pytest.raises(DataError):
                EmbeddingTable.load(path, mmap=mapped)
    assert not mark.exists()


def test_damaged_label_offsets(tmp_path: Path) -> None:
    """Offsets from a file are checked: they would otherwise be read past the end of memory."""
    offsets = np.array([0, 10**9], np.int64)
    np.savez(tmp_path / "t.npz", label_bytes=np.zeros(3, np.uint8), label_offsets=offsets, vectors=np.eye(1))
    np.savez(tmp_path / "u.npz", label_bytes=np.zeros(3), label_offsets=offsets, vectors=np.eye(1))
    for mapped in (False, True):
        with pytest.raises(DataError, match="t.npz must be an .npz table.*offset"):
            EmbeddingTable.load(tmp_path / "t.npz", mmap=mapped)
        with pytest.raises(DataError, match="label_offsets are int64 and label_bytes float64, not int64 and uint8"):
            EmbeddingTable.load(tmp_path / "u.npz", mmap=mapped)


def test_parquet_of_another_hand(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"label": [7, 8], "vector": [[1.0, 2.0], [3.0, 4.0]]}).to_parquet(path)
    t = EmbeddingTable.load(path)
    assert t.labels == ("7", "8")
    assert t.unknown.tolist() == [2, 3]
    pd.DataFrame({"label": ["a"], "x": [1], "y": [0.5]}).to_parquet(path)
    assert EmbeddingTable.load(path)["a"].tolist() == [1, 0.5]
    pq.write_table(pa.table({"label": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}), path)
    with pytest.raises(DataError, match=r"t.parquet: column 'vector' must hold lists of one length.*lengths \[1, 2\]"):
        EmbeddingTable.load(path)
    with pq.ParquetWriter(path, pa.schema({"label": pa.string(), "vector": pa.list_(pa.float32())})) as file:
        file.write_table(pa.table({"label": ["a"], "vector": [[1.0]]}, file.schema), row_group_size=1)
        file.write_table(pa.table({"label": ["b"], "vector": [[1.0, 2.0]]}, file.schema), row_group_size=1)
    with pytest.raises(DataError, match=r"t.parquet: column 'vector' must hold lists of one length"):
        EmbeddingTable.load(path)
