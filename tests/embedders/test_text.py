"""Vectors of what labels say: from files of words, KerasHub presets and a sentence encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors

import tabembed as te
from tabembed.embedders.text_sources import KerasPreset, SentenceEncoder, source_of
from tabembed.io import DataError, DataWarning

WORDS = ["red", "blue", "dark", "New", "york", "Paris"]
MATRIX = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
VECTOR = dict(zip(WORDS, MATRIX, strict=True))
X = pd.DataFrame(
    {"colour": ["red", "dark_blue", "RED", "blue", None], "city": ["New York", "PARIS", "Paris", "New York", "Paris"]}
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The words as gensim writes them, text and binary, and as GloVe does."""
    folder = tmp_path_factory.mktemp("words")
    keyed = KeyedVectors(5)
    keyed.add_vectors(WORDS, MATRIX)
    keyed.save_word2vec_format(str(folder / "words.vec"))
    keyed.save_word2vec_format(str(folder / "words.bin"), binary=True)
    keyed.save_word2vec_format(str(folder / "glove.txt"), write_header=False)
    return {path.suffix: path for path in folder.iterdir()}


@pytest.mark.parametrize("form", [".vec", ".bin", ".txt"])
def test_a_label_is_the_mean_of_its_words(files: dict[str, Path], form: str) -> None:
    tables = te.TextEmbedder(files[form]).fit(X).tables_
    colour, city = tables["colour"], tables["city"]
    assert colour.metric == "cosine"
    np.testing.assert_array_equal(colour["red"], VECTOR["red"])
    np.testing.assert_array_equal(colour["RED"], VECTOR["red"])  # as it stands, then in lower case
    np.testing.assert_allclose(colour["dark_blue"], (VECTOR["dark"] + VECTOR["blue"]) / 2, rtol=1e-6)
    np.testing.assert_allclose(city["New York"], (VECTOR["New"] + VECTOR["york"]) / 2, rtol=1e-6)
    np.testing.assert_array_equal(city["PARIS"], VECTOR["Paris"])
    np.testing.assert_allclose(colour.missing, colour.vectors.mean(axis=0), rtol=1e-6)


def test_only_the_words_that_are_needed_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"w{i} {i} 1" for i in range(50_000)]
    (tmp_path / "many.vec").write_text("\n".join(["50000 2", *rows]) + "\n")
    kept: list[int] = []
    from tabembed.tables.formats import word2vec

    collected = word2vec._collected

    def counting(*arguments: Any) -> Any:
        parts = collected(*arguments)
        kept.append(len(parts["labels"]))
        return parts

    monkeypatch.setattr(word2vec, "_collected", counting)
    frame = pd.DataFrame({"c": ["w7", "w49999 w7"] * 3})
    table = te.TextEmbedder(tmp_path / "many.vec").fit(frame).tables_["c"]
    assert table["w49999 w7"].tolist() == [25_003, 1]
    assert kept == [2]


def test_fewer_dimensions_are_principal_axes(files: dict[str, Path]) -> None:
    wide = te.TextEmbedder(files[".vec"]).fit(X).tables_["colour"]
    narrow = te.TextEmbedder(files[".vec"], dim=3).fit(X)
    assert narrow.dims_ == {"colour": 3, "city": 3}
    found = narrow.tables_["colour"]
    for a, b in (("red", "blue"), ("red", "dark_blue")):  # three distinct vectors lie in three dimensions
        assert found.similarity(a, b) == pytest.approx(wide.similarity(a, b), abs=1e-5)
    pinned = te.TextEmbedder(files[".vec"], kinds={"colour": te.Categorical(dim=2)}).fit(X)
    assert pinned.dims_ == {"colour": 2, "city": 5}
    with pytest.raises(DataError, match=r"column 'colour' must have a dim of at most 5, what '.*words.vec' has, .* 6"):
        te.TextEmbedder(files[".vec"], dim=6).fit(X)


def test_labels_without_words(files: dict[str, Path]) -> None:
    frame = X.assign(colour=["red", "blue", "ultramarine", "red", "blue"])
    with pytest.warns(DataWarning, match=r"column 'colour': 1 of 3 labels have no word in .*: 'ultramarine'; texts="):
        table = te.TextEmbedder(files[".vec"]).fit(frame).tables_["colour"]
    np.testing.assert_array_equal(table["ultramarine"], table.unknown)
    told = te.TextEmbedder(files[".vec"], texts={"colour": {"ultramarine": "dark blue"}}).fit(frame)
    np.testing.assert_allclose(told.tables_["colour"]["ultramarine"], (VECTOR["dark"] + VECTOR["blue"]) / 2, rtol=1e-6)
    codes = X.assign(colour=[1, 2, 3, 4, 4])
    with pytest.raises(DataError, match=r"column 'colour' must have labels whose words are in .* none has, as '4'"):
        te.TextEmbedder(files[".vec"], kinds={"colour": te.Categorical()}).fit(codes)


