"""Fitting on files: the target named, the rows streamed, as good as from a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    dest = rng.choice(["LAX", "BOS", "SFO"], 3000)
    km = rng.normal(0, 1, 3000)
    delay = np.select([dest == "LAX", dest == "BOS"], [5.0, -3.0], 0.5) + km + rng.normal(0, 0.1, 3000)
    return pd.DataFrame({"dest": dest, "km": km, "delay": delay, "late": np.where(delay > 0, "yes", "no")})


@pytest.fixture
def folder(frame: pd.DataFrame, tmp_path: Path) -> Path:
    for at in range(3):
        frame.iloc[at * 1000 : (at + 1) * 1000].to_parquet(tmp_path / f"{at}.parquet", row_group_size=300)
    return tmp_path


def quick(kind: type = te.TabularRegressor, **more: Any) -> Any:
    return kind(
        **{"preset": "fast", "epochs": 8, "random_state": 0, "verbose": 0, "kinds": {"late": te.Ignored()}, **more}
    )


def test_files_train_as_well_as_a_frame(folder: Path, frame: pd.DataFrame) -> None:
    of_files = quick().fit(str(folder / "*.parquet"), "delay")
    of_frame = quick().fit(frame.drop(columns="delay"), frame["delay"])
    assert of_files.schema_.columns[0] == of_frame.schema_.columns[0]
    assert of_files.metrics_["on"] == "held-out rows"
    assert abs(of_files.metrics_["model"]["r2"] - of_frame.metrics_["model"]["r2"]) < 0.02
    assert of_files.feature_names_in_.tolist() == ["dest", "km", "late"]
    assert of_files.predict(frame.drop(columns="delay")).shape == (3000,)


def test_the_seed_repeats_it(folder: Path) -> None:
    one, two = (quick(epochs=2).fit(folder, "delay").tables_["dest"].vectors for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_a_classifier(folder: Path, frame: pd.DataFrame) -> None:
    est = quick(te.TabularClassifier, kinds={"delay": te.Ignored()}).fit(folder, "late")
    assert est.schema_.target.task == "binary"
    assert est.classes_.tolist() == ["no", "yes"]
    assert est.metrics_["model"]["accuracy"] > 0.9
    assert set(est.predict(frame.drop(columns="late"))) <= {"no", "yes"}


def test_nothing_held_out(folder: Path) -> None:
    est = quick(epochs=1, validation_fraction=0).fit(folder, "delay")
    assert (est.metrics_["on"], est.metrics_["rows"]) == ("training rows", 3000)


def test_csv(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert quick(epochs=1).fit(tmp_path / "a.csv", "delay").n_epochs_ == 1


def test_what_files_refuse(folder: Path, frame: pd.DataFrame) -> None:
    with pytest.raises(te.DataError, match=r"`y` must be the name of the target's column .* it is a Series"):
        quick().fit(folder, frame["delay"])
    with pytest.raises(te.DataError, match="target 'dealy' is not a column of the files; did you mean 'delay'"):
        quick().fit(folder, "dealy")
    with pytest.raises(te.DataError, match="`sample_weight` must be the name of a column when X names files, however"):
        quick().fit(folder, "delay", sample_weight=np.ones(3000))


def test_a_file_that_disappears_while_training_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    real = keras.Model.fit

    def late(*arguments: Any, **options: Any) -> Any:
        (folder / "2.parquet").unlink()
        return real(*arguments, **options)

    monkeypatch.setattr(keras.Model, "fit", late)
    with pytest.raises(te.DataError, match=r"2\.parquet' can't be read as Parquet: it has gone"):
        quick().fit(folder, "delay")
