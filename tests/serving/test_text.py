"""Texts in the exported graph: hashed as in Python, and whole models from raw texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.serving.raw import raw_input

NASTY = [
    "Hotel Adler", "", "  ", "a", "<", "<a>b<", "\0", "a\0b", "日本 語", "e\u0301 é", "🛫🛫 👩\u200d🚀",
    "\ufeff\u00a0\u3000x",
    "\x1c\x85 y", "\t\n\v\f\r", "x" * 500, "AbC ÀÉ İıß ſ", "\U0010ffff", "-0", " lead", "trail ", "a  b",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"])), max_size=9)
KINDS = [te.Text(), te.Text(ngrams=(1, 2), buckets=7), te.Text(ngrams=(4, 8), lower=False), te.Text(ngrams=(64, 64))]


@pytest.fixture(scope="module")
def graphs() -> list[Any]:
    """Return the traced function of each of ``KINDS``."""
    raws = [raw_input(kind, "c", {"c": "my_c"}) for kind in KINDS]
    assert {raw.specs for raw in raws} == {(tf.TensorSpec((None,), tf.string, name="my_c"),)}
    return [tf.function(raw.encode, input_signature=raw.specs) for raw in raws]


@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, at=st.integers(0, len(KINDS) - 1))
def test_the_graph_hashes_as_python(texts: list[str], at: int, graphs: list[Any]) -> None:
    lists = KINDS[at].encode(pa.array(texts, pa.string()), "c")
    ids = graphs[at](tf.constant(texts, tf.string, shape=(len(texts),)))["my_c"]
    assert ids.dtype == tf.int32
    np.testing.assert_array_equal(ids, lists.padded(0))


def test_bytes_that_are_no_text_count_as_the_replacement(graphs: list[Any]) -> None:
    a, b = (graphs[0](tf.constant([text]))["my_c"].numpy() for text in (b"a\xffb", "a\ufffdb"))
    np.testing.assert_array_equal(a, b)


def test_a_model_of_texts_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [" ".join(rng.choice(["Hotel", "Inn", "Adler", "Sonne", "Krone", "é🛫"], 2)) + f" {n}x" for n in range(300)]
    worth = [30.0 * ("Hotel" in name) - 20.0 * ("Inn" in name) for name in names]
    frame = pd.DataFrame({"my name": names, "y": worth + rng.normal(0, 1, 300)})
    schema = te.infer_schema(frame, "y")
    assert isinstance(schema["my name"], te.Text)
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile(te.RowwiseAdam(5e-2), "mse")
    fitted = model.fit(schema.dataset(frame, 50, shuffle=True, seed=0), epochs=6, shuffle=False, verbose=0)
    assert fitted.history["loss"][-1] < 0.3 * fitted.history["loss"][0]
    path = te.export(model, schema, tmp_path / "m")
    asked = pd.DataFrame({"my name": [*names[:50], *NASTY, "Hotle Adler", "Htel"]})
    want = np.asarray(model(schema.inputs(asked), training=False))[:, 0]
    near = {"rtol": 0, "atol": 1e-5 * frame["y"].std()}
    served = te.load(path)
    np.testing.assert_allclose(served.predict(asked), want, **near)
    assert served.predict({"my name": [None]}) == pytest.approx(served.predict({"my name": [""]}))
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    (key,) = serve.structured_input_signature[1]
    np.testing.assert_allclose(serve(**{key: tf.constant(asked["my name"])})["prediction"], want, **near)
    assert served.tables == te.extract_tables(model, schema) == {}
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")(schema.inputs(asked), training=False)
    np.testing.assert_allclose(again[:, 0], want, rtol=1e-6)
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=70)
    assert te.infer_schema(tmp_path / "a.parquet", "y") == schema
    for (a, _), (b, _) in zip(schema.dataset(tmp_path / "a.parquet", 100), schema.dataset(frame, 100), strict=True):
        np.testing.assert_array_equal(*[next(iter(part.values())) for part in (a, b)])


def test_texts_and_lists_with_the_other_kinds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "name": [f"Hotel {'AB'[n % 2]}dler {n}x" for n in range(100)],
            "tags": [["pool", "bar"][: n % 3] for n in range(100)],
            "city": rng.choice(["u", "v"], 100),
            "km": rng.normal(size=100),
            "open": rng.random(100) < 0.5,
            "y": rng.choice(["yes", "no"], 100),
        }
    )
    schema = te.infer_schema(frame, "y")
    assert [kind.key for kind in schema.features.values()] == [
        "text",
        "multi_categorical",
        "categorical",
        "numeric",
        "boolean",
    ]
    model = te.build_model(schema, random_state=0, hidden=(8,))
    served = te.load(te.export(model, schema, tmp_path / "m"))
    want = np.asarray(model(schema.inputs(frame), training=False))[:, 0]
    np.testing.assert_allclose(served.predict_proba(frame)[:, 1], want, atol=1e-6)
    assert set(served.tables) == {"tags", "city"}
