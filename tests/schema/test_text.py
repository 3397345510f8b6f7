"""Texts as bags of hashed n-grams: the hash, what is near what, and how a column comes to be text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.schema.ngrams import MIX, POWERS, PRIME, ngram_ids

TEXTS = st.lists(
    st.text(st.sampled_from(list("aAzZ<> \t\n\u00a0\u0301é日🛫\0")) | st.characters(exclude_categories=["Cs"]))
)


def slowly(text: str, low: int, high: int, buckets: int, lower: bool) -> list[int]:
    """Return a text's ids, n-gram by n-gram."""
    if lower:
        text = "".join(c.lower() if c.isascii() else c for c in text)
    words = [f"<{word}>" for word in "".join(" " if c in "\t\n\v\f\r" else c for c in text).split(" ") if word]
    grams = [word[at : at + n] for n in range(low, high + 1) for word in words for at in range(len(word) - n + 1)]
    grams += [word for word in words if not low <= len(word) <= high]
    sums = [sum((ord(c) + 1) * int(POWERS[at % 64]) for at, c in enumerate(gram)) for gram in grams]
    return [total % PRIME * MIX % PRIME % buckets + 1 for total in sums]


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from([(3, 5), (1, 1), (1, 2), (2, 64), (64, 64)]), st.integers(1, 60_000), st.booleans())
def test_the_hash_is_the_one_of_each_ngram(
    texts: list[str], ngrams: tuple[int, int], buckets: int, lower: bool
) -> None:
    lists = ngram_ids(texts, ngrams, buckets, lower)
    assert len(lists) == len(texts)
    for at, text in enumerate(texts):
        assert lists[at : at + 1].values.tolist() == slowly(text, *ngrams, buckets, lower)


def test_the_hash_never_changes() -> None:
    asked = "ngram_ids(['Zoë 7'], (3, 3), 50_000, True).values.tolist()"
    code = f"from tabembed.schema.ngrams import ngram_ids; print({asked})"
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout]
    assert said == ["[24178, 17406, 27844, 38040, 41426]\n"], "models that were exported before would read other rows"


def test_buckets_are_filled_evenly() -> None:
    texts = [f"{a}{b}{c}" for a in "abcdefghijklmnop" for b in "aeiou0123456789" for c in "qrstuvwxyz"]
    ids = np.unique(ngram_ids(texts, (5, 5), 1_000_000, True).values)
    assert len(ids) > 0.99 * len(texts)
    filled = np.bincount(ngram_ids(texts, (5, 5), 64, True).values, minlength=65)[1:]
    assert filled.min() > 0.5 * filled.mean()


def vectors(texts: list[str], dim: int = 64) -> np.ndarray:
    """Return the bags of random vectors, of length 1."""
    table = np.random.default_rng(0).normal(size=(50_001, dim))
    lists = te.Text().encode(pa.array(texts), "x")
    bags = np.stack([table[lists[at : at + 1].values].mean(axis=0) for at in range(len(texts))])
    return bags / np.linalg.norm(bags, axis=1, keepdims=True)


def test_a_misspelling_is_nearest_to_what_was_meant() -> None:
    from tabembed.io.examples import airports

    names = airports()["name"].unique().tolist()
    rng = np.random.default_rng(1)
    asked = [name for name in names if len(name) >= 12][:200]
    wrong = []
    for name in asked:
        at = int(rng.integers(2, len(name) - 2))
        wrong.append([name[:at] + name[at + 1 :], name[:at] + name[at + 1] + name[at] + name[at + 2 :]][at % 2])
    nearest = (vectors(wrong) @ vectors(names).T).argmax(axis=1)
    hits = np.mean([names[place] == name for place, name in zip(nearest, asked, strict=True)])
    assert hits > 0.9, "the vectors are random: only shared n-grams tell"


def test_case_of_ascii_is_left_out_unless_asked_for() -> None:
    upper, lower = te.Text().encode(pa.array(["ÉCOLE X", "École x", "école x"]), "x"), te.Text(lower=False)
    assert upper[:1].values.tolist() == upper[1:2].values.tolist() != upper[2:].values.tolist()
    kept = lower.encode(pa.array(["ADLER", "Adler"]), "x")
    assert kept[:1].values.tolist() != kept[1:].values.tolist()


