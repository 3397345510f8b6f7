"""Hashed labels: the hash is TensorFlow's, and what is declared with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.schema.hashing import fingerprints, hash_buckets


def in_the_graph(labels: list[str], buckets: int) -> list[int]:
    texts = tf.constant([label.encode("utf-8", "surrogatepass") for label in labels], tf.string)
    return tf.strings.to_hash_bucket_fast(texts, buckets).numpy().tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=20), st.integers(1, 2**62))
def test_the_hash_is_tensorflows(labels: list[str], buckets: int) -> None:
    assert hash_buckets(labels, buckets).tolist() == in_the_graph(labels, buckets)


def test_every_length_is_hashed_as_in_tensorflow() -> None:
    labels = ["".join(chr(97 + (at * at + 7 * size) % 26) for at in range(size)) for size in range(330)]
    assert hash_buckets(labels, 2**62 - 57).tolist() == in_the_graph(labels, 2**62 - 57)
    assert fingerprints([]).tolist() == []


def test_a_hashed_column_knows_every_label() -> None:
    schema = te.infer_schema({"c": ["a", "b", "a", None, ""]}, kinds={"c": te.Categorical(hash_buckets=1_000)})
    kind = schema["c"]
    assert isinstance(kind, te.Categorical)
    ids = schema.encode({"c": ["a", "b", "zzz", None, ""]})["c"]
    assert ids.dtype == np.uint16
    assert ids[3:].tolist() == [0, 0]
    assert ids[:3].tolist() == [2 + bucket for bucket in in_the_graph(["a", "b", "zzz"], 1_000)]
    assert (kind.size, kind.labels, kind.ids.tolist()) == (1_002, ["a", "b"], ids[:2].tolist())
    assert kind.describe() == ("2 in 1,000", "2 (fourth_root)")
    assert kind.row_counts.sum() == 3
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    plain = schema.replace(c=te.Categorical())
    assert plain["c"] == te.infer_schema({"c": ["a", "b", "a", None, ""]}, kinds={"c": te.Categorical()})["c"]


@pytest.mark.parametrize("kind", [te.Categorical(hash_buckets=5), te.Categorical(one_hot=True)])
def test_files_teach_what_a_frame_does(kind: te.Categorical, tmp_path: Path) -> None:
    rows = pa.table({"c": ["a", "b", None, "", "a", "é"] * 9})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=7)
    of_files, of_frame = (te.infer_schema(data, kinds={"c": kind}) for data in (tmp_path / "a.parquet", rows))
    assert of_files == of_frame
    np.testing.assert_array_equal(of_files.encode(tmp_path / "a.parquet")["c"], of_frame.encode(rows)["c"])


def test_one_hot_holds_below_a_size() -> None:
    columns = {"few": list("abcdefghii"), "many": list("abcdefghij")}
    for limit, held in ((True, ["few"]), (10, ["few", "many"]), (3, []), (False, [])):
        schema = te.infer_schema({name: v * 5 for name, v in columns.items()}, kinds={
            name: te.Categorical(one_hot=limit) for name in columns
        })  # fmt: skip
        assert [name for name, kind in schema.features.items() if not kind.tables(name)] == held
    assert schema["few"].describe() == ("9", "2 (fourth_root)")
    assert te.infer_schema({"c": ["a", "b"]}, kinds={"c": te.Categorical(one_hot=2)})["c"].describe() == (
        "2",
        "3 (one-hot)",
    )


def test_a_one_hot_column_keeps_its_labels_for_life() -> None:
    schema = te.infer_schema({"c": ["a", "b", "a"]}, kinds={"c": te.Categorical(one_hot=True)})
    grown = schema.grown({"c": ["new", "new", "new", None]})
    assert grown["c"] == schema["c"]
    assert (grown.column("c").rows, grown.column("c").missing) == (7, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"hash_buckets": 0}, "`hash_buckets` must be a whole number of 1 or more, however: hash_buckets=0"),
        ({"hash_buckets": 1.5}, "`hash_buckets` must be a whole number of 1 or more, however: hash_buckets=1.5"),
        (
            {"hash_buckets": 9, "min_count": 2},
            "`hash_buckets` gives every label a row, however: min_count=2; leave one out",
        ),
        ({"hash_buckets": 9, "max_size": 5}, "`hash_buckets` gives every label a row, however: max_size=5"),
        ({"hash_buckets": 9, "one_hot": True}, "`hash_buckets` gives every label a row, however: one_hot=True"),
        ({"one_hot": 0.5}, "`one_hot` must be True, False or a number of labels, however: one_hot=0.5"),
        ({"one_hot": -1}, "`one_hot` must be True, False or a number of labels, however: one_hot=-1"),
        ({"one_hot": True, "table": "t"}, "a one-hot column has no table to share, however: table='t'; leave one out"),
        ({"embedding_dropout": 1}, r"`embedding_dropout` must be in \[0, 1\), however: embedding_dropout=1"),
    ],
)
def test_arguments_out_of_range(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        te.Categorical(**arguments)
