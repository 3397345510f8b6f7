"""Pooling lists of vectors: as by hand, whatever the padding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.nn.pooling import ListIds, Pooling
from tabembed.schema.multi_categorical import POOLINGS

TABLE = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
ROWS = st.lists(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([0.0, 0.5, 1.0, 3.0])), max_size=4), min_size=1)


def layer(how: str) -> Pooling:
    made = Pooling(how, seed=1)
    made.build((None, None), (None, None, 3))
    if how == "attention":
        made.set_weights([np.eye(3) * 2, np.array([[1.0], [-2.0], [0.5]])])
    return made


def by_hand(how: str, ids: list[int], weights: list[float]) -> np.ndarray:
    """Return the pooled vector of one list."""
    held = [(at, weight) for at, weight in zip(ids, weights, strict=True) if at and weight] or [(0, 1.0)]
    vectors, share = TABLE[[at for at, _ in held]], np.array([[weight] for _, weight in held])
    if how == "max":
        return (vectors * share).max(axis=0)
    if how == "sum":
        return (vectors * share).sum(axis=0)
    if how == "attention":
        share = share * np.exp(np.tanh(vectors @ (np.eye(3) * 2)) @ [[1.0], [-2.0], [0.5]])
    return (vectors * share).sum(axis=0) / share.sum()


def padded(rows: list[list[Any]], fill: Any, more: int, dtype: str) -> np.ndarray:
    width = max(map(len, rows)) + more
    return np.array([[*row, *[fill] * (width - len(row))] for row in rows], dtype).reshape(len(rows), width)


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("how", POOLINGS)
@settings(max_examples=25, deadline=None)
@given(rows=ROWS, more=st.integers(0, 9))
def test_pooling_is_as_by_hand_whatever_the_padding(
    how: str, weighed: bool, rows: list[list[tuple[int, float]]], more: int
) -> None:
    ids = ListIds()(padded([[at for at, _ in row] for row in rows], 0, more, "int32"))
    assert ids.shape[1] == max(map(len, rows)) + more + 1
    weights = padded([[weight for _, weight in row] for row in rows], np.nan, more, "float32")
    out = layer(how)(ids, tf.gather(TABLE, ids), *([weights] if weighed else []))
    want = [by_hand(how, [at for at, _ in row], [weight if weighed else 1.0 for _, weight in row]) for row in rows]
    np.testing.assert_allclose(out, np.array(want), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("how", POOLINGS)
def test_nothing_flows_back_to_what_isnt_in_the_list(how: str) -> None:
    table = tf.Variable(TABLE)
    ids = ListIds()(np.array([[2, 3, 0, 0], [0, 0, 0, 0], [4, 5, 6, 0]], np.int32))
    weights = np.array([[1, 2, np.nan, np.nan], [np.nan] * 4, [1, 0, 2, np.nan]], np.float32)
    with tf.GradientTape() as tape:
        out = layer(how)(ids, tf.gather(table, ids), weights)[:1]
    slope = tf.convert_to_tensor(tape.gradient(out, table)).numpy()
    assert np.isfinite(slope).all()
    assert not slope[[0, 1, 4, 5, 6]].any()
    assert slope[[2, 3]].any()


def test_whole_lists_are_hidden_while_training() -> None:
    ids = np.full((4_000, 2), 3, np.int32)
    hide = ListIds(0.1, seed=3)
    hidden = hide(ids, training=True).numpy()[:, :2] == 0
    assert (hidden.all(axis=1) == hidden.any(axis=1)).all()
    assert 0.07 < hidden.mean() < 0.13
    assert (hide(ids, training=False).numpy()[:, :2] == 3).all()
    assert hide.compute_output_shape((None, None)) == (None, None)
    assert hide.compute_output_shape((None, 2)) == (None, 3)


def test_the_layers_come_back_from_their_config() -> None:
    again = ListIds.from_config(ListIds(0.25, seed=3, name="a").get_config())
    assert (again.missing_rate, again.seed, again.name) == (0.25, 3, "a")
    pool = Pooling.from_config(Pooling("max", seed=3, name="b").get_config())
    assert (pool.how, pool.seed, pool.name) == ("max", 3, "b")
    assert pool.compute_output_shape((None, None), (None, None, 5)) == (None, 5)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """600 rows of lists of different lengths, their weights, and what they sum up to."""
    rng = np.random.default_rng(0)
    tags = [list(rng.choice(list("abcdef"), rng.integers(0, 5), replace=False)) for _ in range(600)]
    tags[5] = [*"abcdef"] * 40
    worth = dict(zip("abcdef", (0.0, 1.0, 2.0, 5.0, 9.0, 14.0), strict=True))
    total = [np.mean([worth[tag] for tag in row]) if row else 20.0 for row in tags]
    weights = [rng.random(len(row)).round(2).tolist() for row in tags]
    return pd.DataFrame({"tags": tags, "w": weights, "y": total + rng.normal(0, 0.1, 600)})


@pytest.mark.parametrize(
    ("how", "weights"),
    [
        pytest.param(how, weights, marks=pytest.mark.slow if (at + bool(weights)) % 2 else ())
        for at, how in enumerate(POOLINGS)
        for weights in (None, "w")
    ],
)
def test_a_model_of_lists_alone_learns_and_is_saved(
    how: str, weights: str | None, frame: pd.DataFrame, tmp_path: Path
) -> None:
    frame = frame.drop(index=5)
    kind = te.MultiCategorical(dim=4, pooling=how, weights=weights, l2=0.1)
    schema = te.infer_schema(frame, "y", kinds={"tags": kind, "w": te.Ignored()})
    model = te.build_model(schema, random_state=0, hidden=(16,))
    model.compile(te.RowwiseAdam(5e-2), "mse")
    history = model.fit(schema.dataset(frame, 64, shuffle=True, seed=0), epochs=5, shuffle=False, verbose=0)
    assert history.history["loss"][-1] < 0.6 * history.history["loss"][0]
    path = tmp_path / "lists.keras"
    model.save(path)
    want = model(schema.inputs(frame))
    np.testing.assert_allclose(keras.models.load_model(path)(schema.inputs(frame)), want, rtol=1e-6)
    parts, inputs = schema.parts.items(), schema.inputs(frame)
    fills = {schema.input_names[name]: part.fill for name, part in parts}
    wide = {name: np.pad(inputs[name], [(0, 0), (0, 3)], constant_values=fill) for name, fill in fills.items()}
    np.testing.assert_allclose(model(wide), want, rtol=1e-5, atol=1e-4)


def test_a_batch_is_padded_to_its_own_longest(frame: pd.DataFrame) -> None:
    kind = te.MultiCategorical(dim=2, weights="w")
    schema = te.infer_schema(frame, "y", kinds={"tags": kind})
    shapes = [batch["tags"].shape for batch, _ in schema.dataset(frame, 100)]
    assert [shape[1] for shape in shapes] == [240, 4, 4, 4, 4, 4]
    assert [batch["tags_weights_16db8d35"].shape for batch, _ in schema.dataset(frame, 100)] == shapes
    batch = next(iter(schema.dataset(frame[1:4], 100)))[0]
    assert np.isnan(batch["tags_weights_16db8d35"].numpy()).tolist() == (batch["tags"].numpy() == 0).tolist()


def test_lists_stream_from_files_as_from_a_frame(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = str(tmp_path / "lists.parquet")
    frame.to_parquet(path, row_group_size=70)
    kinds = {"tags": te.MultiCategorical(dim=2, weights="w")}
    schema = te.infer_schema(path, "y", kinds=kinds, task="regression")
    assert schema["tags"] == te.infer_schema(frame, "y", kinds=kinds, task="regression")["tags"]
    for (a, y), (b, z) in zip(schema.dataset(path, 100), schema.dataset(frame, 100), strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-6)
        assert set(a) == set(b) == {"tags", "tags_weights_16db8d35"}
        for name in a:
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name], b[name])
    est = te.TabularRegressor(preset="fast", kinds=kinds, epochs=1, batch_size=64, verbose=0, random_state=0)
    assert est.fit(path, "y").predict(frame[["tags", "w"]]).shape == (600,)


def test_a_warm_start_goes_by_label(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame, "y", kinds={"w": te.Ignored()})
    table = te.EmbeddingTable(["b", "x"], [[1.0, 2, 3], [4, 5, 6]], missing=[7.0, 7, 7], unknown=[8.0, 8, 8])
    model = te.build_model(schema, init={"tags": table}, random_state=0)
    found = te.extract_tables(model, schema)["tags"]
    assert found["b"].tolist() == [1, 2, 3]
    assert found["a"].tolist() == found.unknown.tolist() == [8, 8, 8]
    assert found.missing.tolist() == [7, 7, 7]
    assert dict(zip(found.labels, found.counts.tolist(), strict=True))["a"] == int(
        sum(r.count("a") for r in frame.tags)
    )
    pooled = keras.Model(model.inputs, model.get_layer("tags.pooling").output)
    got = pooled(schema.inputs({"tags": [["b"], [], ["b", "z"], None]})).numpy()
    np.testing.assert_allclose(got, [[1, 2, 3], [7, 7, 7], [4.5, 5, 5.5], [7, 7, 7]], rtol=1e-6)


@pytest.mark.usefixtures("eagerly")
def test_partial_fit_gives_new_labels_rows(frame: pd.DataFrame) -> None:
    est = te.TabularRegressor(
        preset="fast", kinds={"w": te.Ignored()}, epochs=1, batch_size=64, verbose=0, random_state=0
    )
    est.fit(frame[["tags", "w"]][:200], frame["y"][:200])
    more = frame[:60].assign(tags=[["new", "a"]] * 60)
    est.partial_fit(more[["tags", "w"]], more["y"])
    assert {"new", "a"} <= set(est.tables_["tags"].labels)


@pytest.mark.usefixtures("eagerly")
def test_an_embedder_leaves_lists_alone(frame: pd.DataFrame) -> None:
    X = frame.assign(city=["u", "v"] * 300)[["tags", "city"]][6:106]
    quick: dict[str, Any] = {"epochs": 1, "batch_size": 50, "network_options": {"hidden": (4,)}}
    embedder = te.EntityEmbedder(dim=2, cv=2, random_state=0, **quick)
    out = embedder.fit_transform(X, frame["y"][6:106])
    assert out.columns.tolist() == ["tags", "city_0", "city_1"]
    assert list(embedder.tables_) == ["city"]


def test_one_table_for_lists_and_single_labels(frame: pd.DataFrame) -> None:
    data = frame.assign(last=[row[-1] if row else None for row in frame.tags])
    kinds = {"tags": te.MultiCategorical(table="tag"), "last": te.Categorical(table="tag"), "w": te.Ignored()}
    est = te.TabularRegressor(preset="fast", kinds=kinds, epochs=1, batch_size=64, verbose=0, random_state=0)
    est.fit(data[["tags", "last", "w"]], data["y"])
    tables = est.tables_
    assert tables["tags"] is tables["last"]
