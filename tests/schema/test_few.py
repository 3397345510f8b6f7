"""A few rows are encoded without Arrow: the same arrays and the same refusals, whatever the cells are."""

from __future__ import annotations

import datetime
import decimal
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError
from tabembed.io.few import FEW_ROWS, few_cells
from tabembed.schema.column import Column
from tabembed.schema.frames import encode_few, encode_table
from tabembed.schema.vocabulary import Vocabulary

LABELS = ["1", "0", "-5", "7", "True", "False", "0.1", "0.5", "a", "ä", "007", "2024-01-01", "inf", "1e+300", "true"]
KINDS = {
    "label": te.Categorical().with_vocabulary(Vocabulary(LABELS, range(len(LABELS), 0, -1))),
    "some": te.Categorical(max_size=4).with_vocabulary(Vocabulary(LABELS, range(len(LABELS), 0, -1))),
    "number": te.Numeric(mean=0.0, scale=1.0),
    "truth": te.Boolean(true_share=0.5),
}
floats = (
    st.sampled_from([0.0, -0.0, 1.0, 0.1, 0.5, -5.0, 1e300, -1e39, 3.5e38, float("inf"), 1e-7, 2.0**53]) | st.floats()
)
ints = st.sampled_from([0, 1, -5, 7, 2**24 + 1, 2**53, -(2**53) - 1, 2**63, 2**64]) | st.integers()
texts = st.sampled_from([*LABELS, "", "nan", "\ud800", "a\0", "1.0"]) | st.text()
CELLS = {
    "text": texts,
    "int": ints,
    "float": floats,
    "bool": st.booleans(),
    "text of NumPy": texts.map(np.str_),
    "int64": st.integers(-(2**63), 2**63 - 1).map(np.int64),
    "int8": st.integers(-128, 127).map(np.int8),
    "uint64": st.integers(0, 2**64 - 1).map(np.uint64),
    "float64": floats.map(np.float64),
    "float32": st.floats(width=32).map(np.float32),
    "bool of NumPy": st.booleans().map(np.bool_),
    "date": st.just(datetime.date(2024, 1, 1)) | st.dates(),
    "time stamp": st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)).map(pd.Timestamp),
    "datetime64": st.just(np.datetime64("2024-01-01")),
    "decimal": st.decimals(-99, 99, places=1),
    "list": st.just([1]),
}
missing = st.sampled_from([None, float("nan"), np.nan, np.float64("nan"), pd.NA])
columns = st.sampled_from([*CELLS]).flatmap(lambda kind: st.lists(CELLS[kind] | missing, min_size=1, max_size=4))
mixed = st.lists(st.one_of(*CELLS.values(), missing, st.just(pd.NaT)), min_size=1, max_size=4)
DTYPES = [
    "Int64",
    "boolean",
    "Float32",
    "float32",
    "str",
    "string[python]",
    "string[pyarrow]",
    "category",
    "int64[pyarrow]",
]


def objects(cells: list[Any]) -> np.ndarray:
    array = np.empty(len(cells), object)
    array[:] = cells
    return array


FORMS = {
    "list": lambda cells: {"c": cells},
    "rows": lambda cells: [{"c": cell} for cell in cells],
    "objects": lambda cells: {"c": objects(cells)},
    "frame": lambda cells: pd.DataFrame({"c": cells}),
    "frame of objects": lambda cells: pd.DataFrame({"c": pd.Series(objects(cells), dtype=object)}),
}


def answer(schema: te.Schema, data: Any, few: bool) -> Any:
    """Return the column's array as bytes with its type, or the refusal's text."""
    try:
        array = (schema.encode(data) if few else encode_table(schema.features, schema.table(data)))["c"]
    except DataError as error:
        return str(error)
    return array.dtype, array.tobytes() if array.dtype.kind != "f" else [repr(value) for value in array.tolist()]


def check(data: Any) -> None:
    for kind in KINDS.values():
        schema = te.Schema([Column("c", kind, 9, 0, "declared")])
        assert answer(schema, data, True) == answer(schema, data, False), (kind, data)


@settings(max_examples=300, deadline=None)
@given(columns | mixed, st.sampled_from([*FORMS]))
def test_a_few_cells_are_read_as_arrow_reads_them(cells: list[Any], form: str) -> None:
    try:
        data = FORMS[form](cells)
    except (ValueError, OverflowError, TypeError):  # pandas itself refuses such a column
        return
    check(data)


@settings(max_examples=200, deadline=None)
@given(columns, st.sampled_from(DTYPES))
def test_in_every_pandas_dtype(cells: list[Any], dtype: str) -> None:
    try:
        data = pd.DataFrame({"c": pd.Series(objects(cells)).infer_objects().astype(dtype)})
    except (ValueError, OverflowError, TypeError, NotImplementedError, RuntimeWarning):  # pandas refuses the column
        return
    check(data)


