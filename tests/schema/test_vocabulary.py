"""Ids: 0 missing, 1 unknown, then the labels by falling count."""

from __future__ import annotations

import keras
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tabembed.schema.vocabulary import FIRST_ID, MISSING_ID, UNKNOWN_ID, Vocabulary, id_type

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
# Keras keeps "[UNK]" for itself, and cuts NUL from a label's end.
kept = texts.filter(lambda text: text != "[UNK]" and not text.endswith("\0"))
columns = st.lists(st.none() | texts, min_size=1, max_size=40)


def encode(vocabulary: Vocabulary, values: list[str | None], kept: int | None = None) -> list[int]:
    ids = vocabulary.encode(pa.array(values, pa.string()), "c", len(vocabulary) if kept is None else kept)
    assert ids.dtype == np.uint8
    return ids.tolist()


def test_the_fixed_ids() -> None:
    assert (MISSING_ID, UNKNOWN_ID, FIRST_ID) == (0, 1, 2)
    vocabulary, missing = Vocabulary.count(pa.array(["b", "a", "b", None, "", "c"]), "c")
    assert missing == 2
    assert (vocabulary.labels, vocabulary.counts.tolist()) == (["b", "a", "c"], [2, 1, 1])
    assert encode(vocabulary, ["b", "a", "c", "new", None, ""]) == [2, 3, 4, 1, 0, 0]


@given(columns)
def test_labels_stand_by_falling_count_then_by_label(values: list[str | None]) -> None:
    vocabulary, missing = Vocabulary.count(pa.array(values, pa.string()), "c")
    present = [value for value in values if value]
    assert missing == len(values) - len(present)
    assert vocabulary.labels == sorted(set(present), key=lambda label: (-present.count(label), label))
    assert vocabulary.counts.tolist() == [present.count(label) for label in vocabulary.labels]


@given(columns, st.integers(1, 4), st.none() | st.integers(1, 5))
def test_a_cut_keeps_the_most_frequent(values: list[str | None], min_count: int, max_size: int | None) -> None:
    vocabulary, _ = Vocabulary.count(pa.array(values, pa.string()), "c")
    kept = vocabulary.kept(min_count, max_size)
    enough = [count for count in vocabulary.counts.tolist() if count >= min_count]
    assert kept == min(len(enough), max_size or len(enough))
    ids = dict(zip(vocabulary.labels, encode(vocabulary, list(vocabulary.labels), kept), strict=True))
    assert all(ids[label] == at for at, label in enumerate(vocabulary.labels[:kept], FIRST_ID))
    assert all(ids[label] == UNKNOWN_ID for label in vocabulary.labels[kept:])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(kept, min_size=1, max_size=20, unique=True),
    st.lists(kept | st.just(""), max_size=10),
)
def test_keras_numbers_them_just_so(labels: list[str], asked: list[str]) -> None:
    vocabulary = Vocabulary(labels, range(len(labels), 0, -1))
    lookup = keras.layers.StringLookup(vocabulary=vocabulary.labels, mask_token="")
    values = [*labels, *asked, ""]
    assert encode(vocabulary, values) == lookup(tf.constant(values)).numpy().tolist()


def test_a_category_without_rows_is_no_label() -> None:
    values = pa.DictionaryArray.from_arrays([0, 0, 2], ["a", "never", "b"])
    vocabulary, _ = Vocabulary.count(values, "c")
    assert (vocabulary.labels, vocabulary.counts.tolist()) == (["a", "b"], [2, 1])


def test_equal_by_labels_and_counts() -> None:
    one = Vocabulary(["a", "b"], [2, 1])
    assert one == Vocabulary(["b", "a"], [1, 2])
    assert hash(one) == hash(Vocabulary(["b", "a"], [1, 2]))
    assert one != Vocabulary(["a", "b"], [3, 1])
    assert one != Vocabulary(["a"], [2])
    assert one != "a vocabulary"
    assert Vocabulary(**one.to_dict()) == one


def test_counts_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Vocabulary(["a"], [1]).counts[0] = 2


def test_repr_is_short() -> None:
    many = Vocabulary(list("abcde"), range(5, 0, -1))
    assert repr(many) == "Vocabulary(5 labels: 'a': 5, 'b': 4, 'c': 3, ...)"
    assert repr(Vocabulary(["a"], [1])) == "Vocabulary(1 labels: 'a': 1)"


@pytest.mark.parametrize(("size", "kind"), [(254, "uint8"), (255, "uint16"), (65_534, "uint16"), (65_535, "int32")])
def test_ids_take_the_smallest_type_that_holds_them(size: int, kind: str) -> None:
    vocabulary = Vocabulary([str(n) for n in range(size)], range(size, 0, -1))
    ids = vocabulary.encode(pa.array([None, "?", "0", str(size - 1)]), "c", size)
    assert (ids.dtype.name, ids.tolist()) == (kind, [0, 1, 2, size + 1])


def test_no_id_wraps() -> None:
    assert [np.iinfo(id_type(size)).max >= size - 1 for size in (2**31 - 1, 2**31, 2**31 + 1, 2**40)] == [True] * 4


FAR = [-(2**63) - 1, -(2**63), -(2**63) + 1, 2**63 - 2, 2**63 - 1, 2**63, 2**64 - 1, 2**60, -(2**31), 2**31, 255, -1]
near = st.integers(-9, 9) | st.integers(-70_000, 70_000)
whole = near | st.sampled_from(FAR)


@settings(deadline=None)
@given(
    st.lists(whole.map(str) | st.sampled_from(["a", "007", "-0", "1.0", "+1", "", "²"]).filter(bool), unique=True),
    st.lists(st.none() | whole),
    st.sampled_from([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]),
    st.integers(0, 5),
)
@example([str(2**60), "1"], [1, 2**60, 2], pa.int64(), 0)
@example([str(2**63 - 1), str(2**63)], [2**63 - 1, 2**63], pa.int64(), 0)
@example([str(-(2**63)), str(-(2**63) - 1)], [-(2**63), 2**63 - 1], pa.int64(), 0)
@example([str(2**64 - 1), "-1"], [2**64 - 1], pa.uint64(), 0)
def test_whole_numbers_are_the_labels_they_spell(
    labels: list[str], values: list[int | None], kind: pa.DataType, cut: int
) -> None:
    vocabulary = Vocabulary(labels, range(len(labels), 0, -1))
    size, signed = kind.bit_width, str(kind).startswith("i")
    low, high = (-(2 ** (size - 1)), 2 ** (size - 1) - 1) if signed else (0, 2**size - 1)
    column = pa.array([value if value is None or low <= value <= high else high for value in values], kind)
    kept = max(0, len(vocabulary) - cut)
    want = vocabulary.encode(column.cast(pa.string()), "c", kept)
    for asked in (column, pa.chunked_array([column[:1], column[1:]])):
        ids = vocabulary.encode(asked, "c", kept)
        assert (ids.dtype, ids.tolist()) == (want.dtype, want.tolist())
