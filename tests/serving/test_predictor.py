"""``te.load``: an exported model answers frames and files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tabembed as te
from tabembed.io import DataError, LabelError
from tabembed.nn import packed
from tabembed.serving.layout import next_version, read_schema, read_tables, version_dir


@pytest.fixture(scope="module")
def served(cases: Any) -> dict[str, te.Predictor]:
    return {target: te.load(case.path) for target, case in cases.items()}


def test_it_answers_as_the_model(cases: Any, served: Any, questions: pd.DataFrame) -> None:
    for target, case in cases.items():
        for rows in (case.frame, questions, questions[:1]):
            if target == "y":
                limit = 1e-5 * max(1, case.schema.need_target().scale)
                got = served[target].predict(rows)
                assert (got.shape, got.dtype) == ((len(rows),), np.float32)
                np.testing.assert_allclose(got, case.output(rows)[:, 0], rtol=0, atol=limit)
            else:
                got = served[target].predict_proba(rows)
                want = case.probabilities(rows)
                np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)
                np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-6)
                assert (served[target].predict(rows) == served[target].classes_[got.argmax(axis=1)]).all()


@pytest.mark.parametrize(
    ("target", "classes", "dtype"),
    [
        ("flag", [False, True], bool),
        ("late", ["early", "late"], object),
        ("code", [3, 5, 7], np.int64),
        ("share", [0.25, 0.5, 1.5], np.float64),
    ],
)
def test_classes_are_the_targets_own(
    served: Any, frame: pd.DataFrame, target: str, classes: list[Any], dtype: type
) -> None:
    predictor = served[target]
    assert (predictor.classes_.tolist(), predictor.classes_.dtype) == (classes, dtype)
    predicted = predictor.predict(frame)
    assert predicted.dtype == dtype
    assert set(predicted.tolist()) <= set(classes)


def test_what_travels_with_it(cases: Any, served: Any) -> None:
    case, predictor = cases["y"], served["y"]
    assert predictor.schema == case.schema == read_schema(case.path)
    assert predictor.tables == te.extract_tables(case.model, case.schema) == read_tables(case.path / "1")
    assert predictor.metrics == {"r2": 0.5}
    assert predictor.path == case.path / "1"
    assert repr(predictor) == f"Predictor('{case.path / '1'}': regression of 'y' from 5 columns)"


def test_regression_has_no_classes(served: Any, frame: pd.DataFrame) -> None:
    for ask in (lambda: served["y"].classes_, lambda: served["y"].predict_proba(frame)):
        with pytest.raises(DataError, match="this model predicts 'y' by regression and has no classes; use predict"):
            ask()


def test_target_and_other_columns_are_left_alone(served: Any, cases: Any, frame: pd.DataFrame) -> None:
    features = list(cases["y"].schema.features)
    want = served["y"].predict(frame[features])
    for rows in (frame, frame[features[::-1]], frame.assign(y=None, notes=[[1, "x"]] * 200)):
        np.testing.assert_array_equal(served["y"].predict(rows), want)


def test_every_form_of_data(served: Any, cases: Any, tmp_path: Path) -> None:
    rows = cases["y"].frame
    rows.to_parquet(tmp_path / "a.parquet")
    rows.to_csv(tmp_path / "a.csv", index=False)
    want = served["y"].predict(rows)
    for data in (pl.from_pandas(rows), tmp_path / "a.parquet", rows.to_dict("list"), rows.to_dict("records")):
        np.testing.assert_array_equal(served["y"].predict(data), want)
    np.testing.assert_allclose(served["y"].predict(tmp_path / "a.csv"), want, rtol=1e-6)


def test_rows_in_pieces_and_no_rows(served: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    want = served["y"].predict(frame)
    monkeypatch.setattr(packed, "_CHUNK", 64)
    np.testing.assert_allclose(served["y"].predict(frame), want, rtol=1e-6)
    assert served["y"].predict(frame[:0]).shape == (0,)
    assert served["code"].predict_proba(frame[:0]).shape == (0, 3)
    assert served["late"].predict(frame[:0]).shape == (0,)


def test_bad_rows_are_refused_by_column(served: Any, frame: pd.DataFrame) -> None:
    with pytest.raises(LabelError, match="column 'km' is missing from the frame"):
        served["y"].predict(frame.drop(columns="km"))
    with pytest.raises(LabelError, match="column 'tail no' is missing from the frame; did you mean 'tail_no'?"):
        served["y"].predict(frame.rename(columns={"tail no": "tail_no"}))
    with pytest.raises(DataError, match="column 'km' must hold numbers, however: .* first 'far' in row 0"):
        served["y"].predict(frame.assign(km="far"))
    with pytest.raises(DataError, match="column 'gaps' must hold finite numbers, however: 1 of 200 are infinite"):
        served["y"].predict(frame.assign(gaps=[np.inf, *[0.0] * 199]))
    with pytest.raises(DataError, match="column 'night' must hold true and false"):
        served["y"].predict(frame.assign(night="perhaps"))


# where it lies


def test_the_newest_version_by_number(cases: Any, tmp_path: Path) -> None:
    for version in ("2", "10", "x"):
        shutil.copytree(cases["y"].path / "1", tmp_path / "m" / version)
    assert te.load(tmp_path / "m").path == tmp_path / "m" / "10"
    assert te.load(str(tmp_path / "m" / "2")).path == tmp_path / "m" / "2"
    assert next_version(tmp_path / "m") == 11
    assert next_version(tmp_path / "new") == 1
    assert version_dir(tmp_path / "m") == tmp_path / "m" / "10"


def test_no_model_is_said(cases: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model at .*/none; it must be a folder such as saved_models/NAME"):
        te.load(tmp_path / "none")
    with pytest.raises(DataError, match="holds no version of a model"):
        te.load(tmp_path)
    (tmp_path / "a" / "1").mkdir(parents=True)
    with pytest.raises(DataError, match="a/1 holds no saved_model.pb; export the model again"):
        te.load(tmp_path / "a")
    shutil.copytree(cases["y"].path / "1", tmp_path / "b" / "1")
    shutil.rmtree(tmp_path / "b" / "1" / "assets.extra")
    with pytest.raises(DataError, match="is a SavedModel without assets.extra/schema.json, so not one"):
        te.load(tmp_path / "b")


@pytest.mark.parametrize(
    "part", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
def test_a_damaged_model_is_said(cases: Any, tmp_path: Path, part: str) -> None:
    shutil.copytree(cases["y"].path / "1", tmp_path / "m")
    (tmp_path / "m" / part).write_bytes(b"damaged")
    with pytest.raises(DataError, match="the SavedModel in .*/m can't be loaded: .*; export it again"):
        te.load(tmp_path / "m")
