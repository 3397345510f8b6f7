"""What goes into ``fit`` and ``predict``: targets and tables of every form, and what is refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import DataConversionWarning, NotFittedError

import tabembed as te
from tabembed.estimators.rows import with_targets
from tabembed.io import DataError, DataWarning, LabelError

pytestmark = pytest.mark.usefixtures("eagerly")


# targets


@pytest.mark.parametrize(
    ("values", "dtype", "task"),
    [
        ([False, True], bool, "binary"),
        ([3, 7], np.int64, "binary"),
        ([0.5, 1.5, 2.5], np.float64, "multiclass"),
        (["no", "yes"], object, "binary"),
        ([2, 4, 9, 11], np.int64, "multiclass"),
    ],
    ids=str,
)
def test_classes_come_back_as_they_went_in(
    quick: Any, X: pd.DataFrame, y: pd.Series, values: list[Any], dtype: type, task: str
) -> None:
    truth = [values[at] for at in pd.qcut(y, len(values), labels=False)]
    est = quick.classifier().fit(X, truth)
    assert (est.classes_.tolist(), est.classes_.dtype, est.schema_.target.task) == (values, dtype, task)
    predicted = est.predict(X)
    assert predicted.dtype == dtype
    assert set(predicted.tolist()) <= set(values)
    assert est.predict_proba(X).shape == (240, len(values))


@pytest.mark.parametrize("form", ["category", "unused", "Int64", "polars", "array"])
def test_a_target_in_every_form(quick: Any, X: pd.DataFrame, y: pd.Series, form: str) -> None:
    high = (y > y.median()).astype(int)
    truth = {
        "category": pd.Series(pd.Categorical(high)),
        "unused": pd.Series(pd.Categorical(high, [0, 1, 2])),
        "Int64": high.astype("Int64"),
        "polars": pl.Series(high),
        "array": pa.chunked_array([high.to_numpy()]),
    }[form]
    est = quick.classifier().fit(X, truth)
    assert est.schema_.target.task == "binary"
    assert est.classes_.tolist() == [0, 1]


def test_few_numbers_are_still_numbers_to_a_regressor(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        est = quick.regressor().fit(X, (y > 100).astype(int) + 1)
    assert est.schema_.target.task == "regression"


@pytest.mark.parametrize(
    ("truth", "error", "message"),
    [
        (
            ["a"] * 240,
            DataError,
            "target 'target' must hold numbers for regression, .*; pass another task, or use te.TabularCl",
        ),
        ([True, False] * 120, DataError, "target 'target' must hold numbers for regression, however: its type is bool"),
        ([1.5] * 240, DataError, "target 'target' must take two values or more, however: it is 1.5 in every row"),
        ([None, *range(239)], DataError, "target 'target' must be there in every row, however: 1 of 240 rows miss it"),
        ([float("inf"), *range(239)], DataError, "column 'target' must hold finite numbers"),
        (range(5), DataError, "X and y must be equally long, however: 240 and 5 rows"),
        (None, ValueError, "y should be a 1d array"),
        (np.zeros((240, 2)), DataError, "target 'target_0' must take two values or more"),
    ],
    ids=["text", "bool", "constant", "missing", "infinite", "short", "none", "two"],
)
def test_a_bad_target_is_refused(quick: Any, X: pd.DataFrame, truth: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        quick.regressor().fit(X, truth)


def test_one_class_is_refused(quick: Any, X: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="target 'target' must take two values or more, however: it is 'a'"):
        quick.classifier().fit(X, ["a"] * 240)


def test_the_target_is_called_what_it_is_called(X: pd.DataFrame, y: pd.Series) -> None:
    assert with_targets(X, y)[1] == ["sales"]
    assert with_targets(X, y.rename("x"))[1] == ["target"]
    assert with_targets(X.assign(target=1), y.to_numpy())[1] == ["target_"]
    assert with_targets(X, y.rename(None))[1] == with_targets(X, pl.Series(y.to_list()))[1] == ["target"]
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        assert with_targets(X, y.to_frame())[0].num_columns == 5


# data


def test_every_form_of_data(quick: Any, fitted: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    want = fitted.predict(X)
    table = pa.Table.from_pandas(X)
    for data in (pl.from_pandas(X), table, table.to_reader(), {n: X[n] for n in X}, X.to_dict("records")):
        np.testing.assert_array_equal(fitted.predict(data), want)
    first = quick.regressor().fit(X, y)
    for data in (pl.from_pandas(X), X.to_dict("list"), X.astype({"city": "category", "x": "float32"})):
        est = quick.regressor().fit(data, y)
        assert est.feature_names_in_.tolist() == list(X)
        np.testing.assert_allclose(est.predict(data), first.predict(X), rtol=1e-5)


def test_plain_arrays(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    numbers = np.column_stack([X["x"], np.arange(240) / 7])
    for rows in (numbers, numbers.tolist()):
        est = quick.regressor().fit(rows, y)
        assert est.n_features_in_ == 2
        assert est.predict(rows).shape == (240,)
    objects = quick.regressor().fit(X.to_numpy(), y)
    assert list(objects.tables_) == ["x0", "x1"]
    assert objects.predict(X.to_numpy()).shape == (240,)


def test_rows_that_came_out_badly(fitted: te.TabularRegressor, X: pd.DataFrame) -> None:
    rows = X[:6].astype({"flag": "object"})
    rows.loc[0] = [None, None, None, None]
    rows.loc[1, "city"] = "never seen"
    rows.loc[2, "my store"] = 99
    predicted = fitted.predict(rows.astype({"my store": "float64"}))
    assert np.isfinite(predicted).all()
    np.testing.assert_array_equal(predicted[3:], fitted.predict(X)[3:6])
    assert fitted.predict(X[:0]).shape == (0,)
    with pytest.raises(DataError, match="column 'x' must hold finite numbers, however: 1 of 6 .* in row 4"):
        fitted.predict(X[:6].assign(x=[0, 0, 0, 0, np.inf, 0]))
    with pytest.raises(DataError, match="column 'flag' must hold true and false"):
        fitted.predict(X[:6].assign(flag="perhaps"))
    with pytest.raises(ValueError, match="yet now missing:\n- x"):
        fitted.predict(X.drop(columns="x"))
    with (
        pytest.raises(LabelError, match="column 'city' is missing from the array"),
        pytest.warns(UserWarning, match="valid feature"),
    ):
        fitted.predict(X.to_numpy())


def test_declared_kinds(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    kinds = {"city": te.Categorical(dim=3), "my store": te.Ignored()}
    est = quick.regressor(kinds=kinds).fit(X, y)
    assert list(est.tables_) == ["city"]
    assert est.tables_["city"].dim == 3
    np.testing.assert_array_equal(est.predict(X.assign(**{"my store": None})), est.predict(X))
    with pytest.raises(DataError, match="`kinds` names column 'town', which the data does not have"):
        quick.regressor(kinds={"town": te.Categorical()}).fit(X, y)


def test_a_warm_start(quick: Any, fitted: te.TabularRegressor, X: pd.DataFrame, y: pd.Series) -> None:
    still = {"learning_rate": 1e-12, "weight_decay": 0.0}
    for init in (fitted, fitted.tables_):
        est = quick.regressor(**still).fit(X, y, init=init)
        np.testing.assert_allclose(est.tables_["city"].vectors, fitted.tables_["city"].vectors, atol=1e-6)
    with pytest.raises(DataError, match="`init` must be .* or a fitted embedder, however: str"):
        quick.regressor().fit(X, y, init="tables")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("epochs", 0),
        ("patience", 0),
        ("batch_size", 0),
        ("batch_size", "big"),
        ("validation_fraction", 1),
        ("learning_rate", 0),
    ],
)
def test_a_bad_argument_is_refused_at_fit(quick: Any, X: pd.DataFrame, y: pd.Series, argument: str, value: Any) -> None:
    est = quick.regressor(**{argument: value})
    assert est.get_params()[argument] == value
    with pytest.raises(DataError, match=f"`{argument}` must be "):
        est.fit(X, y)


def test_a_network_that_isnt_there(quick: Any, X: pd.DataFrame, y: pd.Series) -> None:
    with pytest.raises(DataError, match="`network` must be one of .*mlp.*, however: network='nothing'"):
        quick.regressor(network="nothing").fit(X, y)
    with pytest.raises(DataError, match="`random_state` must be None or a whole number"):
        quick.regressor(random_state="a").fit(X, y)


@pytest.mark.parametrize("kind", [te.TabularRegressor, te.TabularClassifier])
def test_before_fit(X: pd.DataFrame, tmp_path: Any, kind: type) -> None:
    est = kind()
    asks = [lambda: est.predict(X), lambda: est.tables_, lambda: est.export(tmp_path), lambda: est.save(tmp_path / "e")]
    if kind is te.TabularClassifier:
        asks.append(lambda: est.predict_proba(X))
    for ask in asks:
        with pytest.raises(NotFittedError, match=f"This {kind.__name__} instance is not fitted yet"):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_a_bar_is_drawn(quick: Any, X: pd.DataFrame, y: pd.Series, capsys: pytest.CaptureFixture[str]) -> None:
    quick.regressor(verbose=1).fit(X, y)
    shown = capsys.readouterr()
    assert "epoch 1 of 1" in shown.err
    assert shown.out == ""
    quick.regressor(verbose=0).fit(X, y)
    assert "epoch" not in capsys.readouterr().err
