"""TableEncoder as scikit-learn, pandas, polars and Arrow see it."""

from __future__ import annotations

import io
import re
import types
from typing import Any

import duckdb
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from tabembed.io.errors import DataError
from tabembed.tables import EmbeddingTable, TableEncoder


# No expected failures. The array API check is skipped by scikit-learn itself where SCIPY_ARRAY_API isn't set.
@parametrize_with_checks([TableEncoder(), TableEncoder({"x0": EmbeddingTable([0, 1, 2], [[0.5, 1], [1, 2], [3, 4]])})])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture
def store() -> EmbeddingTable:
    """Two stores."""
    return EmbeddingTable(["1", "2"], [[0.5, 1], [1.5, 2]], unknown=[7, 7], missing=[8, 8])


@pytest.fixture
def frame() -> pd.DataFrame:
    """A frame with an index that isn't a range, and comes twice."""
    columns = {"day": [1, 2, None], "store": [2, 9.0, None], "state": ["a", None, "b"]}
    return pd.DataFrame(columns, index=[5, 5, 9])


def test_pandas(store: EmbeddingTable, frame: pd.DataFrame) -> None:
    encoder = TableEncoder({"store": store, "elsewhere": store}).fit(frame)
    out = encoder.transform(frame)
    assert out.columns.tolist() == encoder.get_feature_names_out().tolist() == ["day", "store_0", "store_1", "state"]
    assert out.index.tolist() == [5, 5, 9]
    assert out[["store_0", "store_1"]].to_numpy().tolist() == [[1.5, 2], [7, 7], [8, 8]]
    assert out["store_0"].dtype == np.float32
    pd.testing.assert_frame_equal(out[["day", "state"]], frame[["day", "state"]])
    assert list(encoder.tables_) == ["store"]
    assert encoder.transform(frame.iloc[:0]).shape == (0, 4)
    out.iloc[0, 0] = 99
    assert frame.iloc[0, 0] == 1


def test_inverse_transform(store: EmbeddingTable, frame: pd.DataFrame) -> None:
    encoder = TableEncoder({"store": store}).fit(frame)
    out = encoder.transform(frame)
    out.iloc[0, 1] += 0.1
    back = encoder.inverse_transform(out)
    assert back.columns.tolist() == ["day", "store", "state"]
    assert back.index.tolist() == [5, 5, 9]
    assert back["store"].tolist()[0] == "2"
    assert back["store"].isna().tolist() == [False, True, True]
    pd.testing.assert_frame_equal(back[["day", "state"]], frame[["day", "state"]])
    with pytest.raises(DataError, match="X must have the 4 columns that transform returns, however: it has 3"):
        encoder.inverse_transform(frame)


def test_inverse_of_a_label_with_the_unknown_vector() -> None:
    grown = EmbeddingTable(["a", "new"], [[1.0], [5.0]], unknown=[5.0])
    encoder = TableEncoder({"x0": grown}).fit([["a"]])
    assert encoder.inverse_transform([[5.0], [np.nan], [0.0]]).tolist() == [["new"], [None], ["a"]]


@pytest.mark.parametrize("make", [pl.from_pandas, lambda f: pa.Table.from_pandas(f, preserve_index=False)])
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_other_frames(make: Any, output: str, store: EmbeddingTable, frame: pd.DataFrame) -> None:
    encoder = TableEncoder({"store": store}).set_output(transform=output).fit(frame)
    given = make(frame)
    out = encoder.transform(given)
    wanted = pl.DataFrame if output == "polars" or (output, type(given)) == ("default", pl.DataFrame) else pd.DataFrame
    assert isinstance(out, wanted)
    assert list(out.columns) == ["day", "store_0", "store_1", "state"]
    assert np.asarray(out[["store_0", "store_1"]], float).tolist() == [[1.5, 2], [7, 7], [8, 8]]
    assert list(encoder.inverse_transform(out).columns) == ["day", "store", "state"]


def test_a_query_of_duckdb(store: EmbeddingTable) -> None:
    out = TableEncoder({"store": store}).fit_transform(duckdb.sql("select 2 as store, 'x' as state"))
    assert out.to_dict("list") == {"store_0": [1.5], "store_1": [2.0], "state": ["x"]}


