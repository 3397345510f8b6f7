"""``FastTextEmbedder``: the parts of labels, and labels that were never seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

import tabembed as te
from tabembed.embedders.ngrams import mark_of, ngrams_of, words_of
from tabembed.io import DataError, LabelError
from tests.embedders.planted import baskets, purity, shops

TOWNS = ["Boston", "Seattle", "Savannah", "Denver", "Boulder", "Leadville"]


@pytest.fixture(scope="module")
def trips() -> pd.DataFrame:
    """1,200 trips to six towns, each by three lines of its own."""
    rng = np.random.default_rng(0)
    town, line = rng.integers(0, 6, 1200), rng.integers(0, 3, 1200)
    return pd.DataFrame({"town": np.array(TOWNS)[town], "by": np.array([*"abcdefghijklmnopqr"])[town * 3 + line]})


@pytest.fixture(scope="module")
def fitted(trips: pd.DataFrame) -> te.FastTextEmbedder:
    return te.FastTextEmbedder(dim=8, epochs=100, random_state=0).fit(trips)


def test_fasttext() -> None:
    tables = te.FastTextEmbedder(dim=8, epochs=20, random_state=0).fit(shops()).tables_
    assert purity(tables["shop"]) > 0.95
    assert purity(tables["goods"]) > 0.95


def test_baskets_in_order() -> None:
    embedder = te.FastTextEmbedder(dim=8, group_by="fan", order_by="day", random_state=0).fit(baskets())
    assert purity(embedder.tables_["team"]) > 0.95


@pytest.mark.parametrize("typo", ["Bostn", "Bosston", "Boson", "boston"])
def test_a_misspelt_label_is_near(fitted: te.FastTextEmbedder, trips: pd.DataFrame, typo: str) -> None:
    vector = fitted.vectors("town", [typo])[0]
    assert fitted.tables_["town"].neighbors(vector, k=1)[0][0] == "Boston"
    out = fitted.transform(trips.head(1).assign(town=typo))
    np.testing.assert_array_equal(out.iloc[0, :8].to_numpy(np.float32), vector)


def test_vectors_of_all_sorts(fitted: te.FastTextEmbedder) -> None:
    town = fitted.tables_["town"]
    found = fitted.vectors("town", pd.Series(["Denver", None, "#", "Denver"]))
    np.testing.assert_array_equal(found, [town["Denver"], town.missing, town.unknown, town["Denver"]])
    assert found.dtype == np.float32
    assert fitted.vectors("town", []).shape == (0, 8)
    with pytest.raises(LabelError, match="there is no table of column 'twon'; .*'town'"):
        fitted.vectors("twon", ["Denver"])


def test_it_is_gensims_vectors(trips: pd.DataFrame) -> None:
    from gensim.models import FastText

    embedder = te.FastTextEmbedder(dim=8, epochs=2, bucket=5000, random_state=3).fit(trips)
    mark, by = mark_of(0), mark_of(1)
    words = [[mark + a, by + b] for a, b in zip(trips["town"], trips["by"], strict=True)]
    seed = int(np.random.default_rng(3).integers(2**31 - 1, size=2)[1])
    wv = FastText(
        words, vector_size=8, window=2, shrink_windows=False, sg=1, min_count=1, sample=0, workers=1, epochs=2,
        seed=seed, bucket=5000,
    ).wv  # fmt: skip
    np.testing.assert_allclose(embedder.tables_["town"]["Boston"], wv[mark + "Boston"], atol=1e-6)
    seen = "Boston"[1:]  # all but its first n-grams are known
    known = [part for part in ngrams_of(mark + seen, 3, 6) if part in embedder.ngrams_["town"]]
    want = np.mean([wv.vectors_ngrams[_bucket(part)] for part in known], axis=0)
    np.testing.assert_allclose(embedder.vectors("town", [seen])[0], want, atol=1e-6)


def _bucket(ngram: str) -> int:
    from gensim.models.fasttext import ft_hash_bytes

    return int(ft_hash_bytes(ngram.encode()) % 5000)


def test_saved_and_loaded_it_knows_the_parts(fitted: te.FastTextEmbedder, trips: pd.DataFrame, tmp_path: Path) -> None:
    fitted.save(tmp_path / "e")
    assert {path.suffix for path in (tmp_path / "e").rglob("*.*")} == {".json", ".parquet"}
    code = f"""
