"""Every kind of table becomes the same Arrow table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from tabembed.io import DataError, LabelError, to_arrow

ROWS = [{"dest": "BOS", "delay": 3.0}, {"dest": None, "delay": None}, {"dest": "LAX", "delay": -1.5}]
COLUMNS = {name: [row[name] for row in ROWS] for name in ("dest", "delay")}
TABLE = pa.table(COLUMNS)
FRAME = pd.DataFrame(COLUMNS, index=[7, 7, 9])
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def with_nan() -> pa.Table:
    return pa.table({"dest": COLUMNS["dest"], "delay": [3.0, float("nan"), -1.5]})


@pytest.mark.parametrize(
    "data",
    [
        FRAME,
        FRAME.astype(object),
        FRAME.astype({"dest": "category"}),
        FRAME.convert_dtypes(dtype_backend="pyarrow"),
        FRAME.convert_dtypes(),
        pl.DataFrame(ROWS),
        TABLE,
        with_nan(),
        TABLE.to_batches()[0],
        pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches(2)),
        COLUMNS,
        {"dest": FRAME["dest"], "delay": np.array([3.0, np.nan, -1.5])},
        ROWS,
        tuple(ROWS),
        [{"dest": "BOS", "delay": 3}, {}, {"delay": -1.5, "dest": "LAX"}],
    ],
    ids=lambda data: f"{type(data).__module__}.{type(data).__name__}",
)
def test_every_table_is_the_same(data: Any) -> None:
    assert to_arrow(data).to_pylist() == ROWS


def test_a_duckdb_relation() -> None:
    frame = FRAME.reset_index(drop=True)  # noqa: F841 - DuckDB finds it by name
    assert to_arrow(duckdb.sql("select * from frame")).to_pylist() == ROWS
    wide = duckdb.sql("""select 1 as "my ""a", 2 as "select", 3 as "a.b", 4 as "a-b" """)
    assert to_arrow(wide, ["a.b", 'my "a', "select"]).to_pylist() == [{"a.b": 3, 'my "a': 1, "select": 2}]
    with pytest.raises(LabelError, match="column 'a_b' is missing from the relation; did you mean 'a"):
        to_arrow(wide, ["a_b"])


@pytest.mark.parametrize("data", [FRAME, pl.DataFrame(ROWS), TABLE, COLUMNS, ROWS], ids=lambda data: str(type(data)))
def test_columns_are_chosen_in_their_order(data: Any) -> None:
    assert to_arrow(data, ["delay", "dest"]).column_names == ["delay", "dest"]
    assert to_arrow(data, ["delay"]).column_names == ["delay"]
    with pytest.raises(LabelError, match="column 'dset' is missing from the .*; did you mean 'dest'?"):
        to_arrow(data, ["dset"])


def test_a_bad_column_that_is_not_asked_for_does_not_fail() -> None:
    bad = pd.DataFrame({"a": [1, 2], "b": [1, "x"], "c": [1 + 2j, 0]})
    assert to_arrow(bad, ["a"]).to_pydict() == {"a": [1, 2]}
    assert to_arrow({"a": [1], "b": [1, "x"]}, ["a"]).to_pydict() == {"a": [1]}
    assert to_arrow([{"a": 1, "b": 2}, {"a": 3, "b": "x"}], ["a"]).to_pydict() == {"a": [1, 3]}
    twice = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"])
    assert to_arrow(twice, ["a"]).to_pydict() == {"a": [1]}


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64()), ("a", pa.int64())]), []),
    ],
    ids=lambda data: type(data).__name__,
)
def test_duplicate_names_are_refused(data: Any) -> None:
    with pytest.raises(DataError, match="column names must differ, however: the .* holds 'a' 2 times; rename them"):
        to_arrow(data)


@pytest.mark.parametrize("data", [pd.DataFrame([[1, 2]], columns=[0, "0"]), {0: [1], "0": [2]}, [{0: 1, "0": 2}]])
def test_names_that_become_one_are_refused(data: Any) -> None:
    with pytest.raises(DataError, match="holds '0' 2 times"):
        to_arrow(data)


@pytest.mark.parametrize(
    "data", [pd.DataFrame(), pd.DataFrame(index=[1, 2]), {}, [], np.zeros((3, 0)), pa.table({}), [[]]]
)
def test_no_columns_are_refused(data: Any) -> None:
    with pytest.raises(DataError, match="must hold at least one column, however: there is none"):
        to_arrow(data)


def test_no_rows_are_allowed() -> None:
    assert to_arrow(FRAME.iloc[:0]).schema.names == ["dest", "delay"]
    assert to_arrow({"a": []}).num_rows == 0
    assert to_arrow(pl.DataFrame(ROWS).clear()).num_rows == 0


def test_odd_names() -> None:
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=[0, True, ("a", "b"), float("nan")])
    assert to_arrow(frame).to_pylist() == [{"0": 1, "True": 2, "('a', 'b')": 3, "nan": 4}]
    assert to_arrow(frame, ["nan", "True", "0"]).to_pylist() == [{"nan": 4, "True": 2, "0": 1}]


@given(st.lists(names, min_size=1, max_size=5, unique=True), st.randoms())
def test_any_name_is_kept(names: list[str], random: Any) -> None:
    frame = pd.DataFrame([range(len(names))], columns=names)
    cells = dict(zip(names, range(len(names)), strict=True))
    assert to_arrow(frame).to_pylist() == [cells]
    chosen = random.sample(names, random.randint(1, len(names)))
    for data in (frame, [cells], {name: [cell] for name, cell in cells.items()}, pa.table(frame)):
        assert to_arrow(data, chosen).to_pylist() == [{name: cells[name] for name in chosen}]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "?", "U1", object])
def test_arrays(dtype: Any) -> None:
    values = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    table = to_arrow(values)
    assert table.column_names == ["x0", "x1", "x2"]
    assert [list(row.values()) for row in table.to_pylist()] == values.tolist()


def test_object_arrays_are_typed_by_column() -> None:
    values = np.array([["a", 1, None], [None, 2.5, True]], object)
    assert [str(kind) for kind in to_arrow(values).schema.types] == ["string", "double", "bool"]
    assert to_arrow(values.tolist()).equals(to_arrow(values))
    assert to_arrow(values, ["x1"]).to_pydict() == {"x1": [1.0, 2.5]}


def test_masked_arrays_keep_their_mask() -> None:
    assert to_arrow(np.ma.array([[1, 2]], mask=[[False, True]])).to_pylist() == [{"x0": 1, "x1": None}]


def test_float32_is_not_doubled() -> None:
    assert set(to_arrow(pd.DataFrame(np.zeros((3, 2), "f4"))).schema.types) == {pa.float32()}
    assert set(to_arrow(np.zeros((3, 2), "f4")).schema.types) == {pa.float32()}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pd.Series([1]), r"pandas.Series, shape \(1,\); use .to_frame\(\) first"),
        (pl.Series([1]), r"polars.Series.*; use .to_frame\(\) first"),
        (pl.DataFrame(ROWS).lazy(), r"polars.LazyFrame; use .collect\(\) first"),
        (scipy.sparse.csr_array(np.eye(2)), r"scipy.csr_array, shape \(2, 2\); use .toarray\(\) first"),
        (3, "builtins.int"),
        (None, "builtins.NoneType"),
    ],
)
def test_what_is_no_table_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"data must be a DataFrame, .* however: it is {message}"):
        to_arrow(data)


def test_other_dimensions_are_refused() -> None:
    with pytest.raises(DataError, match=r"an array must be 2-D \(rows, columns\), however: its shape is \(3,\)"):
        to_arrow(np.zeros(3))


def test_other_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="columns must be equally long, however: 'a' holds 1 rows and 'b' 2"):
        to_arrow({"a": [1], "b": [1, 2]})
    with pytest.raises(DataError, match=r"rows must be equally long, however: their lengths are \[1, 2\]"):
        to_arrow([[1], [1, 2]])


def test_other_rows_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"a list must hold rows \(dicts or lists\) or paths, however: it holds dict and int"
    ):
        to_arrow([{"a": 1}, 3])


def test_paths(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "b.csv", index=False)
    for paths in (tmp_path / "b.csv", str(tmp_path / "*.csv"), [tmp_path / "b.csv"]):
        assert to_arrow(paths).to_pylist() == ROWS
        assert to_arrow(paths, ["delay"]).column_names == ["delay"]