def test_texts_of_every_type() -> None:
    schema = te.infer_schema({"x": ["Hotel", "", None, " \t", "Hotel"]}, kinds={"x": te.Text()})
    assert schema.column("x").missing == 3
    assert schema.encode({"x": ["Hotel"]})["x"].dtype == np.uint16
    assert schema.encode({"x": [None, "Hotel", ""]})["x"].lengths.tolist() == [0, 13, 0]
    for same in (
        pa.array(["7"]),
        pa.array([7]),
        pa.array([7.0]),
        pa.array(["7"]).dictionary_encode(),
        pa.chunked_array([["7"]]),
    ):
        assert te.Text().encode(same, "x").values.tolist() == te.Text().encode(pa.array(["7"]), "x").values.tolist()
    assert te.Text().encode(pa.nulls(2), "x").lengths.tolist() == [0, 0]
    assert te.Text(buckets=3).encode(pa.array(["a"] * 40_000 + [f"{n}" for n in range(70_000)]), "x").dtype == np.uint8
    with pytest.raises(te.DataError, match="column 'x' must hold strings, .* however: its type is list"):
        te.infer_schema({"x": [["a"]]}, kinds={"x": te.Text()})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dim": 0}, "`dim` must be a whole number of 1 or more, however: dim=0"),
        ({"buckets": True}, "`buckets` must be a whole number of 1 or more, however: buckets=True"),
        ({"ngrams": 3}, r"`ngrams` must be a pair such as \(3, 5\), however: ngrams=3"),
        ({"ngrams": (5, 3)}, r"`ngrams` must rise from 1 or more to 64 or less, however: ngrams=\(5, 3\)"),
        ({"ngrams": (3, 65)}, r"`ngrams` must rise from 1 or more to 64 or less, however: ngrams=\(3, 65\)"),
    ],
)
def test_an_argument_out_of_range(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(te.DataError, match=message):
        te.Text(**arguments)


def test_text_comes_back_from_json_and_replaces() -> None:
    schema = te.infer_schema({"x": ["a b", "c", "a b"]}, kinds={"x": te.Text(dim=4, ngrams=[2, 3], lower=False)})
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    assert schema["x"].describe() == ("", "4 (2-3 characters)")
    assert "text" in repr(schema)
    assert schema.grown({"x": ["d", None]}).column("x").missing == 1
    for before in (te.Categorical(), te.Ignored()):
        assert (
            te.infer_schema({"x": ["a b", "c"], "n": [1, 2]}, kinds={"x": before}).replace(x=te.Text())["x"]
            == te.Text()
        )
    with pytest.raises(te.DataError, match="column 'x' is MultiCategorical and holds no statistics for Text"):
        te.infer_schema({"x": [["a"], ["a", "b"]]}).replace(x=te.Text())
    with pytest.raises(te.DataError, match="column 'x' is Text and holds no statistics for Categorical"):
        schema.replace(x=te.Categorical())


# Inference

INFERRED: dict[str, tuple[list[str | None], str, str]] = {
    "names": ([f"Hotel {chr(97 + n % 26)}{n}" for n in range(40)], "text",
              "short texts, 100 % of several words, 40 distinct in 40 rows"),
    "foreign": ([f"ホテル 日本{n}" for n in range(40)], "text", "short texts, 100 %"),
    "gaps": ([None, "", *[f"Zoë\tWest{n}" for n in range(40)]], "text", "short texts, 100 %"),
    "half": ([f"Hotel {chr(97 + n % 26)}" + str(n) if n % 4 else f"{n}" for n in range(40)], "text",
             "short texts, 75 % of several words, 40 distinct"),
    "few": ([f"Hotel x{n}" if n % 4 == 0 else f"{n}" for n in range(40)], "ignored", "set aside: a unique key"),
    "key": ([f"k{n}" for n in range(40)], "ignored", "set aside: a unique key"),
    "phone": ([f"+49 30 {n}" for n in range(40)], "ignored", "set aside: a unique key"),
    "stamp": ([f"2024-01-01 10:00:{n}" for n in range(40)], "ignored", "set aside: a unique key"),
    "repeated": ([f"Hotel {n % 9}a" for n in range(40)], "categorical", "text, 9 distinct"),
}  # fmt: skip


@pytest.mark.parametrize("name", INFERRED)
def test_texts_are_inferred_and_say_why(name: str, tmp_path: Path) -> None:
    values, kind, reason = INFERRED[name]
    table = pa.table({name: values})
    schema = te.infer_schema(table)
    assert schema[name].key == kind
    assert schema.column(name).reason.startswith(reason)
    assert reason in repr(schema)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    streamed = te.infer_schema(tmp_path / "a.parquet")
    assert streamed == schema
    assert streamed.column(name) == schema.column(name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.sampled_from(list("aZ0.é日\u00a0 \t\v\x1c"))), min_size=20, max_size=30, unique=True))
def test_files_are_read_as_a_frame(texts: list[str], tmp_path: Path) -> None:
    table = pa.table({"x": texts})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=9)
    one, other = te.infer_schema(tmp_path / "a.parquet"), te.infer_schema(table)
    assert one == other
    kinds = {"x": te.Text(buckets=99)}
    if any(text.strip("\t\v ") for text in texts):
        declared = te.infer_schema(tmp_path / "a.parquet", kinds=kinds)
        assert declared == te.infer_schema(table, kinds=kinds)
        np.testing.assert_array_equal(declared.inputs(tmp_path / "a.parquet")["x"], declared.inputs(table)["x"])