import sys, tabembed as te
print(te.FastTextEmbedder.load({str(tmp_path / "e")!r}).vectors("town", ["Bostn"]).tolist(), "gensim" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{fitted.vectors('town', ['Bostn']).tolist()} False\n"
    again = clone(te.FastTextEmbedder.load(tmp_path / "e")).fit(trips)
    assert (again.tables_, again.ngrams_) == (fitted.tables_, fitted.ngrams_)


def test_rare_labels_are_read_by_their_parts(trips: pd.DataFrame) -> None:
    frame = pd.concat([trips, pd.DataFrame({"town": ["Bostonia"], "by": ["r"]})])
    kinds = {"town": te.Categorical(min_count=2)}
    embedder = te.FastTextEmbedder(dim=8, epochs=100, kinds=kinds, random_state=0).fit(frame)
    assert "Bostonia" not in embedder.tables_["town"]
    assert embedder.tables_["town"].neighbors(embedder.vectors("town", ["Bostonia"])[0], k=1)[0][0] == "Boston"


def test_a_narrower_table_and_one_that_is_shared() -> None:
    frame = shops().assign(other=lambda frame: frame["shop"].to_numpy()[::-1])
    shared = te.Categorical(table="place", dim=2)
    kinds = {"shop": shared, "other": shared, "goods": te.Categorical()}
    embedder = te.FastTextEmbedder(dim=4, epochs=1, kinds=kinds, random_state=0).fit(frame)
    assert embedder.ngrams_["shop"] is embedder.ngrams_["other"]
    assert {name: table.dim for name, table in embedder.ngrams_.items()} == {"shop": 2, "goods": 4, "other": 2}
    assert embedder.vectors("other", ["s1s"]).shape == (1, 2)


@given(st.text(max_size=8), st.integers(1, 4), st.integers(0, 3))
def test_ngrams_are_gensims(word: str, shortest: int, more: int) -> None:
    from gensim.models.fasttext_inner import compute_ngrams_bytes

    want = [ngram.decode() for ngram in compute_ngrams_bytes(word, shortest, shortest + more)]
    assert ngrams_of(word, shortest, shortest + more) == want


TEXTS = st.text(min_size=1, max_size=3) | st.text("\U000f0000\U000f0001\U000f0002", min_size=1, max_size=2)


@given(st.lists(st.lists(TEXTS, unique=True, max_size=4), min_size=1, max_size=4))
def test_each_label_has_a_word_of_its_own(labels: list[list[str]]) -> None:
    words = words_of(labels)
    assert len(set(words)) == len(words)
    back: list[list[str]] = [[] for _ in labels]
    for word in words:
        table, unknown = divmod(ord(word[0]) - ord(mark_of(0)), 2)
        if word[1:]:
            assert not unknown
            back[table].append(word[1:])
    assert back == labels


def test_refusals(trips: pd.DataFrame) -> None:
    for arguments, message in {
        "min_n": ({"min_n": 0}, "`min_n` must be a whole number of 1 or more, however: min_n=0"),
        "order": ({"min_n": 5, "max_n": 4}, "`min_n` must be at most `max_n`, however: min_n=5, max_n=4"),
        "none": ({"max_n": None}, "`max_n` must be a whole number of 1 or more, however: max_n=None"),
        "bucket": ({"bucket": -1}, "`bucket` must be None or a whole number of 1 or more, however: bucket=-1"),
        "hash": (
            {"kinds": {"town": te.Categorical(hash_buckets=9)}},
            "column 'town' must have a row for each label, whose text is read, however: it has hash_buckets=9",
        ),
    }.values():
        with pytest.raises(DataError, match=message):
            te.FastTextEmbedder(dim=2, epochs=1, **arguments).fit(trips)
