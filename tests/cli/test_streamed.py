"""Bad files among many, and rooms that are full: one line that names them, and nothing half-written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

import tabembed as te

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def files(frame: pd.DataFrame, tmp_path: Path) -> Path:
    """Return a folder of three Parquet files."""
    (tmp_path / "data").mkdir()
    for at in range(3):
        part = frame.iloc[at * 100 : (at + 1) * 100]
        part.to_parquet(tmp_path / "data" / f"{at}.parquet", row_group_size=30)
    return tmp_path / "data"


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def corrupt(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + b"\xff" * 600 + whole[604:])


def drop_a_column(file: Path) -> None:
    pq.write_table(pq.read_table(file).drop_columns(["city"]), file)


def add_a_column(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.append_column("more", pa.array([1] * table.num_rows)), file)


def change_a_type(file: Path) -> None:
    pd.read_parquet(file).assign(city=7).to_parquet(file)


BAD = {
    truncate: r"file '.*1\.parquet' is damaged: its end",
    corrupt: r"file '.*1\.parquet' can't be read as Parquet: ",
    drop_a_column: r"column 'city' of file '.*0\.parquet' is missing from file '.*1\.parquet'",
    add_a_column: r"column 'more' of file '.*1\.parquet' is missing from file '.*0\.parquet'",
    change_a_type: r"column 'city' must be of one type .*string in file '.*0\.parquet' and int64 in .*1\.parquet'",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_a_bad_file_among_many(spoil: Callable[[Path], None], files: Path, refused: Refused, model: Path) -> None:
    spoil(files / "1.parquet")
    output = files.parent / "out" / "m"
    assert re.match(
        BAD[spoil], refused("fit", files, "--target", "price", "--preset", "fast", "--output", output, "--quiet")
    )
    assert re.match(BAD[spoil], refused("schema", files, "--target", "price"))
    if spoil is not add_a_column:  # a column that the model doesn't know is left alone
        said = refused("predict", model, files, "--output", files.parent / "out" / "p.csv")
        assert "1.parquet'" in said


def test_a_cell_that_only_a_late_file_holds(files: Path, refused: Refused, model: Path) -> None:
    pd.read_parquet(files / "2.parquet").assign(new="perhaps").to_parquet(files / "2.parquet")
    for at in (0, 1):
        file = files / f"{at}.parquet"
        table = pd.read_parquet(file)
        table.assign(new=table["new"].astype(str)).to_parquet(file)
    said = refused("predict", model, files, "--output", files.parent / "p.parquet")
    assert said.startswith("column 'new' must hold true and false")
    assert said.endswith(f"(among rows 0 to 99 of file '{files / '2.parquet'}')")


def test_csv_files_of_which_one_is_bad(frame: pd.DataFrame, refused: Refused, model: Path, tmp_path: Path) -> None:
    for at in range(3):
        frame.to_csv(tmp_path / f"{at}.csv", index=False)
    with open(tmp_path / "1.csv", "a", encoding="utf-8") as file:
        file.write("Roma,1\n")
    for arguments in (
        ("fit", tmp_path / "?.csv", "--target", "price", "--output", tmp_path / "m"),
        ("predict", model, tmp_path / "?.csv", "--output", tmp_path / "p.csv"),
    ):
        assert "1.csv' must hold 7 cells a row, as its header does, however: line 302 holds 2" in refused(*arguments)


def test_a_file_that_disappears_while_training(files: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    real = keras.Model.fit

    def late(*arguments: Any, **options: Any) -> Any:
        (files / "2.parquet").unlink()
        return real(*arguments, **options)

    monkeypatch.setattr(keras.Model, "fit", late)
    output = files.parent / "m"
    result = run("fit", files, "--target", "price", "--preset", "fast", "--output", output, "--quiet")
    assert result.exit_code == 2
    assert (
        result.stderr
        == f"error: file '{files / '2.parquet'}' can't be read as Parquet: it has gone since its footer was read\n"
    )
    assert not output.exists()


FULL = """
import resource, sys
from tabembed.io import counting
counting._MEMORY = "30MB"
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
from tabembed.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_no_room_for_what_does_not_fit_in_memory(form: str, tmp_path: Path) -> None:
    texts = np.random.default_rng(0).integers(0, 2**60, 600_000).astype(str)
    table = pd.DataFrame({"x": np.concatenate([texts, texts]), "price": np.arange(1_200_000) / 7})
    if form == "csv":
        table.to_csv(tmp_path / "a.csv", index=False)
    else:
        table.to_parquet(tmp_path / "a.parquet", row_group_size=100_000)
    (tmp_path / "room").mkdir()
    arguments = [
        "fit",
        str(tmp_path / f"a.{form}"),
        "--target",
        "price",
        "--preset",
        "fast",
        "--output",
        str(tmp_path / "m"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *arguments],
        env={**os.environ, "TMPDIR": str(tmp_path / "room"), "PYTHONPATH": str(Path(te.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert str(tmp_path / "room") in done.stderr
    assert done.stderr.endswith("set TMPDIR to a folder with more room\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{form}", "room"]
    assert [*(tmp_path / "room").iterdir()] == []