@given(st.sampled_from("biufUM"), st.sampled_from([1, 2, 4, 8]), st.integers(0, 3))
def test_in_every_numpy_dtype(kind: str, size: int, seed: int) -> None:
    try:
        dtype = np.dtype("M8[s]" if kind == "M" else f"{kind}{size}")
    except TypeError:
        return
    data = np.random.default_rng(seed).integers(0, 9, 3).astype(dtype)
    check({"c": data})
    check(pd.DataFrame({"c": data}))


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ({"a": ["x", None], "b": [1.5, float("nan")]}, {"a": ["x", None], "b": [1.5, None]}),
        ({"a": np.array([3, 4]), "b": np.array([0.5, np.nan])}, {"a": [3, 4], "b": [0.5, None]}),
        ([{"a": "x", "b": True}, {"b": np.False_}], {"a": ["x", None], "b": [True, False]}),
        (pd.DataFrame({"b": [1], "a": ["x"], "c": [[1]]}), {"a": ["x"], "b": [1]}),
        (pd.DataFrame({"a": pd.Categorical(["x", None]), "b": pd.array([1, None], "boolean")}), {"a": ["x", None]}),
        ({"a": [1, "x"], "b": [1, 2.5]}, {}),
        ({"a": ["x"], "b": [1, 2]}, {}),
        ({"a": ["x"]}, {}),
        ({"a": ["x"], "b": [1], 3: [1]}, {}),
        ({"a": [], "b": []}, {}),
        ({"a": ["x"] * (FEW_ROWS + 1), "b": [1] * (FEW_ROWS + 1)}, {}),
        ([{"a": "x"}], {}),
        ([["x", 1]], {}),
        ([], {}),
        (pd.DataFrame([["x", 1, 2]], columns=["a", "b", "b"]), {}),
        (pd.DataFrame({"a": ["x"]}), {}),
        (pd.DataFrame({"a": [], "b": []}), {}),
        (pd.DataFrame({"a": ["x"], "b": [1]} | {f"c{at}": [0] for at in range(9)}), {}),
        (np.array([[1, 2]]), {}),
        ("a.csv", {}),
        ({"a": 1, "b": 2}, {}),
    ],
)
def test_what_is_read(data: Any, read: dict[str, list[Any]]) -> None:
    cells = few_cells(data, ["a", "b"])
    assert cells == read
    assert [type(cell) for column in cells.values() for cell in column] == [
        type(cell) for column in read.values() for cell in column
    ]


def test_columns_of_other_types_go_through_arrow() -> None:
    schema = te.Schema([Column(name, kind, 9, 0, "declared") for name, kind in KINDS.items()])
    rows = {"label": ["a"], "some": [datetime.date(2024, 1, 1)], "number": np.float32([0.1]), "truth": ["TRUE"]}
    assert [*encode_few(schema.features, rows)] == ["label", "truth"]
    assert {name: array.tolist() for name, array in schema.encode(rows).items()} == {
        "label": [10], "some": [1], "number": [np.float32(0.1)], "truth": [1.0],
    }  # fmt: skip
    assert [*schema.encode(rows)] == [*schema]
    with pytest.raises(DataError, match="column 'number' must hold numbers, however"):
        schema.encode(rows | {"number": ["far"]})
    with pytest.raises(DataError, match="column 'truth' must hold true and false .* however: 'perhaps' in row 0"):
        schema.encode(rows | {"truth": ["perhaps"]})


def test_decimals_stay_exact() -> None:
    assert few_cells({"a": [decimal.Decimal("0.1")]}, ["a"]) == {}


def test_many_rows_are_encoded_in_threads_alike() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"label": rng.choice(LABELS, 100_000), "some": rng.integers(-9, 9, 100_000), "number": rng.random(100_000)}
    )
    schema = te.Schema([Column(name, KINDS[name], 9, 0, "declared") for name in frame])
    whole, pieces = schema.encode(frame), [schema.encode(frame[at : at + 20_000]) for at in range(0, 100_000, 20_000)]
    for name, array in whole.items():
        np.testing.assert_array_equal(array, np.concatenate([piece[name] for piece in pieces]))
    with pytest.raises(DataError, match="column 'number' must hold finite numbers"):
        schema.encode(frame.assign(number=np.inf))


def test_floats_are_never_doubled() -> None:
    frame = pd.DataFrame({"single": np.ones(100_000, np.float32), "double": np.ones(100_000)}, copy=False)
    schema = te.Schema([Column(name, KINDS["number"], 9, 0, "declared") for name in frame])
    tracemalloc.start()
    arrays = schema.encode(frame)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.shares_memory(arrays["single"], frame["single"].to_numpy())
    assert {array.dtype.name for array in arrays.values()} == {"float32"}
    assert peak < 1.2 * arrays["double"].nbytes
