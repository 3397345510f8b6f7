"""`fit` and `predict` from file to file, in this process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import Result

import tabembed as te
from tabembed.cli.fit import _NETWORKS, default_output, fit
from tabembed.estimators.presets import PRESETS
from tabembed.nn.networks import NETWORKS

Run = Callable[..., Result]
QUICK = ("--preset", "fast", "--epochs", "1")
ODD_NAMES = ["my state", "a.b", "a-b", "a/b", "x,y(z)", "_lead", "1col", "größe", "日本", "n" * 300]


def test_the_model_answers_as_the_library_does(frame: pd.DataFrame, model: Path, done: Run, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "new.parquet")
    said = done("predict", model, tmp_path / "new.parquet", "--output", tmp_path / "out" / "p.csv")
    assert said.stdout == f"300 predictions of 'price' in {tmp_path / 'out' / 'p.csv'}\n"
    assert (tmp_path / "out" / "p.csv").read_text("utf-8").startswith("prediction\n")
    answers = pd.read_csv(tmp_path / "out" / "p.csv", dtype=np.float32)
    assert list(answers) == ["prediction"]
    np.testing.assert_array_equal(answers["prediction"], te.load(model).predict(frame))


def test_rows_keep_their_order_over_several_files(frame: pd.DataFrame, model: Path, done: Run, tmp_path: Path) -> None:
    frame[200:].to_csv(tmp_path / "b.csv", index=False)
    frame[:200].to_csv(tmp_path / "a.csv", index=False)
    done("predict", model, tmp_path / "[ab].csv", "--output", tmp_path / "glob.parquet")
    done("predict", model, tmp_path / "b.csv", tmp_path / "a.csv", "--output", tmp_path / "listed.parquet")
    expected = te.load(model).predict(frame)
    of_glob, listed = (pq.read_table(tmp_path / f"{name}.parquet")["prediction"] for name in ("glob", "listed"))
    np.testing.assert_array_equal(of_glob, expected)
    np.testing.assert_array_equal(listed, np.concatenate([expected[200:], expected[:200]]))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_long_table_is_answered_in_parts(
    form: str, frame: pd.DataFrame, model: Path, done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabembed.cli.predict._LONG", 70)
    frame.to_parquet(tmp_path / "new.parquet", row_group_size=70)
    done("predict", model, tmp_path / "new.parquet", "--output", tmp_path / f"p.{form}")
    answers = pd.read_csv(tmp_path / "p.csv") if form == "csv" else pd.read_parquet(tmp_path / "p.parquet")
    assert list(answers) == ["prediction"]
    np.testing.assert_allclose(answers["prediction"], te.load(model).predict(frame), rtol=1e-5)


def test_no_rows_give_no_predictions(model: Path, done: Run, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("city,zip,shop_id,area,new\n")
    done("predict", model, tmp_path / "none.csv", "--output", tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == "prediction\n"


def test_labels_outlive_the_type_they_come_back_in(frame: pd.DataFrame, model: Path, done: Run, tmp_path: Path) -> None:
    head = frame[:40].drop(columns=["price", "currency"])
    expected = te.load(model).predict(head.assign(shop_id=head["shop_id"].astype(str).where(head.index != 3)))
    floats = head.assign(shop_id=head["shop_id"].astype(float).where(head.index != 3), other="not of the model")
    floats.to_csv(tmp_path / "floats.csv", index=False)
    assert floats["shop_id"].dtype == float
    floats.to_parquet(tmp_path / "floats.parquet")
    for name in ("floats.csv", "floats.parquet"):
        done("predict", model, tmp_path / name, "--output", tmp_path / "p.parquet")
        np.testing.assert_array_equal(pq.read_table(tmp_path / "p.parquet")["prediction"], expected)
    assert te.load(model).schema["zip"].labels[0] in {"00501", "10001", "94016"}
    assert "00501" in te.load(model).tables["zip"]


@pytest.mark.parametrize(
    ("values", "options", "classes"),
    [
        (["no", "yes"], [], ["no", "yes"]),
        ([False, True], [], [False, True]),
        ([10, 20, 30], ["--task", "multiclass"], [10, 20, 30]),
    ],
)
def test_classes_come_back_as_they_went_in(
    values: list[object], options: list[str], classes: list[object], frame: pd.DataFrame, done: Run, tmp_path: Path
) -> None:
    data = frame.assign(target=[values[at % len(values)] for at in range(len(frame))])[["city", "zip", "target"]]
    data.to_csv(tmp_path / "data.csv", index=False)
    fitted = ["fit", tmp_path / "data.csv", "--target", "target", "--output", tmp_path / "m", *QUICK]
    said = done(*fitted, *options).stdout
    assert "accuracy" in said
    assert "baseline (class shares)" in said
    for name in ("p.csv", "p.parquet"):
        done("predict", tmp_path / "m", tmp_path / "data.csv", "--output", tmp_path / name)
    answers = pq.read_table(tmp_path / "p.parquet").to_pandas()
    pd.testing.assert_frame_equal(answers, pd.read_csv(tmp_path / "p.csv"), check_dtype=False)
    shares = answers.drop(columns="prediction")
    assert list(shares) == [f"probability_{label}" for label in classes]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert answers["prediction"].tolist() == [classes[at] for at in shares.to_numpy().argmax(axis=1)]
    assert type(answers["prediction"].tolist()[0]) is type(classes[0])


def test_any_name_a_csv_may_hold_works(done: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({name: rng.choice(["u", "v", "w"], 90) for name in ODD_NAMES})
    data["a/b"], data["the target, €"] = rng.normal(size=90), rng.choice(["a/b", "c,d", "日本"], 90)
    data.to_csv(tmp_path / "odd.csv", index=False)
    fitted = ("fit", tmp_path / "odd.csv", "--target", "the target, €", "--output", tmp_path / "m", *QUICK)
    done(*fitted, "--ignore", "x,y(z)", "--quiet")
    done("predict", tmp_path / "m", tmp_path / "odd.csv", "--output", tmp_path / "p.csv")
    names = list(pd.read_csv(tmp_path / "p.csv"))
    assert names == ["prediction", "probability_a/b", "probability_c,d", "probability_日本"]
    tabled = [name for name in ODD_NAMES if name not in ("a/b", "x,y(z)")]
    for name in tabled:
        assert len(done("neighbors", tmp_path / "m", name, "u").stdout.splitlines()) == 2
    done("tables", tmp_path / "m", "--output", tmp_path / "t")
    assert list(te.load_tables(tmp_path / "t")) == tabled


def test_fit_says_what_it_read_and_how_good_it_is(frame: pd.DataFrame, done: Run, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "sales.csv", index=False)
    output = tmp_path / "my models" / "sales"
    fitted = ("fit", tmp_path / "sales.csv", "--target", "price", "--output", output, *QUICK[:2], "--epochs", "2")
    said = done(*fitted, "--batch-size", "50", "--seed", "3", "--ignore", "city", "--numeric", "shop_id").stdout
    assert said.startswith("Schema of 6 columns, 300 rows\n")
    assert "set aside: constant (EUR)" in said
    for part in ("r2", "mae", "baseline (mean)", "rows/s", "held-out rows", f"model  {output / '1'}"):
        assert part in said
    assert 10 < int(re.search(r"measured on (\d+) held-out rows", said)[1]) < 60
    assert f"tabembed predict '{output}' DATA --output predictions.csv" in said
    served = te.load(output)
    assert served.schema["city"].key == "ignored"
    assert served.schema["shop_id"].key == "numeric"
    assert set(served.metrics["model"]) == {"r2", "mae", "rmse"}
    settings = json.loads((output / "1" / "assets.extra" / "training.json").read_text())
    assert (settings["epochs"], settings["batch_size"], settings["random_state"]) == (2, 50, 3)
    assert done(*fitted, "--quiet").stdout == f"{output / '2'}\n"


def test_the_networks_are_the_real_ones() -> None:
    assert tuple(NETWORKS) == _NETWORKS


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (["flights.csv"], "flights"),
        (["x/Flights.2013.CSV.GZ"], "Flights.2013"),
        (["x/y/"], "y"),
        (["x/y/**"], "y"),
        (["x/part-?.parquet"], "part"),
        (["x/a.csv", "x/b.csv"], "x"),
        (["x/jan-2013.csv", "x/jan-2014.csv"], "jan-201"),
        (["/[ab].csv"], "model"),
    ],
)
def test_the_model_is_called_after_the_data(data: list[str], name: str) -> None:
    assert default_output(data) == Path("saved_models") / name


def test_a_preset_and_a_limit_of_time_are_taken(done: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"user": rng.integers(0, 40, 800).astype(str), "n": rng.normal(size=800)})
    frame["y"] = frame["user"].astype(int) % 7 + frame["n"]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    arguments = (tmp_path / "rows.csv", "--target", "y", "--categorical", "user", "--epochs", "1", "--quiet")
    told = {}
    for preset in ("fast", "default"):
        output = tmp_path / preset
        done("fit", *arguments, "--output", output, "--preset", preset, "--time-limit", "300", "--seed", "0")
        told[preset] = json.loads((output / "1" / "assets.extra" / "training.json").read_text())
        schema = te.load(output).schema
        assert schema["n"].embedding == (None if preset == "fast" else "ple")
    assert [told[preset]["network"] for preset in told] == ["mlp", "tabm"]
    assert [told[preset]["preset"] for preset in told] == ["fast", "default"]


def test_the_presets_are_the_real_ones() -> None:
    option = next(option for option in fit.params if option.name == "preset")
    assert list(option.type.choices) == list(PRESETS)
