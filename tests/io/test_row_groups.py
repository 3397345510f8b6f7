"""Parquet files as a stream of row groups; a bad file among many is named."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabembed as te
from tabembed.io.frames import to_arrow
from tabembed.io.row_groups import RowGroups


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for at in range(3):
        table = pa.table({"x": [f"{at}-{row}" for row in range(500)], "n": pa.array(range(500), pa.int32())})
        pq.write_table(table, tmp_path / f"{at}.parquet", row_group_size=150)
    return tmp_path


def test_the_batches_are_the_table(folder: Path) -> None:
    groups = RowGroups(folder)
    assert pa.concat_tables(groups.batches()).equals(to_arrow(folder))
    assert [group.first for group in groups.groups[:5]] == [0, 150, 300, 450, 0]
    assert groups.column("n").to_pylist() == [*range(500)] * 3


def test_integers_widen_and_other_types_are_refused(folder: Path) -> None:
    pq.write_table(pa.table({"x": ["a"], "n": [2**40]}), folder / "3.parquet")
    assert RowGroups(folder).schema.field("n").type == pa.int64()
    pq.write_table(pa.table({"x": ["a"], "n": ["a"]}), folder / "3.parquet")
    with pytest.raises(te.DataError, match=r"column 'n' must be of one type .* string in file '.*3\.parquet'"):
        te.infer_schema(folder)
    pq.write_table(pa.table({"x": ["a"]}), folder / "3.parquet")
    with pytest.raises(te.LabelError, match=r"column 'n' of file .*0\.parquet' is missing from file '.*3\.parquet'"):
        te.infer_schema(folder)


def test_a_damaged_or_truncated_file_among_many_is_named(folder: Path) -> None:
    path = folder / "1.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 600 + whole[604:])
    with pytest.raises(te.DataError, match=r"1\.parquet' can't be read as Parquet"):
        te.infer_schema(folder)
    path.write_bytes(whole[:-9])
    with pytest.raises(te.DataError, match=r"1\.parquet' is damaged: its end"):
        te.infer_schema(folder)


def test_a_file_that_changes_is_named(folder: Path) -> None:
    groups = RowGroups(folder)
    pq.write_table(pa.table({"x": ["a"], "n": [1]}), folder / "2.parquet")
    with pytest.raises(te.DataError, match=r"2\.parquet' can't be read as Parquet: it has changed"):
        list(groups.batches())
