"""What every embedder does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import tabembed as te
from tabembed.embedders import Embedder
from tabembed.io import DataError

pytestmark = pytest.mark.usefixtures("eagerly")

Make = Callable[..., Embedder]
Fitted = Callable[[Make], Any]
QUICK = {"epochs": 1, "batch_size": 500, "network_options": {"hidden": [4]}, "random_state": 0}


def entity(**arguments: Any) -> te.EntityEmbedder:
    """Return one that fits in a second."""
    return te.EntityEmbedder(**{"dim": 3, "cv": None, **QUICK, **arguments})


def pca(**arguments: Any) -> te.PCAEmbedder:
    """Return one of the same dim."""
    return te.PCAEmbedder(**{"dim": 3, **arguments})


def lda(**arguments: Any) -> te.LDAEmbedder:
    """Return one of the same dim."""
    return te.LDAEmbedder(**{"dim": 3, **arguments})


def word2vec(**arguments: Any) -> te.Word2VecEmbedder:
    """Return one that reads the rows once."""
    return te.Word2VecEmbedder(**{"dim": 3, "epochs": 1, "random_state": 0, **arguments})


def glove(**arguments: Any) -> te.GloVeEmbedder:
    """Return one that takes three steps."""
    return te.GloVeEmbedder(**{"dim": 3, "epochs": 3, "random_state": 0, **arguments})


def fasttext(**arguments: Any) -> te.FastTextEmbedder:
    """Return one that reads the rows once."""
    return te.FastTextEmbedder(**{"dim": 3, "epochs": 1, "random_state": 0, **arguments})


@cache
def numbers() -> str:
    """Return a file of a vector for each number below 150, at one path for all workers of a run: it names checks."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    lines = [f"{i} {np.cos(i):.4f} {np.sin(i):.4f} {i / 7:.4f} 1" for i in range(150)]
    file = Path(gettempdir(), f"tabembed-tests-{run}", "numbers.vec")
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def text(**arguments: Any) -> te.TextEmbedder:
    """Return one that reads what the labels, which are numbers, say."""
    return te.TextEmbedder(**{"source": numbers(), "dim": 3, **arguments})


def in_context(kind: Callable[..., Embedder], **always: Any) -> Callable[..., Embedder]:
    """Return a maker of contextual embedders that fit in a second."""

    def make(**arguments: Any) -> Embedder:
        """Return one of dim 4."""
        return kind(**{"dim": 4, "epochs": 1, "batch_size": 3000, "random_state": 0, **always, **arguments})

    return make


cove, elmo = in_context(te.CoVeEmbedder, layers=1), in_context(te.ELMoEmbedder, layers=1)
bert, gpt = (in_context(kind, heads=2, blocks=1) for kind in (te.BERTEmbedder, te.GPTEmbedder))


@pytest.fixture(scope="session", name="X")
def half_of_rows(X: pd.DataFrame) -> pd.DataFrame:
    """As few rows as leave the stores' numbers labels: nothing here asks for what was learned."""
    return X[:3000]


@pytest.fixture(scope="session", name="y")
def half_of_target(y: pd.Series) -> pd.Series:
    """Of the same rows."""
    return y[:3000]


@pytest.fixture(scope="session")
def fitted(X: pd.DataFrame, y: pd.Series) -> Fitted:
    """Return what gives an embedder that was fitted once, for all tests that leave it as it is."""
    return cache(lambda make: make().fit(X, y))


EMBEDDERS = [entity, pca, lda, word2vec, glove, fasttext, text]
CONTEXTUAL = [cove, elmo, bert, gpt]
each = pytest.mark.parametrize("make", EMBEDDERS)
in_rows = pytest.mark.parametrize("make", CONTEXTUAL, ids=["cove", "elmo", "bert", "gpt"])
every = pytest.mark.parametrize("make", EMBEDDERS + CONTEXTUAL)


