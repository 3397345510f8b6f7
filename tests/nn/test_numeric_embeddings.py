"""Numbers scaled and embedded in the model: as the papers' own packages compute them, and through save and export."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import rtdl_num_embeddings as rtdl
import tensorflow as tf
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer

import tabembed as te
from tabembed.nn.grow import grow_model
from tabembed.nn.numeric_embeddings import Bucketize, CosineLinear, PeriodicLinear, PiecewiseLinear
from tabembed.nn.transforms import QuantileNormal, RobustClip, SignedLog
from tabembed.schema.bins import intervals_of, knots_of, quantile_edges

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 1)).astype(np.float32)
WIDE = np.concatenate([X, [[-50.0], [50.0]]]).astype(np.float32)


def copied(weight: Any) -> Any:
    return weight.detach().numpy()


@pytest.mark.parametrize("n_bins", [2, 5, 48])
def test_piecewise_linear_is_as_in_rtdl_num_embeddings(n_bins: int) -> None:
    edges = quantile_edges(X[:, 0].astype(np.float64), n_bins)
    theirs = rtdl.PiecewiseLinearEmbeddings([torch.tensor(edges)], 7, activation=False, version="B")
    torch.nn.init.normal_(theirs.linear.weight)
    ours = PiecewiseLinear(edges, 7)
    ours.build((None, 1))
    parts = [copied(theirs.linear0.weight), copied(theirs.linear0.bias), copied(theirs.linear.weight)[0]]
    ours.set_weights([np.concatenate(parts)])
    want = copied(theirs(torch.tensor(WIDE)))[:, 0]
    np.testing.assert_allclose(ours(WIDE), want, rtol=1e-4, atol=1e-4)
    encoded = copied(rtdl.PiecewiseLinearEncoding([torch.tensor(edges)])(torch.tensor(WIDE)))
    np.testing.assert_allclose(ours.encoded(WIDE), encoded, rtol=1e-4, atol=1e-4)


def test_piecewise_linear_starts_straight_and_reads_files_of_before() -> None:
    ours, bound = PiecewiseLinear([-1.0, 0.0, 1.0], 4, seed=3), 4**-0.5
    ours.build((None, 1))
    (start,) = ours.get_weights()
    first, second = (keras.initializers.RandomUniform(-bound, bound, 3 + draw)((1, 4)) for draw in range(2))
    np.testing.assert_array_equal(start, np.concatenate([first, second, np.zeros((2, 4))]))
    parts = {"0": RNG.normal(size=(1, 4)), "1": RNG.normal(size=4), "2": RNG.normal(size=(2, 4))}
    ours.load_own_variables(parts)
    np.testing.assert_allclose(
        ours(X), X * parts["0"] + parts["1"] + ours.encoded(X) @ parts["2"], rtol=1e-5, atol=1e-5
    )
    with pytest.raises(ValueError, match="expected 1 variables, but received 2"):
        ours.load_own_variables({"0": parts["0"], "1": parts["2"]})


def test_one_bin_is_a_straight_line() -> None:
    ours = PiecewiseLinear([1.0, 3.0], 2)
    assert ours.encoded(np.float32([[-1], [2], [5]])).numpy().tolist() == [[-1.0], [0.5], [2.0]]


def test_periodic_is_as_in_rtdl_num_embeddings() -> None:
    theirs = rtdl.PeriodicEmbeddings(1, 9, n_frequencies=11, frequency_init_scale=0.7, lite=False)
    ours = PeriodicLinear(9, 11)
    ours.build((None, 1))
    linear = theirs.linear
    ours.set_weights([copied(theirs.periodic.weight), copied(linear.weight)[0], copied(linear.bias)[0]])
    want = copied(theirs(torch.tensor(WIDE)))[:, 0]
    np.testing.assert_allclose(ours(WIDE), want, atol=1e-4)


def test_pbld_is_the_papers_formula() -> None:
    ours = CosineLinear(4, 16, scale=0.5, seed=0)
    ours.build((None, 1))
    frequency, phase, kernel, bias = (weight.astype(np.float64) for weight in ours.get_weights())
    want = np.cos(2 * math.pi * X * frequency + phase) @ kernel + bias
    np.testing.assert_allclose(ours(X), np.concatenate([want, X], axis=1), atol=1e-4)
    assert np.abs(phase).max() <= math.pi
    assert np.abs(bias).max() <= 0.25


@pytest.mark.parametrize("make", [lambda: PiecewiseLinear([-1.0, 0.0, 1.0], 5, 3), lambda: PeriodicLinear(5, seed=3)])
def test_the_indicator_is_passed_on_and_a_seed_gives_the_same_weights(make: Any) -> None:
    one, other = make(), make()
    inputs = np.concatenate([X, X > 0], axis=1).astype(np.float32)
    assert one.compute_output_shape((None, 2)) == (None, 6)
    np.testing.assert_array_equal(one(inputs)[:, 5:], inputs[:, 1:])
    np.testing.assert_array_equal(one(inputs), other(inputs))
    again = type(one).from_config(one.get_config())
    np.testing.assert_array_equal(one(inputs), again(inputs))


def test_quantiles_are_scikit_learns() -> None:
    values = RNG.lognormal(size=(4_000, 1)).astype(np.float32)
    theirs = QuantileTransformer(n_quantiles=256, output_distribution="normal", subsample=None).fit(values)
    ours = QuantileNormal(*knots_of(values[:, 0].astype(np.float64)))
    want = np.clip(theirs.transform(values), -4.265, 4.265)
    np.testing.assert_allclose(ours(values), want, atol=2e-3)


@given(st.lists(st.floats(-(2.0**127), 2.0**127, width=32) | st.just(math.nan), min_size=1, max_size=9))
@settings(deadline=None, max_examples=40)
def test_transforms_are_finite_rise_and_keep_missing(cells: list[float]) -> None:
    values = np.sort(np.array([cells], np.float32)).T
    gone = np.isnan(values)
    present = values[~gone].astype(np.float64)
    knots = knots_of(present) if len(present) else ((0.0,), (0.5,))
    for layer in (SignedLog(), RobustClip(1.5, 1e-6), RobustClip(-3e38, 3e38), QuantileNormal(*knots)):
        out = layer(values).numpy()
        np.testing.assert_array_equal(np.isnan(out), gone)
        assert np.isfinite(out[~gone]).all()
        assert (np.diff(out[~gone]) >= -1e-5).all()


def test_the_smooth_clip_is_the_papers_formula() -> None:
    z = (WIDE.astype(np.float64) - 0.5) / 2
    np.testing.assert_allclose(RobustClip(0.5, 2.0)(WIDE), z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-5, atol=1e-6)


@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=1), st.lists(st.floats(-9, 9, width=32)))
@settings(deadline=None, max_examples=40)
def test_buckets_are_as_in_numpy(cells: list[float], borders: list[float]) -> None:
    values, edges = (
        np.array(cells, np.float32),
        (-1e9, *sorted(set(map(float, np.where(np.abs(borders) < 1e-30, 0, borders)))), 1e9),
    )
    ids = Bucketize(edges[1:-1])(values[:, None]).numpy()[:, 0]
    gone = np.isnan(values)
    assert (ids[gone] == 0).all()
    np.testing.assert_array_equal(ids[~gone], intervals_of(values[~gone], edges) + 2)


KINDS = [
    te.Numeric(transform="robust"),
    te.Numeric(transform="quantile", embedding="ple", bins="target", n_bins=8),
    te.Numeric(transform="log", embedding="periodic", dim=5),
    te.Numeric(embedding="pbld"),
    te.Numeric(embedding="buckets", n_bins=6, dim=3),
]


def rows(n: int = 240) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    x = rng.lognormal(size=n)
    return {"x": np.where(rng.random(n) < 0.1, np.nan, x), "z": rng.normal(size=n), "y": 100 * np.sin(x)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[47:])
def test_a_kind_alone_trains_exports_and_agrees(kind: te.Numeric, tmp_path: Path) -> None:
    frame = {name: values for name, values in rows().items() if name != "z"}
    schema = te.infer_schema(frame, "y", kinds={"x": kind})
    model = te.build_model(schema, random_state=0, hidden=(8,))
    model.compile(te.RowwiseAdam(1e-2), "mse", jit_compile=True)
    data = schema.dataset(frame, 120)
    losses = model.fit(data, epochs=2, shuffle=False, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    asked = {"x": [0.5, 1e4, -1e4, None, *schema["x"].edges]}
    want = model(schema.inputs(asked), training=False).numpy()[:, 0]
    assert np.isfinite(want).all()
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(schema.inputs(asked), training=False)[:, 0], want)
    path = te.export(model, schema, tmp_path / "m")
    served, near = te.load(path), 1e-5 * max(1, np.std(frame["y"]))
    np.testing.assert_allclose(served.predict(asked), want, rtol=1e-6, atol=near)
    raw = tf.constant([np.nan if value is None else value for value in asked["x"]], tf.float32)
    given_raw = tf.saved_model.load(str(path)).signatures["serving_default"](x=raw)["prediction"]
    np.testing.assert_allclose(given_raw, want, rtol=1e-6, atol=near)
    assert sorted(served.tables) == (["x.interval"] if kind.embedding == "buckets" else [])


def test_the_buckets_vectors_leave_come_back_and_grow() -> None:
    frame = rows()
    kinds = {"x": te.Numeric(embedding="buckets", n_bins=4)}
    schema = te.infer_schema(frame, "y", kinds=kinds)
    model = te.build_model(schema, random_state=0)
    table = te.extract_tables(model, schema)["x.interval"]
    assert list(table.labels) == schema["x"].labels
    assert table.labels[0].startswith("(-inf, ")
    assert table.counts.sum() == np.isfinite(frame["x"]).sum()
    layer = model.get_layer("x.embedding")
    np.testing.assert_array_equal(table.vectors, layer.get_weights()[0][2:])
    ids = keras.Model(model.get_layer("x").output, model.get_layer("x.bucketize").output)(schema.inputs(frame)["x"])
    np.testing.assert_array_equal(np.bincount(ids[:, 0], minlength=6)[2:], table.counts)
    again = te.extract_tables(te.build_model(schema, init={"x.interval": table}), schema)["x.interval"]
    np.testing.assert_array_equal(again.vectors, table.vectors)
    wider = te.build_model(schema, init={"x.interval": te.EmbeddingTable(table.labels, np.ones((4, 9)))})
    assert wider.get_layer("x.embedding").output_dim == 9
    more = schema.grown({name: values[:9] for name, values in frame.items()})
    assert grow_model(model, schema, more) is model
    pinned = schema.replace(x=te.Numeric(embedding="buckets", n_bins=4, dim=3))
    with pytest.raises(
        te.DataError, match="column 'x.interval' is pinned to dim=3, however: its table in `init` has dim 9"
    ):
        te.build_model(pinned, init={"x.interval": te.EmbeddingTable(table.labels, np.ones((4, 9)))})


def test_half_a_precision_takes_raw_values() -> None:
    kind = te.Numeric(transform="quantile", embedding="ple")
    frame = {"x": [1e9, 2e9, 5e9, None], "y": [0.5, 1.5, 2.5, 3.5]}
    schema = te.infer_schema(frame, "y", kinds={"x": kind})
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = te.build_model(schema, random_state=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(np.asarray(model(schema.inputs(frame), training=False))).all()