def test_a_model_begins_where_the_names_say(files: dict[str, Path]) -> None:
    schema = te.infer_schema(X.assign(y=[0.5, 1.5, 2.5, 3.5, 4.5]), target="y")
    embedder = te.TextEmbedder(files[".vec"]).fit(X)
    tables = te.extract_tables(te.build_model(schema, init=embedder.tables_), schema)
    np.testing.assert_array_equal(tables["city"]["Paris"], VECTOR["Paris"])
    assert tables["colour"].dim == 5


@pytest.mark.parametrize("dim", [None, 3])
def test_labels_that_no_row_held(files: dict[str, Path], dim: int | None, tmp_path: Path) -> None:
    source = tmp_path / "words.vec"
    source.write_bytes(files[".vec"].read_bytes())
    embedder = te.TextEmbedder(source, dim).fit(X)
    embedder.save(tmp_path / "saved")
    embedder = te.TextEmbedder.load(tmp_path / "saved")
    table, new = embedder.tables_["colour"], X[:3].assign(colour=["Dark Red", "ultramarine", None])
    found = embedder.transform(new).filter(regex="colour_").to_numpy()
    np.testing.assert_allclose(found[0], (embedder.vectors("colour", ["dark"])[0] + table["red"]) / 2, atol=1e-5)
    np.testing.assert_array_equal(found[1:], [table.unknown, table.missing])
    with pytest.raises(te.LabelError, match="there is no table of column 'color'; did you mean 'colour'"):
        embedder.vectors("color", ["red"])
    source.unlink()
    with pytest.warns(DataWarning, match="column 'colour': 2 labels that fit didn't see get the unknown vector, since"):
        gone = embedder.transform(new)
    np.testing.assert_array_equal(gone.filter(regex="colour_"), [table.unknown, table.unknown, table.missing])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("red 1 0\nblue 1\n", r"line 2 has 2 fields instead of 3"),
        ("red 1 0\nnew york 1 0\n", r"line 2 has 4 fields, 'new york 1 0'; white space in labels must be"),
        ("2 2\nred 1 0\nblue 1\n", r"line 3 has 2 fields instead of 3"),
        ("red\nblue\n", r"must be vectors as GloVe writes them .* its first line holds no numbers"),
        ("red one two\nblue three four\n", r"must be a word2vec file .* after line 1: "),
    ],
)
def test_ragged_and_foreign_files(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "words.vec"
    file.write_text(content)
    with pytest.raises(DataError, match=message):
        te.TextEmbedder(file).fit(X)


@pytest.mark.parametrize("source", ["nowhere.vec", 7, "some-model"])
def test_what_is_no_source(source: Any) -> None:
    with pytest.raises(
        DataError, match=r"`source` must be a file of word vectors, .* or 'all-MiniLM-L6-v2', however: "
    ):
        te.TextEmbedder(source).fit(X)


def test_a_preset_of_kerashub(tmp_path: Path) -> None:
    hub = pytest.importorskip("keras_hub")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "dark", "blue", "_", "new", "york", "paris"]
    tokenizer = hub.models.BertTokenizer(vocabulary=vocabulary, lowercase=True)
    backbone = hub.models.BertBackbone(
        len(vocabulary), num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16, max_sequence_length=8
    )
    for part in (backbone, tokenizer):
        part.save_to_preset(str(tmp_path / "preset"))
    table = te.TextEmbedder(str(tmp_path / "preset")).fit(X).tables_["colour"]
    ids = np.array([[2, 5, 3, 0, 0, 0, 0, 0]])
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": ids > 0}
    states = np.asarray(backbone(inputs)["sequence_output"])[0, :3]
    np.testing.assert_allclose(table["red"], states.mean(axis=0), atol=1e-5)
    np.testing.assert_array_equal(table["red"], table["RED"])
    (tmp_path / "preset" / "tokenizer.json").unlink()
    with pytest.raises(DataError, match=r"must hold a KerasHub preset, a backbone and its tokenizer .* however: "):
        KerasPreset(tmp_path / "preset")


def test_a_sentence_encoder(tmp_path: Path) -> None:
    encoder = source_of("sentence-transformers/all-MiniLM-L6-v2")
    assert isinstance(encoder, SentenceEncoder)
    jobs = ["nurse", "physician", "truck driver", "taxi driver", "violinist", "pianist"]
    frame = pd.DataFrame({"job": jobs})
    table = te.TextEmbedder(dim=4).fit(frame).tables_["job"]
    near = {job: table.neighbors(job, k=1)[0][0] for job in jobs}
    assert near == {**dict(zip(jobs[::2], jobs[1::2], strict=True)), **dict(zip(jobs[1::2], jobs[::2], strict=True))}
    encoder.model.save(str(tmp_path / "saved"))
    np.testing.assert_allclose(source_of(tmp_path / "saved").vectors(jobs)[0], encoder.vectors(jobs)[0], atol=1e-5)