def _expected(embedder: Embedder) -> dict[str, str]:
    """Return the checks that can't pass, and why."""
    if isinstance(embedder, te.EntityEmbedder):
        return {
            "check_sample_weight_equivalence_on_dense_data": "counts of labels and batches are of rows: "
            "a repeated row changes them, a weight does not"
        }
    if hasattr(embedder, "transform_cells"):
        return {
            "check_methods_sample_order_invariance": "the last bit of a float32 product hangs on the row's place in "
            "its batch, and the check allows none"
        }
    return {}


IN_ROWS = [
    cove(task="regression", validation_fraction=0, batch_size=16),
    elmo(batch_size=16),
    bert(batch_size=16),
    gpt(batch_size=16),
]


@pytest.mark.slow
@parametrize_with_checks(IN_ROWS, expected_failed_checks=_expected, xfail_strict=False)
def test_scikit_learns_checks_in_rows(estimator: Any, check: Any) -> None:
    check(estimator)


@parametrize_with_checks(
    [entity(task="regression", validation_fraction=0), te.PCAEmbedder(), te.LDAEmbedder(task="regression")],
    expected_failed_checks=_expected,
)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([word2vec(), glove(), fasttext(), text()], expected_failed_checks=_expected)
def test_scikit_learns_checks_of_those_that_read_words(estimator: Any, check: Any) -> None:
    check(estimator)


@each
def test_a_table_for_each_column_of_labels(make: Make, fitted: Fitted, X: pd.DataFrame) -> None:
    embedder = fitted(make)
    assert {name: (table.dim, len(table)) for name, table in embedder.tables_.items()} == {
        "store": (3, 100),
        "day": (3, 7),
    }
    assert embedder.tables_["day"].counts.sum() == len(X)
    out = embedder.transform(X.set_axis(X.index[::-1]))
    assert out.columns.tolist() == ["store_0", "store_1", "store_2", "km", "day_0", "day_1", "day_2"]
    assert out.columns.tolist() == embedder.get_feature_names_out().tolist()
    assert out.index.tolist() == X.index[::-1].tolist()
    assert out["km"].tolist() == X["km"].tolist()
    np.testing.assert_array_equal(out[["day_0", "day_1", "day_2"]].iloc[7], embedder.tables_["day"][X["day"][7]])
    assert embedder.inverse_transform(out)["day"].tolist() == X["day"].tolist()


@in_rows
def test_a_vector_for_each_cell_in_its_row(make: Make, fitted: Fitted, X: pd.DataFrame) -> None:
    embedder = fitted(make)
    out, cells = embedder.transform(X.set_axis(X.index[::-1])), embedder.transform_cells(X)
    assert (cells.shape, cells.dtype, embedder.columns_) == ((len(X), 2, 4), np.float32, ["store", "day"])
    assert out.columns.tolist() == [*(f"store_{at}" for at in range(4)), "km", *(f"day_{at}" for at in range(4))]
    assert out.columns.tolist() == embedder.get_feature_names_out().tolist()
    assert out.index.tolist() == X.index[::-1].tolist()
    assert out["km"].tolist() == X["km"].tolist()
    np.testing.assert_array_equal(out.filter(like="day_"), cells[:, 1])
    np.testing.assert_allclose(embedder.transform_cells(X[::-1])[::-1], cells, atol=1e-6)
    assert {name: len(table) for name, table in embedder.tables_.items()} == {"store": 100, "day": 7}
    beside = embedder.transform_cells(X[:1].assign(day="3")) - embedder.transform_cells(X[:1].assign(day="4"))
    assert np.abs(beside[0, 0]).max() > 1e-4
    new = embedder.transform_cells(pd.DataFrame({"store": [999, None], "km": 0.0, "day": "1"}))
    assert np.isfinite(new).all()
    assert not np.allclose(new[0, 0], new[1, 0])


@each
def test_unseen_and_missing_cells(make: Make, fitted: Fitted) -> None:
    embedder = fitted(make)
    table = embedder.tables_["store"]
    out = embedder.transform(pd.DataFrame({"store": ["?!", None, "5"], "km": 0.0, "day": "1"}))
    np.testing.assert_array_equal(out[["store_0", "store_1", "store_2"]], [table.unknown, table.missing, table["5"]])


