"""The branches: from raw cells to the values that the network takes."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.branches import Branch, build_branch
from tabembed.nn.seeds import Seeds
from tabembed.nn.standardize import Standardize
from tabembed.schema.column import Column


def embedding(schema: te.Schema, name: str) -> te.RowwiseEmbedding:
    return te.build_model(schema).get_layer(f"{schema.input_names[name]}.embedding")


def test_numbers_are_standardised_in_the_model(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema)
    values = keras.Model(model.get_layer("km").output, model.get_layer("km.standardize").output).predict(
        schema.inputs(frame)["km"], verbose=0
    )
    assert values.shape == (300, 1)
    np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=1e-5)


def test_missing_numbers_are_zero_and_told_apart(schema: te.Schema, frame: pd.DataFrame) -> None:
    model = te.build_model(schema)
    branch = keras.Model(model.get_layer("gaps").output, model.get_layer("gaps.standardize").output)
    values = branch.predict(schema.inputs(frame)["gaps"], verbose=0)
    gone = frame["gaps"].isna().to_numpy()
    assert (values[gone] == [0, 1]).all()
    assert (values[~gone, 1] == 0).all()


def test_bools_are_one_and_minus_one(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(pd.DataFrame({"flag": [True, False, None] * 9, "y": np.arange(27) / 2}), "y")
    model = te.build_model(schema)
    branch = keras.Model(model.get_layer("flag").output, model.get_layer("flag.standardize").output)
    values = branch.predict(schema.inputs({"flag": [True, False, None]})["flag"], verbose=0)
    assert values.tolist() == [[1, 0], [-1, 0], [0, 1]]


@settings(deadline=None)
@given(st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1), st.floats(-1e3, 1e3), st.floats(1e-2, 1e3))
def test_standardize_is_as_in_numpy(cells: list[float | None], mean: float, scale: float) -> None:
    values = np.array([[np.nan if cell is None else cell] for cell in cells], dtype=np.float32)
    out = Standardize(mean, scale, indicator=True)(values).numpy()
    gone = np.isnan(values[:, 0])
    want = np.where(gone, 0, (values[:, 0] - np.float32(mean)) / np.float32(scale))
    np.testing.assert_allclose(out[:, 0], want, rtol=1e-5, atol=1e-5)
    assert (out[:, 1] == gone).all()


def test_standardize_comes_back_from_its_config() -> None:
    layer = Standardize(1.5, 2.0, True, name="a")
    again = Standardize.from_config(layer.get_config())
    assert (again.mean, again.scale, again.indicator, again.name) == (1.5, 2.0, True, "a")
    assert layer.compute_output_shape((None, 1)) == (None, 2)
    assert Standardize(0.0, 1.0).compute_output_shape((7, 1)) == (7, 1)


def test_the_missing_row_is_trained_also_where_nothing_is_missing(schema: te.Schema) -> None:
    full, gaps = embedding(schema, "city"), embedding(schema, "my state")
    assert (full.unknown_rate, gaps.unknown_rate) == (schema["city"].unknown_rate, schema["my state"].unknown_rate)
    assert full.missing_rate > 0, "no cell of the data is missing"
    assert gaps.missing_rate == 0


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.5, 0.7, 0.99])
def test_every_unknown_rate_makes_a_branch(schema: te.Schema, rate: float) -> None:
    layer = embedding(schema.replace(city=te.Categorical(unknown_rate=rate)), "city")
    assert layer.unknown_rate == rate
    assert layer.unknown_rate + layer.missing_rate <= 1


def test_a_kind_without_a_branch_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd(te.Ignored):
        pass

    with pytest.raises(
        DataError, match=r"column 'c' is Odd, which has no model branch; leave it out with te.Ignored\(\)"
    ):
        build_branch(Branch(Column("c", Odd(), 1, 0, "declared"), "c", {}, Seeds(0), {}, {}))
