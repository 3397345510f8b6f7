"""The heads: they start at the best constant, never overflow, never cross, and keep the order of classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import PoissonRegressor

import tabembed as te
from tabembed.nn.heads import head_of
from tabembed.nn.heads.log_link import LogLink
from tabembed.nn.heads.ordinal import CumulativeLink
from tabembed.nn.heads.quantile import Quantiles

FLOATS = st.floats(-(2.0**90), 2.0**90, width=32, allow_subnormal=False)


def frame(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"c": rng.choice(list("abcd"), rows), "x": rng.normal(size=rows)})
    effect = df["c"].map({"a": 0.0, "b": 0.5, "c": 1.0, "d": -1.0}) + 0.3 * df["x"]
    df["amount"] = np.exp(effect) * rng.gamma(2, 0.5, rows) + 1e-3
    df["count"] = rng.poisson(np.exp(effect))
    df["stars"] = np.clip(np.round(effect + 3 + rng.normal(0, 0.5, rows)), 1, 5).astype(int)
    df["tags"] = [list(rng.choice(["meal", "wifi"], rng.integers(0, 3), replace=False)) for _ in range(rows)]
    return df


TARGETS = [
    *(te.Target("amount", objective=loss) for loss in ("mae", "huber", "log", "log1p", "gamma", "tweedie", "quantile")),
    te.Target("count", objective="poisson"),
    te.Target("stars", "ordinal"),
    te.Target("tags", "multilabel"),
]


@pytest.fixture(params=TARGETS, ids=lambda target: target.objective if target.task == "regression" else target.task)
def schema(request: pytest.FixtureRequest) -> te.Schema:
    return te.infer_schema(frame()[["c", "x", request.param.name]], request.param)


def test_training_starts_at_the_best_constant(schema: te.Schema) -> None:
    target = schema.need_target()
    head = head_of(target)
    scores = np.tile(np.float32(head.start), (2, 1))
    found = np.asarray(head.link(keras.ops.convert_to_tensor(scores), "head"))[0]
    expected = target.shares if target.is_classification else target.baseline
    np.testing.assert_allclose(found, expected, rtol=1e-3)


@pytest.mark.parametrize("policy", ["float32", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)])
def test_compiled_by_xla_every_loss_falls(policy: str) -> None:
    df = frame()
    named = {f"{target.name} {at}": target for at, target in enumerate(TARGETS)}
    df = df[["c", "x"]].assign(**{name: df[target.name] for name, target in named.items()})
    schema = te.infer_schema(df, [replace(target, name=name) for name, target in named.items()])
    keras.config.set_dtype_policy(policy)
    try:
        model = te.build_model(schema, random_state=0, hidden=(8,))
    finally:
        keras.config.set_dtype_policy("float32")
    wanted = schema.need_targets()
    assert {output.dtype for output in model.outputs} == {"float32"}
    model.compile(te.RowwiseAdam(1e-2), wanted.loss, loss_weights=wanted.loss_weight, jit_compile=True)
    weights = np.random.default_rng(0).random(600)
    losses = model.fit(schema.dataset(df, 60, sample_weight=weights), epochs=5, shuffle=False, verbose=0).history
    assert len(losses) == len(TARGETS) + 1
    for name, loss in losses.items():
        assert np.isfinite(loss).all(), name
        assert loss[-1] < loss[0], name


@given(st.lists(FLOATS, min_size=1, max_size=8))
def test_a_log_link_never_overflows(scores: list[float]) -> None:
    link = LogLink(2.0, 1.0, 0.0)
    given = tf.constant([scores], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = link(given)
    slope = tape.gradient(found, given)
    assert np.isfinite(found).all()
    assert np.isfinite(slope).all()
    assert (np.asarray(found) >= 0).all()
    near = np.clip(scores, -20, 20)
    inside = near == np.float32(scores)
    np.testing.assert_allclose(np.asarray(found)[0][inside], 2 * np.exp(near[inside]), rtol=1e-5)


@given(st.lists(st.floats(-(2.0**20), 2.0**20, width=32, allow_subnormal=False), min_size=2, max_size=9), st.booleans())
def test_quantiles_never_cross(scores: list[float], compiled: bool) -> None:
    layer = Quantiles(0.3, 7.7)
    call = tf.function(layer, jit_compile=True) if compiled else layer
    assert (np.diff(np.asarray(call(tf.constant([scores], tf.float32)))) >= 0).all()


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(-(2.0**13), 2.0**13, width=32, allow_subnormal=False)
)
def test_classes_in_an_order_have_probabilities_that_add_up(start: list[float], score: float) -> None:
    logs = np.asarray(CumulativeLink(sorted(start))(tf.constant([[score]], tf.float32)), np.float64)
    assert np.isfinite(logs).all()
    assert np.exp(logs).sum() == pytest.approx(1, abs=1e-4)


def test_a_higher_score_is_a_higher_class() -> None:
    link = CumulativeLink([-2.0, -1.0, 1.5])
    shares = np.exp(np.asarray(link(tf.constant(np.linspace(-9, 9, 50, dtype=np.float32)[:, None]))))
    above = 1 - np.cumsum(shares, axis=1)[:, :-1]
    assert (np.diff(above, axis=0) >= -1e-6).all(), "each threshold is passed the more, the higher the score"
    assert (np.diff(above, axis=1) <= 1e-6).all(), "ranks are consistent"


def test_a_linear_model_of_counts_is_poisson_regression() -> None:
    """Without layers the model is the same one as scikit-learn's, and so is its minimum."""
    df = frame(2_000)[["x", "count"]]
    schema = te.infer_schema(df, te.Target("count", objective="poisson"))
    model = te.build_model(schema, random_state=0, hidden=())
    target = schema.need_target()
    model.compile(keras.optimizers.Adam(0.05), target.loss, loss_weights=target.loss_weight, jit_compile=False)
    rows = tf.data.Dataset.from_tensors((schema.inputs(df), schema.encode_target(df))).repeat(200)
    model.fit(rows, shuffle=False, verbose=0)
    reference = PoissonRegressor(alpha=0).fit(df[["x"]], df["count"]).predict(df[["x"]])
    found: Any = model.predict(schema.inputs(df), verbose=0)[:, 0]
    np.testing.assert_allclose(found, reference, rtol=2e-2)