@every
def test_of_an_array_every_column_is_categorical(make: Make, y: pd.Series) -> None:
    array = np.random.default_rng(0).integers(0, 40, (len(y), 2)) + 0.5
    embedder = make().fit(array, y)
    assert {name: len(table) for name, table in embedder.tables_.items()} == {"x0": 40, "x1": 40}
    assert embedder.transform(array).shape == (len(y), 8 if make in CONTEXTUAL else 6)


@every
def test_polars_and_dicts(make: Make, fitted: Fitted, X: pd.DataFrame, y: pd.Series) -> None:
    want = fitted(make).transform(X)
    frame = pl.from_pandas(X)
    out = make().fit(frame, y).transform(frame)
    assert isinstance(out, pl.DataFrame)
    np.testing.assert_array_equal(out.to_numpy(), want.to_numpy())
    columns = {name: X[name] for name in X}
    np.testing.assert_array_equal(make().fit(columns, y).transform(columns), want)
    as_arrays = copy(fitted(make)).set_output(transform="default").transform(X)
    assert as_arrays.shape == want.shape


@every
def test_the_same_seed_gives_the_same_tables(make: Make, fitted: Fitted, X: pd.DataFrame, y: pd.Series) -> None:
    embedder = fitted(make)
    np.random.seed(0)  # noqa: NPY002 - the global state is what this is about
    again = clone(embedder)
    assert again.fit(X, y) is again
    assert again.tables_ == embedder.tables_
    drawn = np.random.random()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002 - the global state is what this is about
    assert np.random.random() == drawn  # noqa: NPY002


@every
def test_it_is_saved_without_pickle(make: Make, X: pd.DataFrame, y: pd.Series, tmp_path: Path) -> None:
    own = {} if make in CONTEXTUAL else {"dim": 2}  # in rows all columns have one dim
    embedder = make(kinds={"store": te.Categorical(min_count=3, **own)}).fit(X, y)
    embedder.save(tmp_path / "e")
    embedder.save(str(tmp_path / "e"))  # its own folder is replaced
    assert {path.suffix for path in (tmp_path / "e").rglob("*.*")} <= {".json", ".parquet", ".npz"}
    again = type(embedder).load(tmp_path / "e")
    assert again.tables_ == embedder.tables_
    assert again.get_params() == embedder.get_params()
    pd.testing.assert_frame_equal(again.transform(X), embedder.transform(X))
    assert clone(again).fit(X, y).tables_ == embedder.tables_
    with pytest.raises(ValueError, match="yet now missing"):
        again.transform(X.drop(columns="km"))
    joblib.dump(embedder, tmp_path / "e.joblib")
    assert joblib.load(tmp_path / "e.joblib").tables_ == embedder.tables_


@every
def test_what_cant_be_loaded(make: Make, fitted: Fitted, tmp_path: Path) -> None:
    embedder = fitted(make)
    kind = type(embedder)
    with pytest.raises(DataError, match="no embedder in .*write one with save"):
        kind.load(tmp_path / "none")
    embedder.save(tmp_path / "e")
    file = tmp_path / "e" / "embedder.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "class": "Other"}))
    with pytest.raises(DataError, match=r"holds a Other, however: .*use te\.Other\.load"):
        kind.load(tmp_path / "e")
    file.write_text(json.dumps({**state, "version": 99}))
    with pytest.raises(DataError, match=r"must hold an embedder of version 1, however: its embedder\.json is another"):
        kind.load(tmp_path / "e")
    with pytest.raises(DataError, match="must be a new or an empty folder"):
        embedder.save(tmp_path)


@every
def test_refusals(make: Make, X: pd.DataFrame, y: pd.Series) -> None:
    with pytest.raises(DataError, match=r"`dim` must be (None or )?a whole number of 1 or more, however: dim=0"):
        make(dim=0).fit(X, y)
    with pytest.raises(
        DataError, match=r"a categorical column to learn vectors for, however: its columns are 'km' \(N"
    ):
        make().fit(X[["km"]], y)
    clash = X.rename(columns={"km": "day_0"})
    with pytest.raises(DataError, match="column 'day_0' would come twice"):
        make().fit(clash, y)
