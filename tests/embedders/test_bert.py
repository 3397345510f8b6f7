"""``BERTEmbedder``: what it learns from rows alone, how it fills cells, and what a network makes of its encoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tabembed as te
from tabembed.io import DataError
from tabembed.nn.cells import scores

SMALL = {"heads": 4, "blocks": 1}


@pytest.fixture(scope="module")
def bert(rows: pd.DataFrame, quick: dict[str, Any]) -> te.BERTEmbedder:
    """One that knows the rules of the rows."""
    return te.BERTEmbedder(**quick, **SMALL).fit(rows)


def test_bert(bert: te.BERTEmbedder, rows: pd.DataFrame, springfields: pd.DataFrame) -> None:
    cells = bert.transform_cells(springfields)
    assert cells.shape == (3, 5, 32)
    assert cells.dtype == np.float32
    assert bert.columns_ == ["city", "state", "zone", "shop", "goods"]
    illinois, again, massachusetts = cells[:, 0]
    np.testing.assert_array_equal(illinois, again)
    assert np.linalg.norm(illinois - massachusetts) > 0.2 * np.linalg.norm(illinois)
    out = bert.transform(rows[:5])
    assert out.columns[[0, 32, 64]].tolist() == ["city_0", "state_0", "km"]
    np.testing.assert_array_equal(out.filter(like="city_"), bert.transform_cells(rows[:5])[:, 0])
    assert bert.tables_["city"].dim == 32


def test_it_beats_the_marginal_guess(bert: te.BERTEmbedder, rows: pd.DataFrame, new_rows: pd.DataFrame) -> None:
    for column, share in (("state", 0.6), ("zone", 0.6), ("goods", 0.8)):
        truth = new_rows[column].dropna().astype(str)
        told = bert.fill_proba(new_rows, column).loc[truth.index]
        marginal = rows[column].dropna().astype(str).value_counts(normalize=True)
        cost = -np.log([told.at[row, label] for row, label in truth.items()]).mean()
        assert cost < share * -np.log(marginal[truth]).mean(), column


def test_outputs_are_tied_to_the_tables(bert: te.BERTEmbedder, rows: pd.DataFrame) -> None:
    sizes = [tuple(weight.shape) for weight in bert.model_.trainable_weights if 26 in weight.shape]
    assert sorted(sizes) == [(26,), (26,), (26, 32), (26, 32)]  # shop, goods: a table and a bias each
    at = bert.columns_.index("goods")
    tokens = bert.model_.tokens.of_column(bert.model_.places[at], bert.tables_["goods"].vectors)
    states = bert.model_.telling(bert.schema_.inputs(rows[:3]), at)
    odds = np.exp(states @ np.transpose(tokens) * 32**-0.5 + bert.model_.scores[at].bias[2:])
    np.testing.assert_allclose(bert.fill_proba(rows[:3], "goods"), odds / odds.sum(1, keepdims=True), rtol=1e-4)


def test_missing_cells_are_filled(bert: te.BERTEmbedder, new_rows: pd.DataFrame) -> None:
    gaps = new_rows.set_axis(new_rows.index[::-1])
    filled = bert.fill(gaps)
    missing = gaps["zone"].isna()
    pd.testing.assert_frame_equal(filled[~missing], gaps[~missing])
    assert filled.dtypes.equals(gaps.dtypes)
    state = gaps["state"].map({"IL": 0, "MA": 1, "OR": 2})
    assert (filled["zone"] == state)[missing].mean() > 0.8
    told = bert.fill_proba(gaps, "zone")
    assert sorted(told) == ["0", "1", "2"]
    np.testing.assert_allclose(told.sum(axis=1), 1, rtol=1e-5)
    assert told.index.equals(gaps.index)
    assert told.idxmax(axis=1)[missing].astype(int).tolist() == filled["zone"][missing].tolist()
    whole = filled["zone"].tolist()
    assert bert.fill(pl.from_pandas(gaps))["zone"].to_list() == whole
    assert bert.fill(pa.Table.from_pandas(gaps, preserve_index=False))["zone"].tolist() == whole
    text = gaps.astype({"zone": "object", "state": "category"})
    text.iloc[:, 1] = text["state"].where(text.index != 3)
    assert bert.fill(text)["state"].notna().all()
    assert bert.fill(text)["state"].dtype == text["state"].dtype


def test_few_labels_are_enough(
    bert: te.BERTEmbedder, rows: pd.DataFrame, new_rows: pd.DataFrame, company: Callable[[pd.Series], np.ndarray]
) -> None:
    late = {name: company(part["shop"]) % 2 for name, part in (("some", rows[:80]), ("new", new_rows))}
    how = {"network": "transformer", "epochs": 30, "learning_rate": 3e-3, "validation_fraction": 0, "verbose": 0}
    how = {**how, "random_state": 0, "preset": "fast"}
    sizes = {"dim": 32, **SMALL, "hidden_factor": 2.0}
    anew = te.TabularClassifier(**how, network_options=sizes, kinds=bert.kinds).fit(rows[:80], late["some"])
    tuned = te.TabularClassifier(**how).fit(rows[:80], late["some"], init=bert)
    assert tuned.score(new_rows, late["new"]) > max(0.9, anew.score(new_rows, late["new"]) + 0.1)
    assert tuned.schema_["shop"].labels == bert.schema_.grown(rows[:80])["shop"].labels  # more than 80 rows hold
    assert tuned.network_options_ == sizes


@pytest.mark.slow
def test_training_goes_on_with_the_encoders_sizes(bert: te.BERTEmbedder, rows: pd.DataFrame, tmp_path: Path) -> None:
    how = {"network": "transformer", "preset": "fast", "epochs": 1, "random_state": 0, "verbose": 0}
    tuned = te.TabularRegressor(**how).fit(rows[:80], rows["km"][:80], init=bert)
    tuned.save(tmp_path / "t")
    again = te.TabularRegressor.load(tmp_path / "t").partial_fit(rows[80:160].assign(shop="s99"), rows["km"][80:160])
    assert "s99" in again.tables_["shop"]


def test_a_network_starts_from_the_encoder(bert: te.BERTEmbedder, rows: pd.DataFrame) -> None:
    schema = te.Schema(bert.schema_.columns, te.infer_schema({"y": [0.5, 1.5]}, "y").target)
    model = te.build_model(schema, "transformer", init=bert)
    for start in (bert.model_.tokenize, bert.model_.encode):
        for layer in start.layers:
            for weight, want in (
                zip(model.get_layer(layer.name).weights, layer.weights, strict=True) if layer.weights else ()
            ):
                if "prior" not in layer.name:
                    np.testing.assert_array_equal(weight, want)
    assert te.extract_tables(model, schema)["city"] == bert.tables_["city"]
    assert te.build_model(schema, init=bert).get_layer("city.embedding").output_dim == 32  # mlp takes the tables
    with pytest.raises(
        DataError, match="network 'transformer' must have heads=4 to start from `init`, however: heads=8"
    ):
        te.build_model(schema, "transformer", init=bert, heads=8)
    fewer = te.Schema([column for column in schema.columns if column.name != "km"], schema.target)
    with pytest.raises(
        DataError, match="the columns must be those that `init` was fitted on, city, .* alike, however: 'z"
    ):
        te.build_model(fewer, "transformer", init=bert)
    how = {"network": "transformer", "preset": "fast", "epochs": 1, "verbose": 0}
    with pytest.raises(DataError, match="column 'new' must be one that `init` was fitted on, however: those are city,"):
        te.TabularRegressor(**how).fit(rows[:90].assign(new=rows["km"]), rows["km"][:90], init=bert)
    with pytest.raises(DataError, match="column 'shop' is missing from the table"):
        te.TabularRegressor(**how).fit(rows[:90].drop(columns="shop"), rows["km"][:90], init=bert)


def test_it_is_saved_with_its_model(bert: te.BERTEmbedder, rows: pd.DataFrame, tmp_path: Path) -> None:
    bert.save(tmp_path / "b")
    again = te.BERTEmbedder.load(tmp_path / "b")
    np.testing.assert_array_equal(again.transform_cells(rows[:50]), bert.transform_cells(rows[:50]))
    pd.testing.assert_frame_equal(again.fill(rows[:50]), bert.fill(rows[:50]))
    (tmp_path / "b" / "weights.npz").unlink()
    with pytest.raises(DataError, match=r"the model in .* can't be loaded: .*save it again"):
        te.BERTEmbedder.load(tmp_path / "b")


def test_columns_of_very_many_labels(
    rows: pd.DataFrame, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "WHOLE", 20)
    part = rows[["shop", "goods"]]
    bert = te.BERTEmbedder(**{**quick, "kinds": None}, **SMALL).fit(part)
    told = bert.fill_proba(part, "goods").to_numpy()
    right = (pd.Series(bert.tables_["goods"].labels).str[1:].astype(int) % 6).to_numpy()
    same = right[None] == (part["shop"].str[1:].astype(int) % 6).to_numpy()[:, None]
    assert (told * same).sum(axis=1).mean() > 0.5  # by chance 1/6


@pytest.mark.usefixtures("eagerly")
def test_hashed_labels_share_their_bucket(rows: pd.DataFrame, quick: dict[str, Any]) -> None:
    kinds = {"shop": te.Categorical(hash_buckets=5)}
    bert = te.BERTEmbedder(**{**quick, "kinds": kinds, "epochs": 1, "batch_size": 3000}, **SMALL).fit(
        rows[["shop", "goods"]]
    )
    told = bert.fill_proba(rows[["shop", "goods"]][:4], "shop")
    assert told.shape == (4, 24)
    np.testing.assert_allclose(told.sum(axis=1), 1, rtol=1e-5)


def test_refusals(bert: te.BERTEmbedder, rows: pd.DataFrame, quick: dict[str, Any]) -> None:
    for arguments, message in (
        ({"dim": 30, "heads": 4}, "`dim` must be a multiple of 4, however: dim=30"),
        ({"dim": 2.5}, r"`dim` must be a whole number of 1 or more, however: dim=2\.5"),
        ({"mask_rate": 1.0}, r"`mask_rate` must be in \[0, 1\), however: mask_rate=1.0"),
        ({"epochs": 0}, "`epochs` must be 'auto' or a whole number of 1 or more, however: epochs=0"),
        (
            {"kinds": {"shop": te.Categorical(dim=8)}},
            "column 'shop' must have the dim that all columns have, 32 for `dim=32`, however: its kind declares dim=8",
        ),
        ({"kinds": {"shop": te.Categorical(min_count=9999)}}, "column 'shop' must have a label to learn a vector for"),
    ):
        with pytest.raises(DataError, match=message):
            te.BERTEmbedder(**arguments).fit(rows)
    with pytest.raises(
        DataError, match="column 'shop' must stand beside another one to be told from it, however: ther"
    ):
        te.BERTEmbedder().fit(rows[["shop"]])
    with pytest.raises(DataError, match="`column` must be a column of labels, however: 'km'"):
        bert.fill_proba(rows, "km")
    with pytest.raises(DataError, match="must not be asked for labels by vectors, however"):
        bert.inverse_transform(rows)
