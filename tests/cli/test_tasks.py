"""Tasks on the command line: losses, quantiles, several targets, weights, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.here import run_here


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"c": rng.choice(list("abc"), 300), "x": rng.normal(size=300), "w": rng.integers(0, 3, 300)})
    df["count"] = rng.poisson(3, 300)
    df["late"] = np.where(rng.random(300) < 0.3, "yes", "no")
    path = tmp_path_factory.mktemp("data") / "a.csv"
    df.to_csv(path, index=False)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    done = run_here(*arguments)
    return done.exit_code, done.stdout, done.stderr


def test_quantiles_of_a_target_beside_classes_with_weights(data: Path, tmp_path: Path) -> None:
    options = ["--target", "count", "--loss", "poisson", "--sample-weight", "w", "--ignore", "late", "--epochs", 1]
    code, out, _ = run("fit", data, *options, "--preset", "fast", "--output", tmp_path / "m")
    assert code == 0
    assert "deviance" in out
    assert "the rows' weights" in out
    options = ["--target", "count", "--quantile", 0.9, "--quantile", 0.1, "--epochs", 1, "--ignore", "w", "--quiet"]
    assert run("fit", data, *options, "--preset", "fast", "--output", tmp_path / "m")[0] == 0
    assert run("predict", tmp_path / "m", data, "--output", tmp_path / "p.csv")[0] == 0
    assert list(pd.read_csv(tmp_path / "p.csv")) == ["prediction_0.1", "prediction_0.9"]
    options = ["--target", "x", "--target", "late", "--epochs", 1, "--ignore", "w"]
    code, out, _ = run("fit", data, *options, "--preset", "fast", "--output", tmp_path / "n")
    assert code == 0
    assert "metric of 'late'" in out
    assert run("predict", tmp_path / "n", data, "--output", tmp_path / "p.csv")[0] == 0
    names = ["prediction_x", "prediction_late", "probability_late_no", "probability_late_yes"]
    assert list(pd.read_csv(tmp_path / "p.csv")) == names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "x", "--loss", "poisson"], "target 'x' must be 0 or more for loss 'poisson', however: -"),
        (["--target", "x", "--quantile", 2], "`quantiles` of target 'x' must be in (0, 1)"),
        (["--target", "x", "--sample-weight", "ww"], "--sample-weight names column 'ww', which the data does not have"),
        (["--target", "x", "--sample-weight", "late"], "column 'late' must hold numbers"),
        (["--target", "x", "--balanced"], "--balanced weighs classes, however: the target is a number"),
    ],
)
def test_what_is_refused(data: Path, tmp_path: Path, options: list[object], message: str) -> None:
    code, _, err = run("fit", data, *options, "--preset", "fast", "--output", tmp_path / "m")
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
