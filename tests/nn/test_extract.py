"""Tables leave a model and enter another, matched by label."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import DataError, LabelError
from tabembed.nn.extract import embedding_of


@pytest.fixture(scope="module")
def model(schema: te.Schema) -> keras.Model:
    return te.build_model(schema, random_state=0, hidden=(4,))


@pytest.fixture(scope="module")
def tables(model: keras.Model, schema: te.Schema) -> dict[str, te.EmbeddingTable]:
    return te.extract_tables(model, schema)


def rows(model: keras.Model, schema: te.Schema, name: str) -> np.ndarray:
    return embedding_of(model, schema, name).get_weights()[0]


def test_every_vector_is_the_layers_row(model: keras.Model, schema: te.Schema, tables: dict[str, Any]) -> None:
    assert list(tables) == ["city", "my state"]
    for name, table in tables.items():
        weights = rows(model, schema, name)
        labels = pd.DataFrame({name: list(table.labels)}).reindex(columns=list(schema.features))
        ids = schema.encode(labels)[name]
        assert ids.tolist() == list(range(2, len(weights)))
        for label, at in zip(table.labels, ids, strict=True):
            np.testing.assert_array_equal(table[label], weights[at])
        np.testing.assert_array_equal(table.missing, weights[0])
        np.testing.assert_array_equal(table.unknown, weights[1])
        assert table.counts.tolist() == schema[name].counts.tolist()
        assert list(table.labels) == schema[name].labels
        assert (table.name, table.metric, table.dim) == (name, "euclidean", schema[name].dim)
        assert table.vectors.dtype == np.float32


def test_rare_labels_have_no_vector(schema: te.Schema) -> None:
    narrow = schema.replace(city=te.Categorical(max_size=2))
    table = te.extract_tables(te.build_model(narrow), narrow)["city"]
    assert list(table.labels) == schema["city"].labels[:2]


def test_a_column_without_labels_has_an_empty_table(schema: te.Schema, frame: pd.DataFrame) -> None:
    none = schema.replace(city=te.Categorical(min_count=10**6))
    built = te.build_model(none)
    table = te.extract_tables(built, none)["city"]
    assert len(table) == 0
    np.testing.assert_array_equal(table.lookup(["a"]), table.unknown[None])


def test_the_model_of_another_schema_is_refused(model: keras.Model, schema: te.Schema, frame: pd.DataFrame) -> None:
    other = te.infer_schema(frame[["city", "y"]].rename(columns={"city": "town"}), "y")
    with pytest.raises(DataError, match="the model has no embedding for column 'town'; was it built from this schema?"):
        te.extract_tables(model, other)
    fewer = schema.replace(city=te.Categorical(max_size=2))
    with pytest.raises(
        DataError, match=r"the model's embedding for column 'city' must have 4 rows \(2 labels.*: it has 6"
    ):
        te.extract_tables(model, fewer)
    with pytest.raises(DataError, match="column 'km' is Numeric and has no embedding table"):
        embedding_of(model, schema, "km")


# init=


def test_a_warm_start_takes_each_label_its_vector(
    tables: dict[str, Any], schema: te.Schema, frame: pd.DataFrame
) -> None:
    grown = frame.assign(city=frame["city"].where(np.arange(300) % 5 > 0, "new"))
    wide = te.infer_schema(grown[[*schema, "y"]], "y")
    started = te.extract_tables(te.build_model(wide, init=tables), wide)
    for label in tables["city"].labels:
        np.testing.assert_array_equal(started["city"][label], tables["city"][label])
    np.testing.assert_array_equal(started["city"]["new"], tables["city"].unknown)
    np.testing.assert_array_equal(started["city"].missing, tables["city"].missing)
    np.testing.assert_array_equal(started["city"].unknown, tables["city"].unknown)
    np.testing.assert_array_equal(started["my state"].vectors, tables["my state"].vectors)


def test_anything_with_tables_starts_a_model(tables: dict[str, Any], schema: te.Schema) -> None:
    class Fitted:
        tables_ = tables

    started = te.extract_tables(te.build_model(schema, init=Fitted()), schema)
    assert started["city"] == tables["city"]


def test_a_table_of_another_width_sets_the_dim(schema: te.Schema) -> None:
    table = te.EmbeddingTable(["b", "c"], np.arange(14.0).reshape(2, 7))
    started = te.build_model(schema, init={"city": table})
    got = te.extract_tables(started, schema)["city"]
    assert got.dim == 7
    np.testing.assert_array_equal(got["c"], table["c"])
    assert te.extract_tables(started, schema)["my state"].dim == schema["my state"].dim


def test_a_pinned_dim_is_kept(schema: te.Schema) -> None:
    pinned = schema.replace(city=te.Categorical(dim=3))
    fits = te.EmbeddingTable(["a"], [[1.0, 2.0, 3.0]])
    assert te.extract_tables(te.build_model(pinned, init={"city": fits}), pinned)["city"].dim == 3
    wide = te.EmbeddingTable(["a"], [[1.0, 2.0, 3.0, 4.0]])
    message = r"column 'city' is pinned to dim=3, however: its table in `init` has dim 4; use table.reduce\(3\)"
    with pytest.raises(DataError, match=message):
        te.build_model(pinned, init={"city": wide})


def test_a_bad_init_is_refused(schema: te.Schema, tables: dict[str, Any]) -> None:
    for init, came in ((3, "int"), ({"city": np.zeros((4, 2))}, "dict"), (tables["city"], "EmbeddingTable")):
        with pytest.raises(
            DataError, match=f"`init` must be .*column: EmbeddingTable.* or a fitted embedder, however: {came}"
        ):
            te.build_model(schema, init=init)
    with pytest.raises(DataError, match="`init` has a table for column 'km', which is Numeric; declare te.Categorical"):
        te.build_model(schema, init={"km": tables["city"]})
    with pytest.raises(LabelError, match="the schema has no column 'town'"):
        te.build_model(schema, init={"town": tables["city"]})


# freeze=


@pytest.mark.parametrize("freeze", ["city", ["city"], ("city", "my state")])
def test_frozen_vectors_stay(schema: te.Schema, frame: pd.DataFrame, tables: dict[str, Any], freeze: Any) -> None:
    model = te.build_model(schema, init=tables, freeze=freeze, hidden=(4,))
    model.compile(te.RowwiseAdam(1e-1), "mse", run_eagerly=True)
    model.fit(schema.dataset(frame, 150), shuffle=False, verbose=0)
    after = te.extract_tables(model, schema)
    for name in tables:
        assert np.array_equal(after[name].vectors, tables[name].vectors) == (name in freeze)


def test_what_cant_be_frozen_is_refused(schema: te.Schema) -> None:
    with pytest.raises(DataError, match="column 'km' is Numeric and has no embedding table"):
        te.build_model(schema, freeze=["km"])
    with pytest.raises(LabelError, match="the schema has no column 'cty'; did you mean 'city'?"):
        te.build_model(schema, freeze="cty")
