"""The command line in this process, and one small model that many tests ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from tests.here import run_here

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run `tabembed` in this process."""
    return run_here


@pytest.fixture(scope="session")
def done() -> Run:
    """Run `tabembed` in this process; it must end well."""

    def run_well(*arguments: str | Path) -> Result:
        result = run_here(*arguments)
        assert result.exit_code == 0, result.output
        return result

    return run_well


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Run `tabembed` on wrong input: exit code 2, one line on stderr, no traceback, no file changed or left behind."""

    def refuse(*arguments: str | Path) -> str:
        before = contents(tmp_path)
        result = run_here(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1, result.stderr
        assert result.stderr.startswith("error: ")
        assert contents(tmp_path) == before
        return result.stderr.removeprefix("error: ").rstrip("\n")

    return refuse


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return {path: bytes} of all below a folder, None for a folder."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """Return 300 sales: text, zip codes, ids, numbers with gaps, true and false, a constant."""
    rng = np.random.default_rng(0)
    rows = 300
    sales = pd.DataFrame(
        {
            "city": rng.choice(["Roma", "Oslo", "日本", "New York"], rows),
            "zip": rng.choice(["00501", "10001", "94016"], rows),
            "shop_id": rng.integers(-2, 9, rows),
            "area": rng.normal(90, 20, rows).round(2),
            "new": rng.random(rows) < 0.3,
            "currency": "EUR",
        }
    )
    sales["price"] = (sales["area"] * 2 + 100 * (sales["zip"] == "00501") + rng.normal(0, 5, rows)).round(2)
    sales.loc[::9, "area"] = np.nan
    return sales


@pytest.fixture(scope="session")
def model(frame: pd.DataFrame, done: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a regression model of `frame`; nobody writes to it."""
    folder = tmp_path_factory.mktemp("model")
    frame.to_csv(folder / "sales.csv", index=False)
    arguments = ("fit", folder / "sales.csv", "--target", "price", "--preset", "fast", "--output", folder / "sales")
    done(*arguments, "--epochs", "2", "--seed", "1", "--quiet")
    return folder / "sales"
