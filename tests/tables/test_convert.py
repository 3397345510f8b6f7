"""Tables in gensim, PyTorch and Keras, read back by the libraries themselves, and pretrained vectors in."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from gensim.models import KeyedVectors, Word2Vec
from hypothesis import given, settings
from hypothesis import strategies as st

from tabembed.io.errors import DataError, DataWarning
from tabembed.tables import EmbeddingTable
from tabembed.tables.formats.escapes import escape, unescape

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(("suffix", "binary"), [(".txt", False), (".bin", True)])
def test_gensim_loads_our_files(suffix: str, binary: bool, awkward: EmbeddingTable, tmp_path: Path) -> None:
    path = str(tmp_path / f"t{suffix}")
    awkward.save(path)
    keyed = KeyedVectors.load_word2vec_format(path, binary=binary)
    assert keyed.index_to_key == [escape(label) for label in awkward.labels]
    assert np.array_equal(keyed.vectors, awkward.vectors)
    assert [unescape(key) for key in keyed.index_to_key] == list(awkward.labels)


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_gensim_reads_our_decimals_to_the_bit(numbers: list[float]) -> None:
    t = EmbeddingTable(["a"], [numbers])
    with tempfile.TemporaryDirectory() as folder:
        t.save(f"{folder}/t.txt")
        keyed = KeyedVectors.load_word2vec_format(f"{folder}/t.txt")
    assert keyed.vectors.view(np.int32).tolist() == t.vectors.view(np.int32).tolist()


@pytest.mark.parametrize(("suffix", "binary"), [(".txt", False), (".bin", True)])
def test_we_load_gensims_files(suffix: str, binary: bool, small: EmbeddingTable, tmp_path: Path) -> None:
    path = str(tmp_path / f"t{suffix}")
    small.to_gensim().save_word2vec_format(path, binary=binary)
    t = EmbeddingTable.load(path)
    assert set(t.labels) == set(small.labels)  # gensim sorts by count
    assert all(np.array_equal(t[label], small[label]) for label in small)
    assert t.metric == "cosine"


SPACED = ["New York", "a b c", " lead", "trail ", "1 2", "a 1", "two  spaces"]


@pytest.mark.parametrize("spaced", SPACED)
@pytest.mark.parametrize("line_end", [b"", b"\n"])
def test_raw_spaces_are_refused(spaced: str, line_end: bytes, tmp_path: Path) -> None:
    """As gensim writes them, without line ends in the binary form, and as the original tool does."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = [f"l{i}" for i in range(9)]
        labels[int(rng.integers(9))] = spaced
        keyed = KeyedVectors(16, dtype=np.float32)
        keyed.add_vectors(labels, rng.standard_normal((9, 16)).astype(np.float32))
        keyed.save_word2vec_format(str(tmp_path / "t.txt"))
        with pytest.raises(DataError, match="white space in labels must be percent-encoded"):
            EmbeddingTable.load(tmp_path / "t.txt")
        if line_end:
            entries = [f"{label} ".encode() + keyed[label].tobytes() + line_end for label in labels]
            (tmp_path / "t.bin").write_bytes(b"9 16\n" + b"".join(entries))
        else:
            keyed.save_word2vec_format(str(tmp_path / "t.bin"), binary=True)
        with pytest.raises(
            DataError, match=r"does a label hold white space|or a label holds white space|label 0 is mis"
        ):
            EmbeddingTable.load(tmp_path / "t.bin")


def test_what_gensim_writes_is_not_taken_for_raw_spaces(tmp_path: Path) -> None:
    labels = ["a\tb", "\u00a0", "\u2028x", "日本", "</s>", "%"]
    keyed = KeyedVectors(3, dtype=np.float32)
    keyed.add_vectors(labels, np.arange(18, dtype=np.float32).reshape(6, 3) * 1e8)
    keyed.save_word2vec_format(str(tmp_path / "t.bin"), binary=True)
    assert EmbeddingTable.load(tmp_path / "t.bin").labels == tuple(labels)


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_escapes(one: str, other: str) -> None:
    assert unescape(escape(one)) == one
    assert not any(character.isspace() for character in escape(one))
    assert (escape(one) == escape(other)) == (one == other)
    assert unescape(escape(one, keep=" ")) == one


def test_no_white_space_is_beyond_what_is_escaped() -> None:
    assert not any(map(str.isspace, map(chr, range(0x3001, sys.maxunicode + 1))))


def test_gensim_both_ways(small: EmbeddingTable, awkward: EmbeddingTable) -> None:
    keyed = small.to_gensim()
    assert keyed.index_to_key == list(small.labels)
    assert keyed.get_vecattr("LAX", "count") == 16
    assert keyed.most_similar("BOS", topn=1)[0][0] == "LGA"
    keyed.vectors[:] = 0  # gensim's own copy
    assert small["BOS"].tolist() == [0, 1]
    for table in (small, awkward, EmbeddingTable(["a"], [[1]])):
        assert EmbeddingTable.from_gensim(table.to_gensim()) == table