def test_arrow_integers_with_gaps_stay_exact() -> None:
    big = 2**53 + 1
    table = EmbeddingTable([big], [[5.0]])
    out = TableEncoder({"id": table}).fit_transform(pa.table({"id": [big, None]}))
    assert out["id_0"].tolist() == [5, 5]
    assert TableEncoder({"id": table.replace(unknown=[-1])}).fit_transform(pa.table({"id": [big]}))[
        "id_0"
    ].tolist() == [5]


@pytest.mark.parametrize("key", ["x1", 1])
def test_arrays(key: Any, store: EmbeddingTable) -> None:
    encoder = TableEncoder({key: store})
    assert encoder.fit_transform(np.array([[3.0, 2], [np.nan, np.nan]])).tolist()[0] == [3, 1.5, 2]
    assert encoder.fit_transform([["p", 1], ["q", None]]).tolist() == [["p", 0.5, 1], ["q", 8, 8]]
    assert encoder.get_feature_names_out().tolist() == ["x0", "x1_0", "x1_1"]
    assert encoder.get_feature_names_out(["a", "b"]).tolist() == ["a", "b_0", "b_1"]
    assert TableEncoder({0: store}).fit_transform(np.array([[1]])).dtype == np.float32
    assert encoder.inverse_transform(encoder.transform([["p", 1]])).tolist() == [["p", "1"]]


def test_frames_with_numbers_for_names(store: EmbeddingTable) -> None:
    out = TableEncoder({10: store}).fit_transform(pd.DataFrame({20: [0.5], 10: ["2"]}))
    assert out.columns.tolist() == ["x0", "x1_0", "x1_1"]
    assert out.to_numpy().tolist() == [[0.5, 1.5, 2]]


def test_tables_of_a_fitted_object(store: EmbeddingTable, frame: pd.DataFrame) -> None:
    fitted = types.SimpleNamespace(tables_={"store": store})
    assert TableEncoder(fitted).fit_transform(frame).shape == (3, 4)
    assert TableEncoder().fit_transform(frame).equals(frame)


def test_clone_and_joblib(store: EmbeddingTable, frame: pd.DataFrame) -> None:
    encoder = TableEncoder({"store": store}).fit(frame)
    copied = clone(encoder)
    assert copied.tables["store"] is store
    assert not hasattr(copied, "tables_")
    buffer = io.BytesIO()
    joblib.dump(encoder, buffer)
    buffer.seek(0)
    pd.testing.assert_frame_equal(joblib.load(buffer).transform(frame), encoder.transform(frame))


def test_in_scikit_learns_company() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 30, 400)
    effect = rng.standard_normal(30)
    X = pd.DataFrame({"store": labels, "day": rng.standard_normal(400)})
    y = effect[labels] + X["day"]
    tables = {"store": EmbeddingTable(range(30), effect[:, None])}
    model = make_pipeline(TableEncoder(tables), SimpleImputer(), LinearRegression())
    assert cross_val_score(model, X, y).min() > 0.999
    search = GridSearchCV(model, {"tableencoder__tables": [None, tables]}).fit(X, y)
    assert search.best_params_["tableencoder__tables"] is not None
    columns = ColumnTransformer([("table", TableEncoder(tables), ["store"])], remainder="passthrough")
    out = columns.set_output(transform="pandas").fit_transform(X)
    assert out.columns.tolist() == ["table__store_0", "remainder__day"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([1], r"tables must map columns to EmbeddingTables, or be fitted and have tables_, however: \[1\]"),
        ({"store": [1]}, "tables must map columns to EmbeddingTables"),
        (
            {"shop": EmbeddingTable(["1"], [[1]])},
            r"tables must belong to columns of X, however: they are for \['shop'\]",
        ),
        ({"day": EmbeddingTable(["1"], [[1]]), "day_0": EmbeddingTable(["1"], [[1]])}, None),
    ],
)
def test_refused_tables(tables: Any, message: str | None, frame: pd.DataFrame) -> None:
    if message is None:
        frame, message = frame.assign(day_0=1), "column 'day_0' would come twice, once from a table; rename"
        tables = {"day": tables["day"]}
    with pytest.raises(DataError, match=message):
        TableEncoder(tables).fit(frame)


def test_refused_frames(store: EmbeddingTable, frame: pd.DataFrame) -> None:
    encoder = TableEncoder({"store": store}).fit(frame)
    with pytest.raises(ValueError, match=re.escape("Feature names seen at fit time, yet now missing:\n- state")):
        encoder.transform(frame[["day", "store"]])
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        encoder.transform(frame[["store", "day", "state"]])
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(["a"])
