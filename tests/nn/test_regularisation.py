"""Columns of many labels: whole columns are dropped while training, and vectors have a prior."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.column_dropout import ColumnDropout
from tabembed.nn.row_prior import RowPrior


def test_whole_columns_are_dropped_at_their_rates() -> None:
    layer = ColumnDropout([0.0, 0.5, 0.25], [1, 3, 2], seed=0)
    ones = np.ones((4_000, 6), "float32")
    np.testing.assert_array_equal(layer(ones, training=False), ones)
    out = np.asarray(layer(ones, training=True))
    np.testing.assert_array_equal(out[:, 0], 1)
    for columns, rate in (([1, 2, 3], 0.5), ([4, 5], 0.25)):
        part = out[:, columns]
        assert (part == part[:, :1]).all(), "a column is dropped whole"
        assert set(np.unique(part)) == {0, np.float32(1 / (1 - rate))}
        assert (part == 0).mean() == pytest.approx(rate, abs=0.04)
    assert out.mean() == pytest.approx(1, abs=0.04), "what is left is scaled up"


def test_column_dropout_repeats_by_its_seed_and_config() -> None:
    layer = ColumnDropout([0.5], [2], seed=3, name="a")
    again = ColumnDropout.from_config(layer.get_config())
    ones = np.ones((50, 2), "float32")
    np.testing.assert_array_equal(layer(ones, training=True), again(ones, training=True))


@pytest.mark.parametrize("network", ["tabm", "resnet", "transformer"])
def test_without_a_linear_path_columns_are_dropped_only_by_declaration(network: str, schema: te.Schema) -> None:
    def rates(schema: te.Schema, linear: bool) -> list[float]:
        model = te.build_model(schema, network, linear=linear)
        return [rate for layer in model.layers if isinstance(layer, ColumnDropout) for rate in layer.rates]

    declared = schema.replace({"city": te.Categorical(dropout=0.25)})
    kinds = {name: kind for name, kind in declared.features.items() if isinstance(kind, te.Categorical)}
    assert rates(schema, linear=False) == []
    assert [rate for rate in rates(declared, linear=False) if rate] == [0.25]
    assert [rate for rate in rates(declared, linear=True) if rate] == [kind.dropout_rate for kind in kinds.values()]


def test_the_prior_is_in_the_loss_while_training() -> None:
    layer = RowPrior(3, 2.0)
    layer.weight.assign([1.0, 0.5, 0.25])
    ids, vectors = np.array([[0], [2]]), np.array([[[1.0, 2.0]], [[0.0, 4.0]]], "float32")
    np.testing.assert_array_equal(layer(ids, vectors, training=True), vectors)
    assert [float(loss) for loss in layer.losses] == [pytest.approx(2.0 * (1.0 * 5 + 0.25 * 16) / 2)]
    fresh = RowPrior.from_config(layer.get_config())
    np.testing.assert_array_equal(fresh(ids, vectors, training=False), vectors)
    assert fresh.losses == []


def test_each_row_is_weighed_by_its_cells() -> None:
    frame = pd.DataFrame({"c": ["a"] * 60 + ["b"] * 30 + ["rare"] * 2 + [None] * 8, "y": np.arange(100) / 3})
    schema = te.infer_schema(frame, "y", kinds={"c": te.Categorical(min_count=3, unknown_rate=0.1)})
    model = te.build_model(schema, hidden=(2,))
    weight = np.asarray(model.get_layer("c.prior").weight)
    np.testing.assert_allclose(weight, [1 / 8, 1 / (2 + 10), 1 / 60, 1 / 30], rtol=1e-6)


def test_a_prior_and_a_dropout_can_be_left_out(schema: te.Schema) -> None:
    plain = schema.replace({name: te.Categorical(l2=0, dropout=0) for name in ("city", "my state")})
    kinds = [type(layer) for layer in te.build_model(plain).layers]
    assert RowPrior not in kinds
    assert ColumnDropout not in kinds
    kinds = [type(layer) for layer in te.build_model(schema).layers]
    assert kinds.count(RowPrior) == 2
    assert kinds.count(ColumnDropout) == 1


def test_rarer_labels_are_dropped_more_often() -> None:
    rates = [te.infer_schema({"c": [f"{n}" for n in range(9)] * each})["c"].dropout_rate for each in (2, 50, 5_000)]
    assert 1 > rates[0] > rates[1] > rates[2] > 0
    assert te.Categorical(dropout=0.3).dropout_rate == 0.3


def test_a_strong_prior_keeps_vectors_small(schema: te.Schema, frame: pd.DataFrame) -> None:
    norms = []
    for strength in (0.0, 1e4):
        held = schema.replace(city=te.Categorical(l2=strength))
        model = te.build_model(held, random_state=0, hidden=(8,))
        model.compile(te.RowwiseAdam(3e-2), "mse", loss_weights=held.target.loss_weight, run_eagerly=True)
        model.fit(held.dataset(frame, 60, shuffle=True, seed=0), epochs=4, shuffle=False, verbose=0)
        norms.append(te.extract_tables(model, held)["city"].norms.mean())
    assert norms[1] < 0.5 * norms[0]


def test_the_prior_travels_with_the_model(schema: te.Schema, frame: pd.DataFrame, tmp_path: Path) -> None:
    model = te.build_model(schema, hidden=(2,))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.get_layer("city.prior").weight, model.get_layer("city.prior").weight)


def test_the_prior_is_in_the_unit_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"c": rng.choice(list("abcdefgh"), 2_000), "d": rng.choice(list("abcdefgh"), 2_000)})
    frame["y"] = frame["c"].map(ord) + 2 * frame["d"].map(ord) + rng.normal(0, 0.5, 2_000)
    found = {}
    for unit in (1.0, 0.03, 100.0):
        scaled = frame.assign(y=frame["y"] * unit)
        schema = te.infer_schema(scaled, "y")
        model = te.build_model(schema, random_state=0)
        before = model.get_layer("c.prior").strength
        model.compile(te.RowwiseAdam(3e-3), "mse")
        model.fit(schema.dataset(scaled, batch_size=64, shuffle=True, seed=0), epochs=4, shuffle=False, verbose=0)
        left = scaled["y"] - model.predict(schema.inputs(scaled), verbose=0)[:, 0]
        found[unit] = 1 - left.var() / scaled["y"].var()
        assert before == pytest.approx(30 * schema.target.scale**2)
    assert min(found.values()) > 0.94, found
    est = te.TabularRegressor(preset="fast", epochs=1, random_state=0, verbose=0).fit(frame[["c", "d"]], frame["y"])
    assert est.model_.get_layer("c.prior").strength == pytest.approx(30 * est.schema_.target.scale**2)
