"""A model that is trained again from its first weights is what a new one would be, and is traced once."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pyarrow as pa
import pytest

import tabembed as te
from tabembed.nn.again import Again
from tabembed.nn.recipe import Recipe, train
from tabembed.schema.schema import Schema

RECIPE = Recipe(epochs=1, batch_size=16, learning_rate=0.05, validation_fraction=0.0, verbose=0)


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    rng = np.random.default_rng(0)
    dest, km = rng.choice(["LAX", "BOS", "JFK", "ORD"], 120), rng.normal(size=120)
    return pa.table({"dest": dest, "km": km, "delay": km + (dest == "BOS")})


@pytest.fixture(scope="module")
def schema(rows: pa.Table) -> Schema:
    return te.infer_schema(rows, "delay")


def _built(schema: Schema, network: str) -> keras.Model:
    return te.build_model(schema, network, random_state=3)


def _same_weights(model: keras.Model, other: keras.Model) -> None:
    for ours, theirs in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


@pytest.mark.parametrize("network", ["mlp", "tabm"])
def test_each_training_is_as_of_a_new_model(rows: pa.Table, schema: Schema, network: str) -> None:
    again = Again(_built(schema, network), schema)
    functions = []
    for start in (0, 24):
        encoded, target = schema.encode(rows.slice(start, 96)), schema.encode_target(rows.slice(start, 96))
        weights = np.linspace(0.5, 2.0, len(target))
        alone = _built(schema, network)
        train(alone, schema, encoded, target, RECIPE, random_state=5, sample_weight=weights)
        model = again.train(encoded, target, RECIPE, random_state=5, sample_weight=weights)
        functions.append(model.train_function)
        _same_weights(model, alone)
    assert len(set(map(id, functions))) == 1


def test_other_batches_or_settings_are_compiled_for(rows: pa.Table, schema: Schema) -> None:
    again = Again(_built(schema, "mlp"), schema)
    for count, recipe in ((120, RECIPE), (60, RECIPE), (60, replace(RECIPE, learning_rate=0.01))):
        encoded, target = schema.encode(rows.slice(0, count)), schema.encode_target(rows.slice(0, count))
        alone = _built(schema, "mlp")
        train(alone, schema, encoded, target, recipe, random_state=5)
        model = again.train(encoded, target, recipe, random_state=5)
        _same_weights(model, alone)