def test_from_a_gensim_model() -> None:
    model = Word2Vec([["a", "b", "c"]] * 5, vector_size=4, min_count=1, seed=0, workers=1)
    t = EmbeddingTable.from_gensim(model, name="letters")
    assert set(t.labels) == {"a", "b", "c"}
    assert t.counts.tolist() == [5, 5, 5]
    assert np.array_equal(t["b"], model.wv["b"])
    assert (t.name, t.metric) == ("letters", "cosine")
    with pytest.raises(DataError, match="from_gensim takes KeyedVectors, or a model with .wv, however: a dict came"):
        EmbeddingTable.from_gensim({})


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A file as the original tool writes it, a space at each line's end."""
    path = tmp_path / "words.vec"
    path.write_text("3 2\nred 1 0 \nblue 0 1 \n7 2 2 \n")
    return path


def test_pretrained_vectors(words: Path) -> None:
    t = EmbeddingTable.from_word2vec(words, labels=["blue", 7, "blue"], name="colour")
    assert t.labels == ("blue", "7")
    assert t.vectors.tolist() == [[0, 1], [2, 2]]
    assert t.unknown.tolist() == [1, 1.5]
    assert (t.name, t.metric) == ("colour", "cosine")
    assert EmbeddingTable.from_word2vec(words).labels == ("red", "blue", "7")
    with pytest.warns(DataWarning, match="words.vec lacks 1 of 2 labels, which will get the unknown vector: green"):
        assert EmbeddingTable.from_word2vec(words, labels=["red", "green"]).labels == ("red",)
    with pytest.raises(
        DataError, match=r"words.vec must hold some of the 1 labels, however: it holds none, as \['green'\]"
    ):
        EmbeddingTable.from_word2vec(words, labels=["green"])
    with pytest.raises(DataError, match="there is no file 'nowhere.txt' to read vectors from"):
        EmbeddingTable.from_word2vec("nowhere.txt")


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_some_labels_of_our_own_file(suffix: str, awkward: EmbeddingTable, tmp_path: Path) -> None:
    awkward.save(tmp_path / f"t{suffix}")
    assert EmbeddingTable.from_word2vec(tmp_path / f"t{suffix}", ["New York", "BOS"]) == awkward.subset(
        ["BOS", "New York"]
    )


def test_torch(awkward: EmbeddingTable) -> None:
    embedding, ids = awkward.to_torch()
    weights = embedding.weight.detach().numpy()
    assert np.array_equal(weights[2:], awkward.vectors)
    assert np.array_equal(weights[0], awkward.missing)
    assert np.array_equal(weights[1], awkward.unknown)
    assert all(np.array_equal(weights[ids[label]], awkward[label]) for label in awkward)
    values = ["50%", None, "no", "BOS"]
    found = embedding(torch.as_tensor(awkward.ids(values)))
    assert np.array_equal(found.detach().numpy(), awkward.lookup(values))
    assert not embedding.weight.requires_grad
    assert awkward.to_torch(trainable=True).embedding.weight.requires_grad
    with torch.no_grad():
        embedding.weight[2] = 0  # torch's own copy
    assert awkward["BOS"].any()


def test_keras(small: EmbeddingTable) -> None:
    t = small.rename({"LGA": "[UNK]", "SFO": "[[UNK]]"})  # the text that Keras takes for its own
    embedding, lookup = t.to_keras()
    values = ["LAX", "", "no", "[UNK]", "[[UNK]]", "[[[UNK]]]"]
    assert np.array_equal(embedding(lookup(values)).numpy(), t.lookup(values))
    assert lookup(values).numpy().tolist() == t.ids(values).tolist()
    assert embedding.name == "dest_table"
    assert not embedding.trainable
    assert t.to_keras(trainable=True).embedding.trainable
    inputs = keras.Input((1,), dtype="int64")
    model = keras.Model(inputs, embedding(inputs))
    assert np.array_equal(np.asarray(model(t.ids(values)[:, None]))[:, 0], t.lookup(values))
    assert EmbeddingTable(["a"], [[1]]).to_keras().embedding.input_dim == 3


def test_libraries_that_are_not_installed(
    small: EmbeddingTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.save(tmp_path / "t.safetensors")
    for module in ("torch", "gensim.models", "safetensors", "safetensors.numpy", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match="to_torch needs PyTorch, which is not installed: pip install torch"):
        small.to_torch()
    with pytest.raises(
        ImportError, match=r"this needs 'gensim', which is not installed: pip install 'tabembed\[gensim\]'"
    ):
        small.to_gensim()
    with pytest.raises(ImportError, match=r"pip install 'tabembed\[safetensors\]'"):
        small.save(tmp_path / "u.safetensors")
    with pytest.raises(ImportError, match=r"pip install 'tabembed\[safetensors\]'"):
        EmbeddingTable.load(tmp_path / "t.safetensors")
    with pytest.raises(ImportError, match=r"pip install 'tabembed\[plot\]'"):
        small.plot()
    assert [path.name for path in tmp_path.iterdir()] == ["t.safetensors"]
