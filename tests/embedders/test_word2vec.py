"""``Word2VecEmbedder`` and the sentences it reads."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.embedders.sentences import Sentences, Tokens, group_sentences
from tabembed.embedders.words import Corpus
from tabembed.io import DataError
from tabembed.schema.ragged import Ragged
from tests.embedders.planted import baskets, purity, shops


def test_word2vec() -> None:
    tables = te.Word2VecEmbedder(dim=8, random_state=0).fit(shops()).tables_
    assert purity(tables["shop"]) > 0.95
    assert purity(tables["goods"]) > 0.95
    assert tables["shop"].metric == "cosine"


def test_cbow() -> None:
    skip_gram, cbow = (
        te.Word2VecEmbedder(dim=8, sg=sg, group_by="fan", random_state=0).fit(baskets()).tables_["team"]
        for sg in (True, False)
    )
    assert purity(cbow) > 0.95
    assert cbow != skip_gram


@pytest.mark.parametrize("order", [{}, {"order_by": "day"}, {"order_by": ["day"], "window": 2}])
def test_baskets_and_sequences(order: dict[str, object]) -> None:
    frame = baskets()
    embedder = te.Word2VecEmbedder(dim=8, group_by="fan", random_state=0, **order).fit(frame)
    assert list(embedder.tables_) == (["team"] if order else ["team", "day"])
    assert purity(embedder.tables_["team"]) > 0.95
    out = embedder.transform(frame)
    assert out["fan"].tolist() == frame["fan"].tolist()
    if order:
        assert out["day"].tolist() == frame["day"].tolist()


def test_it_is_gensims_vectors() -> None:
    from gensim.models import Word2Vec

    frame = shops()
    table = te.Word2VecEmbedder(dim=8, epochs=2, random_state=3).fit(frame).tables_["shop"]
    schema = te.infer_schema(frame)
    ids = schema.encode(frame)
    shift = schema["shop"].size
    words = [[str(a), str(b + shift)] for a, b in zip(ids["shop"].tolist(), ids["goods"].tolist(), strict=True)]
    draw = np.random.default_rng(3)
    seed = int(draw.integers(2**31 - 1, size=2)[1])
    wv = Word2Vec(
        words,
        vector_size=8,
        window=2,
        shrink_windows=False,
        sg=1,
        min_count=1,
        sample=0,
        workers=1,
        epochs=2,
        seed=seed,
    ).wv
    np.testing.assert_array_equal(table["s7"], wv[str(schema["shop"].labels.index("s7") + 2)])


def test_rare_and_missing_cells_are_words() -> None:
    frame = shops()
    frame.loc[frame["shop"].isin(["s1", "s5"]), "shop"] = None
    kinds = {"shop": te.Categorical(), "goods": te.Categorical(min_count=40)}
    tables = te.Word2VecEmbedder(dim=8, epochs=20, kinds=kinds, random_state=0).fit(frame).tables_
    assert int(tables["shop"].neighbors(tables["shop"].missing, k=1)[0][0][1:]) % 4 == 1
    weights = tables["shop"].counts / tables["shop"].counts.sum()
    np.testing.assert_allclose(tables["shop"].unknown, weights @ tables["shop"].vectors, atol=1e-5)
    assert not np.allclose(tables["goods"].unknown, tables["goods"].counts @ tables["goods"].vectors)
    assert {len(table) for table in tables.values()} == {38, int((frame["goods"].value_counts() >= 40).sum())}


def test_a_label_beside_nothing_has_the_mean() -> None:
    frame = pd.concat([baskets()[["fan", "team"]], pd.DataFrame({"fan": ["x"], "team": ["lone0"]})])
    team = te.Word2VecEmbedder(dim=4, group_by="fan", epochs=1, random_state=0).fit(frame).tables_["team"]
    np.testing.assert_array_equal(team["lone0"], team.unknown)


def test_a_row_without_a_group_is_in_none() -> None:
    frame = baskets()[["fan", "team"]]
    gaps = pd.DataFrame({"fan": [None] * 40, "team": ["t0", "t1"] * 20})
    kinds = {"team": te.Categorical()}
    want, found = (
        te.Word2VecEmbedder(dim=4, group_by="fan", epochs=1, kinds=kinds, random_state=0).fit(rows).tables_["team"]
        for rows in (frame, pd.concat([frame, gaps]))
    )
    assert sorted(want.labels) == sorted(found.labels)
    assert found.counts.sum() == want.counts.sum() + 40
    assert purity(te.GloVeEmbedder(dim=4, group_by="fan").fit(pd.concat([frame, gaps])).tables_["team"]) > 0.9


def test_a_narrower_column_keeps_its_distances() -> None:
    kinds = {"goods": te.Categorical(dim=3), "shop": te.Categorical()}
    narrow = te.Word2VecEmbedder(dim=8, epochs=2, kinds=kinds, random_state=0).fit(shops())
    wide = te.Word2VecEmbedder(dim=8, epochs=2, random_state=0).fit(shops())
    assert narrow.dims_ == {"shop": 8, "goods": 3}
    assert narrow.tables_["shop"] == wide.tables_["shop"]
    np.testing.assert_allclose(narrow.tables_["goods"].vectors, wide.tables_["goods"].reduce(3).vectors, atol=1e-5)


def test_columns_that_share_a_table() -> None:
    frame = shops()
    shared = te.Categorical(table="place")
    frame = frame.assign(other=np.random.default_rng(1).permutation(frame["shop"]))
    tables = te.Word2VecEmbedder(dim=4, epochs=1, kinds={"shop": shared, "other": shared}, random_state=0).fit(frame)
    assert tables.tables_["shop"] is tables.tables_["other"]


def test_a_schema_in_which_the_groups_have_a_table() -> None:
    frame = baskets()
    schema = te.infer_schema(frame, kinds={"fan": te.Categorical()})
    embedder = te.Word2VecEmbedder(dim=4, group_by="fan", epochs=1, schema=schema, random_state=0).fit(frame)
    assert list(embedder.tables_) == ["team", "day"]


@given(st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=130), max_size=6), st.booleans())
def test_the_words_of_a_corpus_are_the_tokens(lists: list[list[int]], ordered: bool) -> None:
    ragged = Ragged.of(np.array(list(itertools.chain(*lists)), np.int64), np.array([len(own) for own in lists], int))
    corpus = Corpus(Sentences(Tokens((), np.array([0])), ragged, ordered), [str(at) for at in range(6)], seed=0)
    for _ in range(2):
        pieces = list(corpus)
        read = iter([int(word) for piece in pieces for word in piece])
        for own in lists:
            back = list(itertools.islice(read, len(own)))
            assert (back == own) if ordered else (sorted(back) == sorted(own))
        assert next(read, None) is None
        assert all(2 <= len(piece) <= (10_000 if ordered else 50) for piece in pieces)
    assert corpus.pairs(None) == sum(len(piece) * (len(piece) - 1) for piece in pieces)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_tokens_say_table_and_id(sizes: list[int], data: st.DataObject) -> None:
    groups = tuple((f"c{at}",) for at in range(len(sizes)))
    tokens = Tokens(groups, np.cumsum([0, *sizes]))
    at = data.draw(st.integers(0, len(sizes) - 1))
    chosen = data.draw(st.integers(0, sizes[at] - 1))
    marked = np.zeros(sum(sizes), bool)
    marked[tokens.of(f"c{at}", np.array([chosen]))] = True
    found = {group: np.flatnonzero(rows).tolist() for group, rows in tokens.split(marked).items()}
    assert found == {group: [chosen] if group == (f"c{at}",) else [] for group in groups}


def test_long_groups_are_shuffled_and_cut() -> None:
    tokens, ids = Tokens((("a",),), np.array([0, 120])), {"a": np.arange(120)}
    sentences = group_sentences(tokens, ids, np.zeros(120, int), None)
    corpus = Corpus(sentences, [str(at) for at in range(120)], seed=0)
    first, second = list(corpus), list(corpus)
    assert [len(piece) for piece in first] == [40, 40, 40]
    assert first != second


def test_other_containers() -> None:
    frame = baskets()[["fan", "team"]]
    want = te.Word2VecEmbedder(dim=3, group_by="fan", epochs=1, random_state=0).fit(frame).tables_["team"]
    assert (
        te.Word2VecEmbedder(dim=3, group_by="fan", epochs=1, random_state=0)
        .fit(pa.Table.from_pandas(frame, preserve_index=False))
        .tables_["team"]
        == want
    )
    array = te.Word2VecEmbedder(dim=3, group_by="x0", epochs=1, random_state=0).fit(frame.to_numpy())
    np.testing.assert_array_equal(array.tables_["x1"].vectors, want.vectors)


def test_refusals() -> None:
    frame = baskets()
    fit = {"random_state": 0, "epochs": 1, "dim": 2}
    for arguments, message in {
        "order_by": ({"order_by": "day"}, r"`order_by` needs `group_by`, .*: order_by='day' came alone"),
        "window": ({"window": 3}, r"`window` counts neighbours in an order, however: window=3 came without `order_by`"),
        "window 0": ({"group_by": "fan", "order_by": "day", "window": 0}, r"`window` must be None or a whole number"),
        "groups": ({"group_by": "fam"}, r"'fam'.*'fan'"),
        "times": ({"group_by": "fan", "order_by": "dya"}, r"'dya'.*'day'"),
        "a number": ({"group_by": 0}, r"'0'"),
        "no name": ({"group_by": []}, r"`group_by` must name a column, or several"),
        "sg": ({"sg": "cbow"}, r"`sg` must be True \(skip-gram\) or False \(CBOW\), however: sg='cbow'"),
        "negative": ({"negative": 0}, r"`negative` must be a whole number of 1 or more, however: negative=0"),
        "epochs": ({"epochs": 0}, r"`epochs` must be None or a whole number of 1 or more, however: epochs=0"),
        "rate": ({"learning_rate": 0}, r"`learning_rate` must be a number above 0, however: learning_rate=0"),
        "seed": ({"random_state": -1}, r"`random_state` must be None or a whole number of 0 or more"),
    }.values():
        with pytest.raises(DataError, match=message):
            te.Word2VecEmbedder(**{**fit, **arguments}).fit(frame)
    with pytest.raises(DataError, match=r"column 'team' must stand beside another one of labels .* group_by="):
        te.Word2VecEmbedder(**fit).fit(frame[["team"]])
    with pytest.raises(DataError, match=r"`group_by` must name columns whose values come in several rows.* 'row'"):
        te.Word2VecEmbedder(**fit, group_by="row").fit(frame.assign(row=np.arange(len(frame)).astype(str)))
    with pytest.raises(DataError, match=r"column 'team' must have two labels or more to learn vectors for"):
        te.Word2VecEmbedder(**fit, group_by="fan", kinds={"team": te.Categorical()}).fit(frame.assign(team="one"))


def test_without_gensim_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["gensim"] = sys.modules["gensim.models"] = None
import pandas as pd, tabembed as te
try:
    te.Word2VecEmbedder().fit(pd.DataFrame({"a": ["x", "y"], "b": ["p", "q"]}))
except ImportError as error:
    print(error, "tensorflow" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "this needs 'gensim', which is not installed: pip install 'tabembed[gensim]' False\n"
