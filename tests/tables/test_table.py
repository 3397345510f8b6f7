"""The container: what it takes, what it refuses, and the tables cut from it."""

from __future__ import annotations

import copy
import datetime
import io
import pickle
import subprocess
import sys
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabembed.io.errors import DataError, LabelError
from tabembed.tables import EmbeddingTable


def test_parts(small: EmbeddingTable) -> None:
    assert list(small) == list(small.labels) == ["BOS", "LGA", "LAX", "SFO"]
    assert len(small) == 4
    assert small.dim == 2
    assert small.vectors.dtype == np.float32
    assert small.counts.dtype == np.int64
    assert small["LAX"].tolist() == [5, 5]
    assert small.missing.tolist() == [9, 9]
    weighted = np.average(small.vectors, axis=0, weights=small.counts).astype(np.float32)
    assert small.unknown.tolist() == pytest.approx(weighted.tolist())
    assert small.norms.tolist() == np.linalg.norm(small.vectors.astype(float), axis=1).tolist()
    assert repr(small) == "EmbeddingTable('dest', 4 labels x 2, euclidean: 'BOS', 'LGA', 'LAX', ...)"


def test_defaults() -> None:
    t = EmbeddingTable(["a", "b"], [[1], [3]])
    assert t.counts.tolist() == [0, 0]
    assert t.unknown.tolist() == t.missing.tolist() == [2]
    assert EmbeddingTable(["a"], [[1]], unknown=[5]).missing.tolist() == [5]
    empty = EmbeddingTable([], np.empty((0, 3)))
    assert empty.unknown.tolist() == [0, 0, 0]
    assert empty.lookup(["a", None]).tolist() == [[0] * 3] * 2
    assert empty.neighbors(np.zeros(3)) == []


@pytest.mark.parametrize("value", [7, 7.0, np.int8(7), np.float32(7), "7"])
def test_values_and_labels_are_one(value: Any) -> None:
    t = EmbeddingTable([7, "007", True, datetime.date(2024, 2, 29)], np.eye(4))
    assert value in t
    assert t[value].tolist() == [1, 0, 0, 0]
    assert t.labels == ("7", "007", "True", "2024-02-29")
    assert 8 not in t
    assert None not in t
    assert float("nan") not in t


def test_immutable(small: EmbeddingTable) -> None:
    assert copy.copy(small) is small
    assert copy.deepcopy({"dest": small})["dest"] is small
    for array in (small.vectors, small.counts, small.missing, small.unknown, small["BOS"], small.norms):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError, match="can't be changed, however: 'name' was set"):
        small.name = "x"


def test_arrays_are_copied_unless_read_only() -> None:
    vectors = np.ones((2, 3), np.float32)
    t = EmbeddingTable(["a", "b"], vectors)
    vectors[0] = 5
    assert t["a"].tolist() == [1, 1, 1]
    vectors.flags.writeable = False
    assert np.shares_memory(EmbeddingTable(["a", "b"], vectors).vectors, vectors)
    assert EmbeddingTable(["a", "b"], np.asfortranarray(np.eye(2))).vectors.flags.c_contiguous


def test_equality_and_pickle(small: EmbeddingTable) -> None:
    again = pickle.loads(pickle.dumps(small))
    assert again == small
    assert hash(again) == hash(small)
    assert again.neighbors("BOS") == small.neighbors("BOS")
    buffer = io.BytesIO()
    joblib.dump(small, buffer)
    buffer.seek(0)
    assert joblib.load(buffer) == small
    changes: dict[str, Any] = {
        "labels": ["BOS", "LGA", "LAX", "SF"], "vectors": small.vectors + 1, "counts": None, "missing": [1, 1],
        "unknown": [1, 1], "name": None, "metric": "dot",
    }  # fmt: skip
    for part, value in changes.items():
        assert small.replace(**{part: value}) != small
    assert EmbeddingTable(["a"], [[0.0]]) != EmbeddingTable(["a"], [[-0.0]])
    assert small != "BOS"


