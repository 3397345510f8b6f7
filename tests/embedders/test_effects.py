"""The additive effects of labels, and the axes that begin with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.embedders.axes import effect_first
from tabembed.embedders.effects import PRIOR_ROWS, Effects
from tabembed.schema.schema import Schema

ROWS = 4000


@pytest.fixture(scope="module")
def both() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Two columns of labels that go together, a number with a gap, and what the labels of each add to the target."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 8, ROWS)
    b = np.where(rng.random(ROWS) < 0.7, a, rng.integers(0, 8, ROWS))
    of_a, of_b = rng.normal(size=8), rng.normal(size=8)
    of_a, of_b = of_a - of_a.mean(), of_b - of_b.mean()
    km = rng.normal(size=ROWS)
    y = of_a[a] + of_b[b] + km + 0.1 * rng.normal(size=ROWS)
    km[0] = np.nan
    return pd.DataFrame({"a": a.astype(str), "b": b.astype(str), "km": km, "y": y}), of_a, of_b


def effects_of(df: pd.DataFrame, weights: np.ndarray | None = None, **arguments: Any) -> tuple[Schema, Effects]:
    """Return the schema and the effects of a frame whose target is y."""
    schema = te.infer_schema(df, target="y", **arguments)
    return schema, Effects(schema, schema.encode(df), schema.encode_target(df), weights)


def by_label(schema: Schema, column: str, effects: np.ndarray) -> np.ndarray:
    """Return the effects, (labels, outputs), in the order of the labels."""
    return effects[2:][np.argsort(schema[column].labels)]


def test_columns_that_go_together_are_told_apart(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    df, of_a, of_b = both
    schema, effects = effects_of(df)
    found = effects.of(np.arange(ROWS))
    for column, truth in (("a", of_a), ("b", of_b)):
        own = by_label(schema, column, found[(column,)])[:, 0] * schema.target.scale
        np.testing.assert_allclose(own - own.mean(), truth, atol=0.1)
        alone = df.groupby(column)["y"].mean().to_numpy()
        assert np.abs(alone - alone.mean() - truth).max() > 0.3  # what encoding each column for itself would give
        assert found[(column,)][:2].tolist() == [[0.0], [0.0]]


def test_few_rows_are_drawn_to_0() -> None:
    """100 labels of 10 rows, half of them 5 above the mean and half 5 below."""
    df = pd.DataFrame({"a": np.repeat(np.arange(100), 10).astype(str), "y": np.repeat([5.0, -5.0], 10).tolist() * 50})
    schema, effects = effects_of(df, task="regression")
    found = effects.of(np.arange(len(df)))[("a",)][2:] * schema.target.scale
    np.testing.assert_allclose(np.abs(found), 5 * 10 / (10 + PRIOR_ROWS), rtol=1e-3)


def test_a_label_without_a_row_adds_nothing(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    schema, effects = effects_of(both[0])
    found = effects.of(np.flatnonzero(both[0]["a"] != "3"))[("a",)]
    assert by_label(schema, "a", found)[3].tolist() == [0.0]


def test_weights_count(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    df = both[0]
    part = np.flatnonzero(df["km"] < 0)
    _, effects = effects_of(df, (df["km"] < 0).to_numpy(float) * 3)
    want = effects_of(df)[1].of(part)
    for columns, found in effects.of(np.arange(ROWS)).items():
        np.testing.assert_allclose(found, want[columns], atol=0.02)


def test_classes(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    df, of_a, _ = both
    late = df.assign(y=np.where(df["y"] > 0, "late", "early"))
    schema, effects = effects_of(late)
    found = by_label(schema, "a", effects.of(np.arange(ROWS))[("a",)])
    assert found.shape == (8, 1)
    assert np.corrcoef(found[:, 0], of_a)[0, 1] > 0.98
    only = effects.of(np.flatnonzero(late["y"] == "late"))[("a",)]
    assert not only.any()


def test_many_classes(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    df, of_a, _ = both
    three = df.assign(y=np.digitize(df["y"], [-1, 1]).astype(str))
    schema, effects = effects_of(three)
    found = by_label(schema, "a", effects.of(np.arange(ROWS))[("a",)])
    assert found.shape == (8, 3)
    assert np.corrcoef(found[:, 2] - found[:, 0], of_a)[0, 1] > 0.98
    two = by_label(schema, "a", effects.of(np.flatnonzero(three["y"] != "1"))[("a",)])
    assert not two[:, 1].any()
    np.testing.assert_allclose(two[:, 2], -two[:, 0])
    assert np.corrcoef(two[:, 2], of_a)[0, 1] > 0.9


def test_columns_of_one_table_share_their_effects(both: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    kind = te.Categorical(table="t")
    schema, effects = effects_of(both[0], kinds={"a": kind, "b": kind})
    found = effects.of(np.arange(ROWS))
    assert list(found) == [("a", "b")]
    want = both[1] + both[2]
    assert np.corrcoef(by_label(schema, "a", found[("a", "b")])[:, 0], want)[0, 1] > 0.9


def test_the_effect_comes_first_and_the_rest_keeps_its_distances() -> None:
    rng = np.random.default_rng(0)
    vectors, counts = rng.normal(size=(40, 3)), rng.integers(1, 9, 40)
    effects = vectors @ [[1.0], [2.0], [0.0]] * 50 + rng.normal(size=(40, 1))
    shown = effect_first(vectors, effects, counts, 4).of(vectors, effects)
    assert np.corrcoef(shown[:, 0], effects[:, 0])[0, 1] == pytest.approx(1)
    along = vectors @ [1, 2, 0] / np.sqrt(5)
    assert shown[:, 0].std() == pytest.approx(along.std(), rel=0.1)
    apart = [np.linalg.norm(v[:, None] - v[None], axis=2) for v in (shown[:, 1:], vectors)]
    np.testing.assert_allclose(*apart, atol=1e-4)
    spreads = np.cov(shown[:, 1:].T, aweights=counts)
    np.testing.assert_allclose(spreads, np.diag(np.sort(np.diag(spreads))[::-1]), atol=1e-5)


def test_of_ordered_labels_the_number_comes_last_and_distances_hardly_change() -> None:
    rng = np.random.default_rng(0)
    vectors, counts = rng.normal(size=(40, 3)) * [3, 2, 1], rng.integers(1, 9, 40)
    numbers = rng.permutation(np.arange(40.0))
    plain, ordered = (effect_first(vectors, vectors[:, :1], counts, 5, some) for some in (None, numbers))
    assert plain.order.shape == (40, 0)
    without, shown = (axes.of(vectors, vectors[:, :1]) for axes in (plain, ordered))
    np.testing.assert_array_equal(shown[:, :-1], without)
    assert np.corrcoef(shown[:, -1], numbers)[0, 1] == pytest.approx(1)
    lengths = np.sqrt(np.average(np.square(shown), axis=0, weights=counts))
    assert lengths[-1] == pytest.approx(lengths[-2], rel=1e-5)
    assert np.average(shown[:, -1], weights=counts) == pytest.approx(0, abs=1e-6)
    assert effect_first(vectors, vectors[:, :1], counts, 3, numbers).of(vectors, vectors[:, :1]).shape == (40, 3)


@pytest.mark.parametrize("dim", [1, 3])
def test_axes_of_nothing(dim: int) -> None:
    vectors, effects = np.ones((5, 2)), np.zeros((5, 1))
    shown = effect_first(vectors, effects, np.zeros(5), dim).of(vectors, effects)
    assert shown.shape == (5, dim)
    assert np.isfinite(shown).all()


def test_of_classes_the_effect_is_where_labels_differ_most() -> None:
    effects = np.array([[3.0, 0.1, -3.0], [-3.0, 0.1, 3.0], [0.0, -0.2, 0.0]])
    vectors = np.eye(3)
    shown = effect_first(vectors, effects, np.ones(3), 1).of(vectors, effects)[:, 0]
    assert shown[0] == pytest.approx(-shown[1])
    assert shown[2] == pytest.approx(0, abs=1e-6)
