"""What files larger than memory say of their columns: the same as a frame of their rows."""

from __future__ import annotations

import datetime
import decimal
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io.counting import counted
from tabembed.io.frames import to_arrow
from tabembed.io.row_groups import RowGroups

N = 600
RNG = np.random.default_rng(0)


def repeated(values: list[Any], kind: pa.DataType | None = None) -> pa.Array:
    """Return N cells that go through the values by chance."""
    return pa.array([values[at] for at in RNG.integers(0, len(values), N)], kind)


ODD: dict[str, pa.Array] = {
    "text": repeated(["b", "a", "", None, "007", "é", "b "]),
    "view": repeated(["b", "a", None], pa.large_string()),
    "key": pa.array([f"k{n}" for n in range(N)]),
    "nearly": pa.array([f"k{max(n, 9)}" for n in range(N)]),
    "one": pa.array(["x"] * N),
    "one_gap": repeated(["x", None]),
    "empty": repeated(["x", ""]),
    "category": repeated(["u", "v", None]).dictionary_encode(),
    "years": repeated([2013, 2014, None], pa.int64()).dictionary_encode(),
    "few": repeated([3, 1, 2, None], pa.int8()),
    "amount": pa.array(RNG.normal(0, 1000, N).astype(np.int64)),
    "dense_ids": pa.array(np.repeat(RNG.permutation(24), 25)),
    "order_id": repeated([2**53, 2**53 + 1, 7, 7, None], pa.int64()),
    "large": repeated([2**64 - 1, 1, 2], pa.uint64()),
    "row": pa.array(range(N)),
    "real": pa.array(RNG.normal(5, 2, N)),
    "gaps": repeated([0.5, math.nan, None, 2.25, -1e30], pa.float32()),
    "half": repeated([0.5, 1.5, None], pa.float16()),
    "whole_float": repeated([1.0, -0.0, 0.0, math.nan, 3.0], pa.float64()),
    "one_real": pa.array([0.25] * N),
    "near": pa.array(1e9 + RNG.integers(0, 300, N).astype(float) / 256),
    "flag": repeated([True, False, None]),
    "always": pa.array([True] * N),
    "money": repeated([decimal.Decimal("1.50"), decimal.Decimal("2.00"), None], pa.decimal128(9, 2)),
    "day": repeated([datetime.date(2013, 1, 5), None]),
    "hour": repeated(
        [datetime.datetime(2013, 1, 5, 3), datetime.datetime(2013, 1, 6)], pa.timestamp("ns", "Europe/Paris")
    ),
    "clock": repeated([datetime.time(3, 4), datetime.time(5)]),
    "lists": repeated([["a"], None, []], pa.list_(pa.string())),
}