@pytest.mark.parametrize(
    "labels",
    [("b", "a"), np.array(["b", "a"]), pd.Series(["b", "a"], index=[7, 7]), pl.Series(["b", "a"]), pa.array(["b", "a"]),
     pa.chunked_array([["b"], ["a"]]), pd.Index(["b", "a"]), pd.Categorical(["b", "a"])],
)  # fmt: skip
def test_labels_of_any_container(labels: Any) -> None:
    assert EmbeddingTable(labels, [[1], [2]]).labels == ("b", "a")


@pytest.mark.parametrize(
    "values",
    [["b", "z", None, "a"], pd.Series(["b", "z", None, "a"]), pd.Series(["b", "z", None, "a"], dtype="category"),
     np.array(["b", "z", "", "a"]), np.array(["b", "z", np.nan, "a"], object), pa.array(["b", "z", None, "a"]),
     pa.chunked_array([["b", "z"], [None, "a"]]), pl.Series(["b", "z", None, "a"])],
)  # fmt: skip
def test_lookup(values: Any) -> None:
    t = EmbeddingTable(["a", "b"], [[1], [2]], missing=[8], unknown=[9])
    found = t.lookup(values)
    assert found.tolist() == [[2], [9], [8], [1]]
    assert found.dtype == np.float32
    found[...] = 0  # the caller's own
    assert t.ids(values).tolist() == [3, 1, 0, 2]


def test_lookup_of_integers_that_came_as_floats() -> None:
    t = EmbeddingTable([1, 2], [[1], [2]], missing=[8])
    assert t.lookup(pd.Series([2, None, 1])).tolist() == [[2], [8], [1]]
    assert t.lookup([]).shape == (0, 1)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True, max_size=20), st.data())
def test_lookup_agrees_with_item(labels: list[str], data: st.DataObject) -> None:
    t = EmbeddingTable(labels, np.arange(len(labels), dtype=float)[:, None], unknown=[-1], missing=[-2])
    values = data.draw(st.lists(st.none() | st.sampled_from([*labels, "no such label"])))
    expected = [-2 if v is None else t[v].item() if v in t else -1 for v in values]
    assert t.lookup(pa.array(values, pa.string())).ravel().tolist() == expected


