"""Every file format keeps the whole table, other libraries read it, and what can't be read is refused."""

from __future__ import annotations

import itertools
import mmap
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable

SUFFIXES = [".parquet", ".npz", ".safetensors", ".txt", ".vec", ".bin", ".csv"]
MAPPED = [".npz", ".safetensors"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> EmbeddingTable:
    labels = draw(st.lists(TEXT, unique=True, max_size=8))
    dim = draw(st.integers(1, 5))
    numbers = [hnp.arrays(np.float32, shape, elements=FLOATS) for shape in ((len(labels), dim), dim, dim)]
    vectors, missing, unknown = map(draw, numbers)
    counts = draw(st.lists(st.integers(0, 2**63 - 1), min_size=len(labels), max_size=len(labels)))
    name, metric = draw(st.none() | st.just("") | TEXT), draw(st.sampled_from(["euclidean", "cosine", "dot"]))
    return EmbeddingTable(
        labels, vectors, counts=np.array(counts, np.int64), missing=missing, unknown=unknown, name=name, metric=metric
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None)
@given(table=tables())
def test_round_trip_of_any_table(suffix: str, table: EmbeddingTable) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        table.save(path)
        assert EmbeddingTable.load(path) == table
        if suffix in MAPPED:
            assert EmbeddingTable.load(path, mmap=True) == table


@settings(deadline=None)
@given(table=tables())
def test_round_trip_of_any_table_through_the_projector(table: EmbeddingTable) -> None:
    with tempfile.TemporaryDirectory() as folder:
        table.save_projector(folder)
        assert EmbeddingTable.load(folder) == table


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip_of_awkward_labels(suffix: str, awkward: EmbeddingTable, tmp_path: Path) -> None:
    awkward.save(tmp_path / f"t{suffix}")
    assert EmbeddingTable.load(str(tmp_path / f"t{suffix}")) == awkward
    assert [path.name for path in tmp_path.iterdir()] == [f"t{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip_of_many_rows(suffix: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = [f"label {i}" for i in range(70_000)]  # more than one chunk in each format
    t = EmbeddingTable(labels, rng.standard_normal((70_000, 2)), counts=np.arange(70_000))
    t.save(tmp_path / f"t{suffix}")
    assert EmbeddingTable.load(tmp_path / f"t{suffix}") == t


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_very_long_label(suffix: str, tmp_path: Path) -> None:
    t = EmbeddingTable(["a", "x" * 3_000_000], [[1], [2]])
    t.save(tmp_path / f"t{suffix}")
    assert EmbeddingTable.load(tmp_path / f"t{suffix}") == t


def test_parquet_is_read_by_others(awkward: EmbeddingTable, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    awkward.save(path)
    frame = pd.read_parquet(path)
    assert frame.columns.tolist() == ["label", "count", "vector"]
    assert frame["label"].tolist() == list(awkward.labels)
    assert frame["count"].tolist() == awkward.counts.tolist()
    assert np.array_equal(np.stack(frame["vector"].tolist()), awkward.vectors)
    rows = duckdb.sql(f"select label, count, vector from '{path}'").fetchall()
    assert [row[0] for row in rows] == list(awkward.labels)
    assert np.array_equal(np.array([row[2] for row in rows], np.float32), awkward.vectors)
    assert duckdb.sql(f"select sum(len(vector)) from '{path}'").fetchall() == [(awkward.vectors.size,)]
    assert pl.read_parquet(path)["label"].to_list() == list(awkward.labels)


def test_npz_is_read_by_numpy(small: EmbeddingTable, tmp_path: Path) -> None:
    small.save(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == list(small.labels)
        assert np.array_equal(arrays["vectors"], small.vectors)
        assert arrays["counts"].tolist() == small.counts.tolist()
        assert arrays["missing"].tolist() == small.missing.tolist()
        assert arrays["unknown"].tolist() == small.unknown.tolist()


def test_safetensors_is_read_by_its_library(awkward: EmbeddingTable, tmp_path: Path) -> None:
    awkward.save(tmp_path / "t.safetensors")
    tensors = safetensors.numpy.load_file(tmp_path / "t.safetensors")
    assert np.array_equal(tensors["vectors"], awkward.vectors)
    text, offsets = tensors["label_bytes"].tobytes(), tensors["label_offsets"].tolist()
    assert [text[a:b].decode() for a, b in itertools.pairwise(offsets)] == list(awkward.labels)


def test_csv_is_read_by_pandas(small: EmbeddingTable, tmp_path: Path) -> None:
    small.save(tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv")
    rows = frame[frame["kind"] == "label"]
    assert rows["label"].tolist() == list(small.labels)
    assert rows[["v0", "v1"]].to_numpy(np.float32).tolist() == small.vectors.tolist()


@pytest.mark.parametrize("suffix", MAPPED)
def test_mapped(suffix: str, awkward: EmbeddingTable, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    awkward.save(path)
    t = EmbeddingTable.load(path, mmap=True)
    assert t.vectors.flags.aligned
    base: object = t.vectors
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    assert t.labels[1] == "New York"
    assert t.labels[-1] == awkward.labels[-1]
    assert t.labels[1:3] == ("New York", "50%")
    assert "MappedLabels(26: 'BOS', 'New York', '50%', ...)" in repr(t.labels)
    assert t.neighbors("BOS") == awkward.neighbors("BOS")
    assert t.lookup(["50%", "no", None, "BOS"]).tolist() == awkward.lookup(["50%", "no", None, "BOS"]).tolist()
    assert t.subset(["NA", "BOS"]) == awkward.subset(["NA", "BOS"])
    assert "no" not in t
    for other in SUFFIXES:  # also onto the file that is mapped
        t.save(tmp_path / f"t{other}")
        assert EmbeddingTable.load(tmp_path / f"t{other}") == awkward


def test_mapped_reads_no_vectors(tmp_path: Path) -> None:
    """A vector that is damaged in the file is only met when it is asked for."""
    EmbeddingTable(["a", "b"], [[1], [123456]]).save(tmp_path / "t.npz")
    content = (tmp_path / "t.npz").read_bytes()
    (tmp_path / "t.npz").write_bytes(content.replace(np.float32(123456).tobytes(), np.float32("nan").tobytes()))
    assert EmbeddingTable.load(tmp_path / "t.npz", mmap=True)["a"].tolist() == [1]
    with pytest.raises(DataError, match=r"t.npz must be an .npz table.*Bad CRC-32 for file 'vectors.npy'"):
        EmbeddingTable.load(tmp_path / "t.npz")


def refused(path: Path) -> str:
    """Return the sentence that refuses a file, "" where it is loaded."""
    try:
        EmbeddingTable.load(path)
    except DataError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated_anywhere(suffix: str, small: EmbeddingTable, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    small.save(path)
    whole = path.read_bytes()
    accepted = []
    step = 1 + len(whole) // 300
    for length in {*range(0, len(whole), step), *range(len(whole) - 64, len(whole))}:
        path.write_bytes(whole[:length])
        if sentence := refused(path):
            assert sentence.startswith(str(path))
        else:
            accepted.append(EmbeddingTable.load(path))
    if suffix in (".txt", ".vec", ".bin"):  # cut just after its labels, a word2vec file is one of another hand
        foreign = [table for table in accepted if table != small]
        assert len(foreign) <= 3
        assert all(table.labels == small.labels and not table.counts.any() for table in foreign)
        accepted = [table for table in accepted if table == small]
    assert len(accepted) <= {".csv": 4, ".txt": 1, ".vec": 1, ".bin": 1}.get(suffix, 0)  # a last line end is no loss


@pytest.mark.parametrize("suffix", MAPPED)
def test_truncated_and_mapped(suffix: str, small: EmbeddingTable, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    small.save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 17):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="must be"):
            EmbeddingTable.load(path, mmap=True)


TEXTS = {".txt", ".vec"}
WRONG = [pair for pair in itertools.permutations(SUFFIXES, 2) if set(pair) != TEXTS]


@pytest.mark.parametrize(("written", "named"), WRONG)
def test_wrong_suffix(written: str, named: str, small: EmbeddingTable, tmp_path: Path) -> None:
    small.save(tmp_path / f"t{written}")
    (tmp_path / f"t{written}").rename(tmp_path / f"t{named}")
    with pytest.raises(DataError, match=rf"t{named} must be .*, however: ") as caught:
        EmbeddingTable.load(tmp_path / f"t{named}")
    if not {written, named} <= {*TEXTS, ".bin"}:
        assert "it looks like" in str(caught.value)


def test_paths(small: EmbeddingTable, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a table's file must end in one of .parquet, .npz, .*, however: '.*t.xlsx'"):
        small.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="there is no file '.*t.npz' to load a table from"):
        EmbeddingTable.load(tmp_path / "t.npz")
    small.save(tmp_path / "new" / "t.parquet")
    (tmp_path / "new" / "t.parquet").rename(tmp_path / "t.data")
    with pytest.raises(DataError, match=r"'.*t.data'; it looks like a Parquet file \(.parquet\)"):
        EmbeddingTable.load(tmp_path / "t.data")
    small.save(tmp_path / "T.PARQUET")
    assert EmbeddingTable.load(tmp_path / "T.PARQUET") == small
    small.save(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="mmap=True needs one of .npz, .safetensors, however: .*t.parquet; save"):
        EmbeddingTable.load(tmp_path / "t.parquet", mmap=True)
    with pytest.raises(DataError, match="mmap=True needs one of .npz, .safetensors, however: .* is a folder"):
        EmbeddingTable.load(tmp_path, mmap=True)
    with pytest.raises(DataError, match="output '.*' can't be written"):
        small.save(tmp_path / "t.data" / "t.npz")


def test_a_failed_save_leaves_the_old_file(
    small: EmbeddingTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.npz"
    small.save(path)

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("stop")

    monkeypatch.setattr(np.lib.format, "write_array", fail)
    with pytest.raises(RuntimeError, match="stop"):
        small.replace(name="new").save(path)
    assert EmbeddingTable.load(path).name == "dest"
    assert [file.name for file in tmp_path.iterdir()] == ["t.npz"]
