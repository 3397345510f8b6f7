"""Hashed, one-hot and dropped-out categories in the model: trained, exported, extracted, grown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.nn.grow import grow_model

RNG = np.random.default_rng(0)
C = RNG.choice(list("abcdef"), 120).tolist()
FRAME: dict[str, Any] = {"c": [None, *C], "y": [0.5, *(ord(label) - 97.5 for label in C)]}
KINDS = [te.Categorical(hash_buckets=4), te.Categorical(one_hot=True), te.Categorical(embedding_dropout=0.5, dim=3)]


def built(kind: te.Categorical) -> tuple[te.Schema, keras.Model]:
    schema = te.infer_schema(FRAME, "y", kinds={"c": kind})
    return schema, te.build_model(schema, random_state=0, hidden=(4,))


@pytest.mark.parametrize("kind", KINDS, ids=["hashed", "one-hot", "dropout"])
def test_a_kind_alone_trains_exports_and_agrees(kind: te.Categorical, tmp_path: Path) -> None:
    schema, model = built(kind)
    model.compile(te.RowwiseAdam(1e-2), "mse", jit_compile=True)
    model.fit(schema.dataset(FRAME, 60), epochs=1, shuffle=False, verbose=0)
    asked = ["a", "f", "unseen", "", "größe"]
    want = model(schema.inputs({"c": asked}), training=False).numpy()[:, 0]
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(schema.inputs({"c": asked}), training=False)[:, 0], want)
    path = te.export(model, schema, tmp_path / "m")
    np.testing.assert_allclose(te.load(path).predict({"c": asked}), want, rtol=0, atol=1e-5)
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    np.testing.assert_allclose(serve(c=tf.constant(asked))["prediction"], want, rtol=0, atol=1e-5)


def test_the_labels_of_a_bucket_share_its_vector() -> None:
    schema, model = built(KINDS[0])
    table = te.extract_tables(model, schema)["c"]
    rows = model.get_layer("c.embedding").get_weights()[0]
    assert sorted(table.labels) == list("abcdef")
    for label, at in zip(table.labels, schema.encode({"c": list(table.labels)})["c"], strict=True):
        np.testing.assert_array_equal(table[label], rows[at])
    warm = te.build_model(schema, init={"c": table}, hidden=(4,))
    held = np.bincount(schema["c"].ids, minlength=6)[2:] > 0
    np.testing.assert_allclose(warm.get_layer("c.embedding").get_weights()[0][2:][held], rows[2:][held], rtol=1e-6)


def test_a_bucket_starts_from_the_mean_of_its_labels() -> None:
    schema = te.infer_schema({"c": ["a", "a", "a", "b"], "y": [0.5, 1, 2, 3]}, "y", kinds={
        "c": te.Categorical(hash_buckets=1)
    })  # fmt: skip
    table = te.EmbeddingTable(["a", "b"], [[4.0], [8.0]])
    rows = te.build_model(schema, init={"c": table}).get_layer("c.embedding").get_weights()[0]
    assert rows[2].tolist() == [5.0]


@pytest.mark.parametrize("kind", KINDS[:2], ids=["hashed", "one-hot"])
def test_growth_keeps_what_was_learned(kind: te.Categorical) -> None:
    schema, model = built(kind)
    want = model(schema.inputs(FRAME), training=False).numpy()
    grown = schema.grown({"c": ["new", "a"], "y": [1.5, 2.5]})
    assert grow_model(model, schema, grown, hidden=(4,)) is model
    np.testing.assert_array_equal(model(grown.inputs(FRAME), training=False), want)


def test_hashed_rows_move_over_when_another_table_grows() -> None:
    frame = {**FRAME, "d": FRAME["c"]}
    schema = te.infer_schema(frame, "y", kinds={"c": te.Categorical(hash_buckets=40)})
    model = te.build_model(schema, random_state=0, hidden=(4,))
    grown = schema.grown({"c": ["new"], "d": ["new"], "y": [1.5]})
    after = grow_model(model, schema, grown, hidden=(4,))
    assert after is not model
    rows = [each.get_layer("c.embedding").get_weights()[0] for each in (model, after)]
    np.testing.assert_array_equal(*rows)


def test_one_hot_is_a_fixed_code() -> None:
    schema, model = built(te.Categorical(one_hot=6))
    code = keras.Model(model.get_layer("c").output, model.get_layer("c.flatten").output)
    values = code(schema.inputs({"c": [*schema["c"].labels, "unseen", None]})["c"]).numpy()
    np.testing.assert_array_equal(values, np.eye(7)[[0, 1, 2, 3, 4, 5, 6, 6]] * np.array([[1]] * 6 + [[0], [1]]))
    assert "c.one_hot" not in {variable.path.split("/")[0] for variable in model.trainable_variables}
    assert te.extract_tables(model, schema) == {}
    with pytest.raises(te.DataError, match="`init` has a table for column 'c', which is one-hot and has none; declare"):
        te.build_model(schema, init={"c": te.EmbeddingTable(["a"], [[1.0]])})


def test_dropout_of_entries_has_its_seed() -> None:
    models = [built(KINDS[2])[1] for _ in range(2)]
    outs = []
    for model in models:
        vectors = keras.Model(model.get_layer("c").output, model.get_layer("c.flatten").output)
        outs.append(vectors(np.full((200, 1), 2), training=True).numpy())
    np.testing.assert_array_equal(*outs)
    assert 0.35 < (outs[0] == 0).mean() < 0.65
    assert not (outs[0] == 0).all(axis=1).all()