def test_unknown_label(small: EmbeddingTable) -> None:
    with pytest.raises(LabelError, match="'BSO' is none of the 4 labels of table 'dest'; the closest are 'SFO', 'BOS'"):
        small["BSO"]
    with pytest.raises(LabelError, match="'bos' is none of .*; the closest are 'BOS'"):
        small["bos"]
    with pytest.raises(
        KeyError, match=r"'日' is none of the 4 labels of the table; its first are \('BOS', 'LGA', 'LAX'\)"
    ):
        small.replace(name=None)["日"]
    with pytest.raises(LabelError, match=r"nan is missing, and no label of table 'dest'; its vector is `.missing`"):
        small[float("nan")]
    with pytest.raises(DataError, match=r"a label must be a string, a number.*however: \[1\]"):
        small[[1]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "ab"}, r"labels must be a list of labels, however: labels='ab'; write \['ab'\]"),
        ({"labels": ["a", None]}, "label 1 is missing; give its vector as missing="),
        ({"labels": ["", "b"]}, "label 0 is missing"),
        ({"labels": ["a", "a"]}, "each label must come once, however: 'a' comes 2 times"),
        ({"labels": [1, 1.0]}, "each label must come once, however: '1' comes 2 times"),
        ({"labels": ["a", "\ud800"]}, r"labels must be valid Unicode, however: '\\ud800' holds a lone surrogate"),
        ({"labels": ["a"]}, r"vectors must be \(1, dim\), a row for each of the 1 labels.*vectors.shape=\(2, 2\)"),
        ({"vectors": [1, 2]}, r"vectors must be \(2, dim\).*however: vectors.shape=\(2,\)"),
        ({"vectors": np.empty((2, 0))}, r"at least one column, however: vectors.shape=\(2, 0\)"),
        ({"vectors": [[1, 2], [3]]}, "vectors must be rows of one length, however: "),
        ({"vectors": [["x"], ["y"]]}, "vectors must be real numbers, however: the dtype of vectors is <U1"),
        ({"vectors": [[1, 2], [3, np.nan]]}, "vectors must be finite.*the vector of 'b' holds NaN or infinity"),
        ({"vectors": [[1, 1e39], [3, 4]]}, "vectors must be finite.*the vector of 'a' holds NaN or infinity"),
        ({"missing": [1]}, r"missing must be a vector of 2 numbers, however: missing.shape=\(1,\)"),
        ({"unknown": [1, np.inf]}, r"unknown must be finite float32 numbers, however: unknown=\[ 1. inf\]"),
        ({"counts": [1]}, r"counts must be one number for each of the 2 labels, however: counts.shape=\(1,\)"),
        ({"counts": [1, -1]}, "counts must be whole numbers from 0 up, however: -1 is among them"),
        ({"counts": [1.5, 1]}, "counts must be whole numbers from 0 up, however: 1.5 is among them"),
        ({"name": 7}, r"name must be a string \(the column's name\) or None, however: name=7"),
        ({"metric": "l1"}, "metric must be one of euclidean, cosine, dot, however: metric='l1'"),
    ],
)
def test_refusals(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        EmbeddingTable(**{"labels": ["a", "b"], "vectors": [[1, 2], [3, 4]], **arguments})


def test_mean_and_similarity(small: EmbeddingTable) -> None:
    assert small.mean(["BOS", "LAX"]).tolist() == [2.5, 3]
    assert small.mean("BOS").tolist() == [0, 1]
    assert small.similarity("BOS", "LGA") == pytest.approx(1)
    assert small.similarity("BOS", np.array([0.0, -2.0])) == pytest.approx(-1)
    assert small.similarity("BOS", np.zeros(2)) == 0
    assert small.similarity(np.array([1e-30, 0]), np.array([1e30, 0])) == pytest.approx(1)
    with pytest.raises(DataError, match="labels must name at least one label to average"):
        small.mean([])


def test_subset(small: EmbeddingTable) -> None:
    cut = small.subset(["SFO", "BOS"])
    assert cut.labels == ("SFO", "BOS")
    assert cut.vectors.tolist() == [[5, 7], [0, 1]]
    assert cut.counts.tolist() == [3, 15]
    assert cut.unknown.tolist() == small.unknown.tolist()
    assert cut.name == "dest"
    assert isinstance(cut, EmbeddingTable)
    assert small.subset("BOS").labels == ("BOS",)
    with pytest.raises(DataError, match="'BOS' comes 2 times"):
        small.subset(["BOS", "BOS"])


def test_merge(small: EmbeddingTable) -> None:
    other = EmbeddingTable(["LAX", "JFK"], [[0, 0], [8, 8]], counts=[1, 2])
    both = small.merge(other)
    assert both.labels == (*small.labels, "JFK")
    assert both["LAX"].tolist() == [5, 5]
    assert both["JFK"].tolist() == [8, 8]
    assert both.counts.tolist() == [15, 10, 16, 3, 2]
    assert both.missing.tolist() == [9, 9]
    assert small.merge(small) == small
    with pytest.raises(
        DataError, match=r"tables to merge must have one dim, however: 2 and 1; use reduce\(dim\) first"
    ):
        small.merge(EmbeddingTable(["x"], [[1]]))


def test_rename(small: EmbeddingTable) -> None:
    assert small.rename({"BOS": "LGA", "LGA": "BOS"}).labels == ("LGA", "BOS", "LAX", "SFO")
    assert small.rename({"BOS": 7})[7].tolist() == [0, 1]
    with pytest.raises(LabelError, match="'XXX' is none of"):
        small.rename({"XXX": "a"})
    with pytest.raises(DataError, match="'LAX' comes 2 times"):
        small.rename({"BOS": "LAX"})


def test_using_a_table_imports_no_framework() -> None:
    code = (
        "import sys; from tabembed.tables import EmbeddingTable as E; t = E(['a', 'b'], [[1.0], [2.0]]);"
        "t.neighbors('a'); t.lookup(['a', None]); t.reduce(1);"
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'torch', 'gensim', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
