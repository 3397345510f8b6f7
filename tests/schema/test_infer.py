"""Inference: what a column is read as, the reason for it, and what is refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError

rng = np.random.default_rng(0)


def kind_of(values: Any, name: str = "c") -> tuple[te.Schema, Any]:
    schema = te.infer_schema({name: values})
    return schema[name], schema.column(name).reason


def test_every_column_of_a_frame(frame: pd.DataFrame) -> None:
    schema = te.infer_schema(frame, "y")
    assert list(schema) == [name for name in frame if name != "y"]
    kinds = {name: type(schema[name]) for name in schema}
    assert kinds == {
        "text": te.Categorical,
        "few": te.Categorical,
        "real": te.Numeric,
        "gaps": te.Numeric,
        "flag": te.Boolean,
        "order_id": te.Categorical,
        "constant": te.Ignored,
        "key": te.Ignored,
        "when": te.Datetime,
    }
    assert schema["gaps"].indicator
    assert not schema["real"].indicator
    assert list(schema.features) == [name for name in schema if kinds[name] is not te.Ignored]


def test_the_repr_says_why(frame: pd.DataFrame) -> None:
    lines = repr(te.infer_schema(frame, "y")).splitlines()
    assert lines[0] == "Schema of 9 columns, 60 rows"
    assert lines[1].split() == ["column", "kind", "labels", "missing", "dim", "why"]
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[2:]}
    assert list(shown) == list(frame)
    assert shown["text"].startswith("categorical 2 33.3 %")
    assert shown["text"].endswith("text, 2 distinct in 40 rows")
    assert shown["few"].endswith("whole numbers, few: 3 distinct in 60 rows")
    assert shown["real"] == "numeric 1 real numbers"
    assert shown["gaps"] == "numeric 25.0 % 1 + missing real numbers"
    assert shown["flag"] == "boolean 2 1 true and false"
    assert shown["constant"] == "ignored set aside: constant (2013)"
    assert shown["key"] == "ignored set aside: a unique key, another value in every row"
    assert shown["when"] == "datetime month 2 + day 2 + weekday 3 + 5 numbers time stamps"
    assert shown["y"] == "target regression: real numbers"
    why = {line.index(reason) for line, reason in zip(lines[2:4], ("text,", "whole numbers"), strict=True)}
    assert len(why) == 1, "the table is aligned"


def test_odd_names_stay_in_their_line() -> None:
    text = repr(te.infer_schema({"a\nb": ["x", "x", "y"], "c" * 300: ["p\tq"] * 3}))
    assert len(text.splitlines()) == 4
    assert "a\\nb" in text
    assert "c" * 37 + "..." in text
    assert "p\\tq" in text


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("flight", rng.integers(1, 4_000, 3_000), te.Categorical),
        ("PULocationID", rng.integers(1, 260, 500), te.Categorical),
        ("zip_code", rng.integers(10_000, 99_999, 100).repeat(3), te.Categorical),
        ("order_number", rng.integers(1, 10**6, 500).repeat(2), te.Categorical),
        ("number_of_orders", rng.poisson(400, 1_000), te.Numeric),
        ("paid", rng.integers(0, 10**6, 1_000), te.Numeric),
        ("age", rng.normal(40, 12, 3_000).round(), te.Numeric),
        ("distance", rng.choice(rng.integers(100, 5_000, 200), 3_000), te.Numeric),
        ("store", rng.permutation(np.repeat(np.arange(300), rng.integers(5, 80, 300))), te.Categorical),
        ("store", np.tile(np.arange(50), 20), te.Categorical),
        ("rooms", rng.integers(1, 9, 100).astype(float), te.Categorical),
        ("id", np.arange(100), te.Ignored),
        ("row", np.arange(100)[::-1], te.Ignored),
        ("customer_id", [*range(99), 98], te.Ignored),
        ("name", [f"n{n}" for n in range(100)], te.Ignored),
        ("name", [f"n{n}" for n in range(10)], te.Categorical),
        ("name", [f"n{n}" for n in range(90)] + ["n0"] * 10, te.Categorical),
        ("same", ["x"] * 9, te.Ignored),
        ("same", [True] * 9, te.Ignored),
        ("same", [0.5] * 9, te.Ignored),
        ("same", pd.Categorical(["x"] * 9, ["x", "never"]), te.Ignored),
        ("gone", ["x", None, "x"], te.Categorical),
        ("gone", [True, None], te.Boolean),
        ("gone", [0.5, None], te.Numeric),
        ("gone", [5.0, 5.0, None], te.Categorical),
        ("group", pd.Categorical([1, 2] * 50, range(10_000)), te.Categorical),
        ("tags", [["a"], ["b"]], te.MultiCategorical),
        ("time", pd.date_range("2024", periods=3), te.Datetime),
        ("time", pd.date_range("2024", periods=3, tz="Europe/Paris"), te.Datetime),
        ("time", ["2024-01-31", None, "", "2024-02-01T05:00"], te.Datetime),
        ("time", ["2024-01-31", "31.1.2024"], te.Categorical),
        ("time", ["2024-01-31"] * 3, te.Ignored),
        ("time", [datetime.date(2024, 1, 31)] * 3, te.Ignored),
        ("time", [datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)], te.Datetime),
        ("time", [datetime.time(5), datetime.time(6)], te.Ignored),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", ""),
)
def test_kinds_by_name_and_values(name: str, values: Any, kind: type) -> None:
    found, reason = kind_of(values, name)
    assert type(found) is kind, reason
    assert reason


@pytest.mark.parametrize("values", [[0.5] * 8 + [np.inf], [np.inf] * 9, [1.0, 2.0, -np.inf], [1e39, 2.5]])
def test_infinities_are_refused_by_name(values: list[float]) -> None:
    with pytest.raises(DataError, match="column 'c' must hold finite numbers, however: .* (infinite|beyond float32)"):
        te.infer_schema({"c": values})
    with pytest.raises(DataError, match="column 'c' must hold finite numbers"):
        te.infer_schema({"c": values}, kinds={"c": te.Numeric()})


def every_form(frame: pd.DataFrame, folder: Path) -> dict[str, Any]:
    for name, part in (("a", frame), ("b-1", frame[:30]), ("b-2", frame[30:])):
        part.to_parquet(folder / f"{name}.parquet", index=False)
        part.to_csv(folder / f"{name}.csv", index=False)
    return {
        "polars": pl.from_pandas(frame),
        "arrow": pa.Table.from_pandas(frame),
        "duckdb": duckdb.sql("select * from frame"),
        "dict": {name: frame[name] for name in frame},
        "path": folder / "a.parquet",
        "glob": str(folder / "b-*.parquet"),
        "list": [folder / "b-1.parquet", folder / "b-2.parquet"],
        "csv": folder / "a.csv",
        "csv glob": str(folder / "b-*.csv"),
    }


def test_every_form_of_a_table_gives_the_same_schema(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame = frame.drop(columns="when")  # a CSV file can't say that it holds time stamps, not dates
    want = te.infer_schema(frame, "y")
    for form, data in every_form(frame, tmp_path).items():
        assert te.infer_schema(data, "y") == want, form


@settings(max_examples=20, deadline=None)
@given(st.permutations(["text", "few", "real", "flag", "y"]))
def test_columns_keep_their_order(order: list[str]) -> None:
    values = {"text": ["a", "b"], "few": [1, 2], "real": [0.5, 1.0], "flag": [True, False], "y": [1.5, 2.0]}
    schema = te.infer_schema({name: values[name] for name in order}, "y")
    assert list(schema) == [name for name in order if name != "y"]


def test_declared_kinds_win() -> None:
    data = {
        "few": [1, 2, 3] * 9,
        "key": [f"k{n}" for n in range(27)],
        "paid": np.arange(27) ** 2,
        "bits": [0, 1, 0] * 9,
    }
    kinds = {"few": te.Numeric(), "key": te.Categorical(dim=2), "paid": te.Ignored("secret"), "bits": te.Boolean()}
    schema = te.infer_schema(data, kinds=kinds)
    assert [type(schema[name]) for name in schema] == [te.Numeric, te.Categorical, te.Ignored, te.Boolean]
    assert schema["key"].dim == 2
    assert len(schema["key"].labels) == 27
    assert [schema.column(name).reason for name in schema] == ["declared", "declared", "secret", "declared"]


def test_an_ignored_column_may_hold_anything() -> None:
    frame = pd.DataFrame({"c": ["a", "b"], "notes": [object(), 3]})
    assert list(te.infer_schema(frame, kinds={"notes": te.Ignored()}).features) == ["c"]
    with pytest.raises(DataError, match="column 'notes' must hold values of one type"):
        te.infer_schema(frame)


def test_numbered_columns_are_meant_by_their_numbers() -> None:
    frame = pd.DataFrame(rng.normal(size=(30, 3)))
    schema = te.infer_schema(frame, target=2, kinds={0: te.Numeric()})  # type: ignore[arg-type]
    assert list(schema) == ["0", "1"]
    assert schema.target.name == "2"
    assert te.infer_schema(frame.to_numpy(), "x2").target.name == "x2"


def test_what_is_asked_for_must_be_there() -> None:
    data = {"dest": ["a", "b"], "arr_delay": [1.5, 2.5]}
    with pytest.raises(DataError, match="target 'arr_dely' is not a column of the data; did you mean 'arr_delay'?"):
        te.infer_schema(data, "arr_dely")
    with pytest.raises(
        DataError, match="`kinds` names column 'dst', which the data does not have; did you mean 'dest'?"
    ):
        te.infer_schema(data, kinds={"dst": te.Categorical()})
    with pytest.raises(
        DataError, match="`kinds` must map columns to kinds such as .*, however: 'dest' is <class .*Categorical'>"
    ):
        te.infer_schema(data, kinds={"dest": te.Categorical})  # type: ignore[dict-item]
    for kind in (te.Numeric(), te.Ignored()):
        with pytest.raises(DataError, match="`kinds` names the target 'arr_delay'; use task="):
            te.infer_schema(data, "arr_delay", kinds={"arr_delay": kind})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.DataFrame({"a": []}), "the data must hold at least one row"),
        (pd.DataFrame(), "the frame must hold at least one column"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column names must differ, however: the frame holds 'a' 2 times"),
        ({"a": [None, None]}, "column 'a' must hold some values, however: all 2 rows are missing; drop it"),
        ({"a": [float("nan")] * 2}, "column 'a' must hold some values, however: all 2 rows are missing; drop it"),
        ({"a": ["", ""]}, "column 'a' must hold some labels, however: all 2 rows are empty; drop it"),
        (
            {"a": pa.array([float("nan")] * 2).dictionary_encode()},
            "column 'a' must hold some values, however: all 2 rows are missing; drop it",
        ),
        ({"a": [1, "x"]}, "column 'a' must hold values of one type"),
        (pd.Series([1, 2]), "data must be a DataFrame"),
    ],
    ids=["rows", "columns", "twice", "none", "nan", "empty", "nan categories", "mixed", "series"],
)
def test_a_table_that_says_nothing_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        te.infer_schema(data)


def test_empty_texts_are_no_bools() -> None:
    with pytest.raises(DataError, match="column 'a' must hold some labels, however: all 2 rows are empty"):
        te.infer_schema({"a": ["", ""]}, kinds={"a": te.Boolean()})