def written(table: pa.Table, folder: Path, files: int = 3) -> Path:
    """Write a table as several files of small row groups."""
    size = math.ceil(table.num_rows / files)
    for at in range(files):
        pq.write_table(table.slice(at * size, size), folder / f"part-{at}.parquet", row_group_size=max(1, size // 3))
    return folder


def assert_same(one: te.Schema, other: te.Schema) -> None:
    """Compare two schemas; means and scales up to rounding."""
    a, b = one.to_dict(), other.to_dict()
    for entry, entry_b in zip([*a["columns"], a["target"]], [*b["columns"], b["target"]], strict=True):
        for key in ("mean", "scale"):
            if entry and key in entry:
                assert entry.pop(key) == pytest.approx(entry_b.pop(key), rel=1e-7)
    assert a == b


@pytest.mark.filterwarnings("ignore::tabembed.DataWarning")
@pytest.mark.parametrize("name", ODD)
def test_every_column_is_read_as_from_a_frame(name: str, tmp_path: Path) -> None:
    table = pa.table({name: ODD[name]})
    folder = str(written(table, tmp_path))
    assert_same(te.infer_schema(folder), te.infer_schema(to_arrow(folder)))


@pytest.mark.parametrize("kind", [te.Categorical(min_count=2), te.Categorical(dim=3)])
@pytest.mark.parametrize(
    "name", ["text", "years", "order_id", "gaps", "money", "day", "hour", "clock", "flag", "half", "key"]
)
def test_a_declared_category_is_counted_as_in_a_frame(name: str, kind: te.Categorical, tmp_path: Path) -> None:
    table = pa.table({name: ODD[name]})
    assert_same(
        te.infer_schema(written(table, tmp_path), kinds={name: kind}), te.infer_schema(table, kinds={name: kind})
    )


@pytest.mark.parametrize(("name", "kind"), [("few", te.Numeric()), ("flag", te.Numeric()), ("flag", te.Boolean())])
def test_other_declared_kinds(name: str, kind: te.Numeric | te.Boolean, tmp_path: Path) -> None:
    table = pa.table({name: ODD[name]})
    assert_same(
        te.infer_schema(written(table, tmp_path), kinds={name: kind}), te.infer_schema(table, kinds={name: kind})
    )


@pytest.mark.parametrize(
    "name", ["amount", "real", "few", "flag", "one_real", "text", "view", "category", "money", "day", "key"]
)
@pytest.mark.parametrize("task", ["auto", "regression", "binary", "multiclass"])
@pytest.mark.filterwarnings("ignore::tabembed.DataWarning")
def test_the_target_is_read_as_from_a_frame(name: str, task: str, tmp_path: Path) -> None:
    table = pa.table({"x": ODD["few"], name + "_": ODD[name].fill_null(ODD[name].drop_null()[0])})
    said: list[Any] = []
    for data in (written(table, tmp_path), table):
        try:
            said.append(te.infer_schema(data, name + "_", task=task))
        except te.DataError as error:
            said.append(str(error))
    assert type(said[0]) is type(said[1])
    if isinstance(said[0], str):
        assert said[0] == said[1]
    else:
        assert_same(*said)


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        (pa.nulls(9), {}),
        (pa.array(["", None] * 5), {}),
        (pa.array([1.5, math.inf, 2.5]), {}),
        (pa.array([None, None], pa.float64()), {}),
        (pa.array(["yes", "no"]), {"x": te.Boolean()}),
        (pa.array(["yes", "no"]), {"x": te.Numeric()}),
        (pa.array([["a"], ["b"]]), {"x": te.Categorical()}),
    ],
)
def test_bad_columns_are_said_in_the_same_words(cells: pa.Array, kinds: dict[str, Any], tmp_path: Path) -> None:
    table = pa.table({"x": cells})
    folder = written(table, tmp_path, files=1)
    with pytest.raises(te.DataError) as of_frame:
        te.infer_schema(to_arrow(folder), kinds=kinds)
    with pytest.raises(te.DataError) as of_files:
        te.infer_schema(folder, kinds=kinds)
    assert str(of_files.value) == str(of_frame.value)


CELLS = st.one_of(
    st.lists(st.none() | st.text(), min_size=1, max_size=40),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40),
    st.lists(st.none() | st.floats(width=32) | st.integers(-9, 9).map(float), min_size=1, max_size=40),
    st.lists(st.none() | st.booleans(), min_size=1, max_size=40),
    st.lists(
        st.none() | st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)), min_size=1, max_size=40
    ),
)


@given(cells=CELLS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_labels_are_counted_as_in_a_frame(cells: list[Any], tmp_path: Path) -> None:
    table = pa.table({"x": pa.array(cells)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    said: list[Any] = []
    for data in (tmp_path / "a.parquet", table):
        try:
            said.append(te.infer_schema(data, kinds={"x": te.Categorical()}))
        except te.DataError as error:
            said.append(str(error))
    assert said[0] == said[1]


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    groups = RowGroups(written(pa.table({"x": ODD["few"]}), tmp_path))
    (tmp_path / "part-1.parquet").unlink()
    with (
        pytest.raises(te.DataError, match=r"part-1\.parquet' can't be read as Parquet: it has gone"),
        counted(groups, "x"),
    ):
        pass


def test_no_room_for_spilling_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(pa.table({"x": ODD["few"]}), tmp_path)
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    with pytest.raises(te.DataError, match=r"column 'x' can't be counted in '/dev/null': .*set TMPDIR"):
        te.infer_schema(folder)
