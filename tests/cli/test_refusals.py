"""What bad input gets: exit code 2 and one sentence with the column, what was expected, what came and the fix."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Refused = Callable[..., str]
ROWS = "city,area,price\nRoma,1.5,2.5\nOslo,2.5,3.5\nRoma,0.5,1.0\n"


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (
            ROWS,
            ["--network", "lstm"],
            "--network lstm needs a column of steps, however: the data has none .*; declare a te.Seq",
        ),
        (ROWS, ["--target", "prise"], "target 'prise' is not a column of the data; did you mean 'price'?"),
        ("", [], "file '.*' must hold a header and rows, however: it is empty"),
        ("city,price\n", [], "the data must hold at least one row, however: it has the columns but no rows"),
        (
            "city,city,price\na,b,1\n",
            [],
            "column names must differ, however: file '.*' holds 'city' 2 times; rename them",
        ),
        (
            "city,price\na,5.5\nb,5.5\n",
            [],
            "target 'price' must take two values or more, however: it is 5.5 in every row",
        ),
        ("city,price\na,x\nb,x\n", [], "target 'price' must take two values or more, however: it is 'x' in every row"),
        (
            "city,price\na,1.5\nb,\nc,\nd,2.0\n",
            [],
            "target 'price' must be there in every row, however: 2 of 4 rows miss it; drop them first$",
        ),
        ("city,price\na,x\nb,\nc,y\n", [], "target 'price' must be there in every row, however: 1 of 3 rows miss it"),
        (
            "city,area,price\na,,1.5\nb,,2.0\n",
            [],
            "column 'area' must hold some values, however: all 2 rows are missing; .*--ignore 'area'$",
        ),
        (
            "city,area,price\na,1.5,1.5\nb,inf,2.0\nc,-inf,2.1\n",
            [],
            "column 'area' must hold finite numbers, however: 2 of 3 are infinite, first inf in row 1; replace them",
        ),
        (
            "city,area,price\na,1.5,1.5\nb,1e39,2.0\n",
            [],
            "column 'area' must hold finite .* beyond float32, first 1e[+]39",
        ),
        (
            "city,area,price\na,inf,1.5\nb,inf,2.0\n",
            [],
            "column 'area' must hold finite numbers, however: 2 of 2 are inf",
        ),
        ("city,price\na,inf\nb,2.0\n", [], "column 'price' must hold finite numbers, however: 1 of 2 are infinite"),
        (
            "city,price\na,b\nb,c,d\n",
            [],
            "file '.*' must hold 2 cells a row, as its header does, however: line 3 holds 3",
        ),
        ("city;price\na;1\n", [], "file '.*' must be separated by ',', however: its header is 'city;price'"),
        ("price\n1.5\n2.5\n", [], "the data must hold a column to learn from .*: there is none; .*--categorical COL"),
        (
            "city,price\na,1.5\na,2.5\n",
            [],
            "the data must hold a column .*: 'city' is set aside: constant .*; declare one",
        ),
        (
            ROWS,
            ["--numeric", "city"],
            "column 'city' must hold numbers, .* first 'Roma' in row 0; .*--categorical COL$",
        ),
        (
            ROWS,
            ["--ignore", "citty"],
            "--ignore names column 'citty', which the data does not have; did you mean 'city'",
        ),
        (ROWS, ["--numeric", "price"], "--numeric names the target 'price'; say what the target is with --task"),
        (
            ROWS,
            ["--numeric", "area", "--categorical", "area"],
            "column 'area' must be of one kind, however: --categorical and --numeric both name it; keep one of them",
        ),
        (ROWS, ["--task", "binary"], "target 'price' must have 2 classes for --task binary, .* pass --task multiclass"),
        (
            ROWS,
            ["--task", "regression", "--target", "city"],
            "target 'city' must hold numbers .*; pass another --task$",
        ),
        (ROWS, ["--epochs", "0"], "Invalid value for '--epochs': 0 is not in the range x>=1."),
        (ROWS, ["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
        (ROWS, ["--batch-size", "many"], "Invalid value for '--batch-size': 'many' is not a valid integer range."),
        (ROWS, ["--network", "cnn"], "Invalid value for '--network': 'cnn' is not one of 'mlp', 'linear', .*'lstm'.$"),
    ],
)
def test_fit_refuses(text: str, options: list[str], sentence: str, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(text)
    target = [] if "--target" in options else ["--target", "price"]
    said = refused("fit", tmp_path / "data.csv", *target, *options, "--output", tmp_path / "models" / "m")
    assert re.match(sentence, said), said


def test_fit_refuses_data_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(ROWS)
    said = refused("fit", tmp_path / "dta.csv", "--target", "price", "--output", tmp_path / "m")
    assert said == f"there is no file '{tmp_path / 'dta.csv'}'; did you mean 'data.csv'?"
    said = refused("fit", tmp_path / "*.parquet", "--target", "price", "--output", tmp_path / "m")
    assert said == f"the pattern '{tmp_path / '*.parquet'}' matches no file"


def test_a_file_must_be_what_its_suffix_says(refused: Refused, tmp_path: Path) -> None:
    pq.write_table(pa.table({"city": ["a", "b"], "price": [1.5, 2.5]}), tmp_path / "a.csv")
    (tmp_path / "b.parquet").write_text(ROWS)
    (tmp_path / "c.json").write_text("{}")
    pq.write_table(pa.table({"city": ["a"] * 99, "price": [1.5] * 99}), tmp_path / "d.parquet")
    (tmp_path / "d.parquet").write_bytes((tmp_path / "d.parquet").read_bytes()[:-30])
    for name, sentence in {
        "a.csv": "file '.*a.csv' must be CSV text, however: it is Parquet",
        "b.parquet": "file '.*b.parquet' must be Parquet, however: it starts with b'city'; rename it to what it is",
        "c.json": "file '.*c.json' must end in one of .csv, .*; other formats are not read",
        "d.parquet": "file '.*d.parquet' is damaged: its end",
    }.items():
        for said in (
            refused("fit", tmp_path / name, "--target", "price", "--output", tmp_path / "m"),
            refused("schema", tmp_path / name),
        ):
            assert re.match(sentence, said), said


def test_mixed_types_are_refused(refused: Refused, tmp_path: Path) -> None:
    pq.write_table(pa.table({"city": ["a", "b"], "price": [1.5, 2.5]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"city": [1, 2], "price": [1.5, 2.5]}), tmp_path / "2.parquet")
    said = refused("fit", tmp_path / "*.parquet", "--target", "price", "--output", tmp_path / "m")
    assert re.match(
        "column 'city' must be of one type in all files, however: it is string in .*1.parquet' and int64", said
    )
    (tmp_path / "mixed.csv").write_text("city,price\na,1.5\nb,dear\nc,2.5\n" + "d,3.5\n" * 4 + "e,cheap\nf,9.5\n")
    said = refused(
        "fit", tmp_path / "mixed.csv", "--target", "price", "--task", "regression", "--output", tmp_path / "m"
    )
    assert said.startswith("target 'price' must hold numbers for regression, however: its type is string")


def test_an_output_that_cannot_be_written_is_refused_first(refused: Refused, model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "data.csv").write_text(ROWS)
    below = tmp_path / "file" / "m"
    for command in (
        ("fit", tmp_path / "data.csv", "--target", "no such column"),
        ("tables", model),
        ("schema", tmp_path / "data.csv"),
        ("predict", model, tmp_path / "data.csv"),
    ):
        output = below.with_suffix({"schema": ".json", "predict": ".csv"}.get(str(command[0]), ""))
        said = refused(*command, "--output", output)
        assert said == f"output '{output}' can't be written: '{tmp_path / 'file'}' is not a folder"
    said = refused("fit", tmp_path / "data.csv", "--target", "price", "--output", tmp_path / "file")
    assert said == f"output '{tmp_path / 'file'}' must be a folder, however: a file stands there"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(ROWS)
    (tmp_path / "closed").mkdir(mode=0o555)
    said = refused("fit", tmp_path / "data.csv", "--target", "price", "--output", tmp_path / "closed")
    assert re.match("output '.*closed' can't be written: Permission denied", said)


def test_a_version_is_no_place_for_versions(refused: Refused, model: Path, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(ROWS)
    said = refused("fit", tmp_path / "data.csv", "--target", "price", "--output", model / "1")
    assert said.startswith(f"output '{model / '1'}' is one version of a model; give the folder above it")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda df: df.drop(columns="zip"),
            "column 'zip' is missing from file '.*new.csv'; the columns are 'city', .*",
        ),
        (lambda df: df.rename(columns={"zip": "zipp"}), "column 'zip' is missing from file .*; did you mean 'zipp'?"),
        (
            lambda df: df.assign(area="large"),
            "column 'area' must hold numbers, however: its type is string, first 'large' in row 0; convert it, or fit",
        ),
        (
            lambda df: df.assign(area=df["area"].astype(object).where(df.index != 4, "n.n.")),
            "column 'area' must hold numbers, however: its type is string",
        ),
        (lambda df: df.assign(area=np.inf), "column 'area' must hold finite numbers, however: 300 of 300 are infinite"),
        (
            lambda df: df.assign(new="maybe"),
            "column 'new' must hold true and false .*, however: 'maybe' in row 0; convert",
        ),
    ],
)
def test_predict_refuses(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    sentence: str,
    frame: pd.DataFrame,
    model: Path,
    refused: Refused,
    tmp_path: Path,
) -> None:
    change(frame).to_csv(tmp_path / "new.csv", index=False)
    said = refused("predict", model, tmp_path / "new.csv", "--output", tmp_path / "p.csv")
    assert re.match(sentence, said), said


def test_predict_refuses_an_output_that_is_the_input(
    frame: pd.DataFrame, model: Path, refused: Refused, tmp_path: Path
) -> None:
    frame.to_csv(tmp_path / "new.csv", index=False)
    (tmp_path / "link.csv").symlink_to("new.csv")
    for output in ("new.csv", "link.csv"):
        said = refused("predict", model, tmp_path / "*w.csv", "--output", tmp_path / output)
        assert re.match("output '.*' must be another file than the data, however: it is '.*new.csv' itself", said)
    said = refused("predict", model, tmp_path / "new.csv", "--output", tmp_path / "p.xlsx")
    assert said == f"output '{tmp_path / 'p.xlsx'}' must end in .csv or .parquet"


def test_a_model_that_is_none_is_refused(model: Path, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "new.csv").write_text(ROWS)
    for command in (
        ("predict", tmp_path / "mm", tmp_path / "new.csv", "--output", tmp_path / "p.csv"),
        ("neighbors", tmp_path / "mm", "city", "Roma"),
        ("tables", tmp_path / "mm", "--output", tmp_path / "t"),
    ):
        assert refused(*command).startswith(f"no model at {tmp_path / 'mm'}; it must be a folder such as")
        said = refused(command[0], tmp_path / "empty", *command[2:])
        assert said.startswith(f"{tmp_path / 'empty'} holds no version of a model")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (("citty", "Roma"), "column 'citty' has no table in .*; did you mean 'city'?"),
        (
            ("area", "Roma"),
            "column 'area' is numeric and has no table; the columns with one are 'city', 'zip', 'shop_id'$",
        ),
        (("city", "Rom"), "'Rom' is none of the 4 labels of table 'city'; the closest are 'Roma'"),
        (("zip", "501"), "'501' is none of the 3 labels of table 'zip'; the closest are '00501'"),
        (("city", "Roma", "-k", "0"), "Invalid value for '-k': 0 is not in the range x>=1."),
        (("city",), "Missing argument 'LABEL'."),
    ],
)
def test_neighbors_refuses(question: tuple[str, ...], sentence: str, model: Path, refused: Refused) -> None:
    said = refused("neighbors", model, *question)
    assert re.match(sentence, said), said


def test_tables_refuses_a_folder_that_is_not_its_own(model: Path, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "letter.txt").write_text("dear")
    said = refused("tables", model, "--output", tmp_path / "t")
    assert said == f"output '{tmp_path / 't'}' must be a new or an empty folder, however: it holds files"
    assert refused("tables", model, "--output", tmp_path / "t", "--format", "xml").startswith(
        "Invalid value for '--format': 'xml' is not one of 'parquet', 'npz'"
    )


def test_an_extra_that_is_not_installed_is_named(
    model: Path, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, module, None)
    said = refused("tables", model, "--output", tmp_path / "t", "--format", "safetensors")
    assert said == "this needs 'safetensors', which is not installed: pip install 'tabembed[safetensors]'"


def test_schema_refuses(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(ROWS)
    assert refused("schema", tmp_path / "data.csv", "--task", "binary").endswith("name it with --target COL")
    said = refused("schema", tmp_path / "data.csv", "--output", tmp_path / "data.csv")
    assert said == f"output '{tmp_path / 'data.csv'}' must end in .json"
