"""CSV files read through Parquet give what they give when memory holds them, and leave nothing behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import csv_files, csv_spool
from tabembed.io.csv_files import read_csv
from tabembed.io.csv_spool import spool_csv
from tabembed.io.row_groups import RowGroups
from tabembed.schema.inputs import label_readers

ODD_CELLS = [
    *["", "1", "2", "-5", "007", "+7", "-0", "1.5", ".5", "1e5", "inf", "NA", "nan", "null", "x", "x y", "é", '"a""b"'],
    *["9007199254740993", "9007199254740992", "12345678901234567890", "1e999", "true", "false", "True", "False"],
    *["2020-01-31", "2020-01-31T00:00:00", "2020-01-31 05:30:00.123456789", "1500-01-01T00:00:00", "2020-13-01"],
    *["2020-01-31T00:00:00Z", "2020-01-31T00:00:00+02:00", "2020-01-31T00:00:00+0300", '"a\nb"'],
]


def whole(groups: RowGroups) -> pa.Table:
    return pa.concat_tables([groups.schema.empty_table(), *groups.batches()])


def written(folder: Path, files: list[list[list[str]]], columns: int) -> list[Path]:
    """Write files of rows of cells; a first column of numbers keeps a row of empty cells from being an empty line."""
    paths = []
    for at, rows in enumerate(files):
        lines = [[str(row), *cells[:columns]] for row, cells in enumerate(rows)]
        header = ",".join(["row", *(f"c{number}" for number in range(columns))])
        paths.append(folder / f"{at}.csv")
        paths[-1].write_text("\n".join([header, *map(",".join, lines), ""]), "utf-8")
    return paths


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_rows_are_those_that_memory_would_hold(data: st.DataObject, tmp_path: Path) -> None:
    pool = [data.draw(st.lists(st.sampled_from(ODD_CELLS), min_size=1, max_size=4)) for _ in range(2)]
    row = st.tuples(*map(st.sampled_from, pool)).map(list)
    files = written(tmp_path, data.draw(st.lists(st.lists(row, max_size=6), min_size=1, max_size=3)), 2)
    said: list[tuple[pa.Table, list[str]]] = []
    for read in (read_csv, lambda paths: whole(spool_csv(paths))):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            said.append((read(files), sorted(str(warning.message) for warning in caught)))
    assert said[1][0].equals(said[0][0])
    assert said[1][1] == said[0][1]


@pytest.mark.parametrize("zipped", [False, True])
def test_types_that_only_later_cells_tell(zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK", 1 << 10)
    rows = 3000
    late = [str(n) for n in range(rows - 1)]
    columns = {
        "whole": [*late, "7"],
        "real": [*late, "0.5"],
        "text": [*late, "007"],
        "gaps": [*late, "NA"],
        "empty": [""] * (rows - 1) + ["true"],
        "day": ["2020-01-31"] * (rows - 1) + [""],
        "moment": ["2020-01-31T00:00:00"] * (rows - 1) + ["2020-01-31T00:00:00.123456789"],
    }
    path = tmp_path / ("a.csv.gz" if zipped else "a.csv")
    pa_table = pa.table(columns)
    pa_table.to_pandas().to_csv(path, index=False)
    found = spool_csv([path])
    kinds = [pa.int64(), pa.float64(), pa.string(), pa.int64(), pa.bool_(), pa.date32(), pa.timestamp("ns")]
    assert found.schema.types == kinds
    assert whole(found).equals(read_csv([path]))


def test_a_row_longer_than_a_block_loses_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK", 1 << 10)
    texts = [f"t{n}" * (1 if n % 100 else 400 * (n // 100) + 1) for n in range(1000)]
    pa.table({"x": range(1000), "text": texts}).to_pandas().to_csv(tmp_path / "a.csv", index=False)
    table = whole(spool_csv([tmp_path / "a.csv"]))
    assert table.column("text").to_pylist() == texts
    assert table.column("x").to_pylist() == [*range(1000)]


def test_the_temporary_files_go_with_what_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "room"))
    (tmp_path / "room").mkdir()
    (tmp_path / "a.csv").write_text("x,y\n1,a\n")
    groups = spool_csv([tmp_path / "a.csv"])
    some = groups.select(["y"])
    assert len([*(tmp_path / "room").iterdir()]) == 1
    del groups
    gc.collect()
    assert whole(some).to_pydict() == {"y": ["a"]}
    del some
    gc.collect()
    assert [*(tmp_path / "room").iterdir()] == []
    (tmp_path / "b.csv").write_text("x,y\n1,a,5\n")
    with pytest.raises(te.DataError, match=r"b\.csv' must hold 2 cells a row, as its header does, however: line 2"):
        spool_csv([tmp_path / "a.csv", tmp_path / "b.csv"])
    gc.collect()
    assert [*(tmp_path / "room").iterdir()] == []


def test_no_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,a\n")
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    with pytest.raises(te.DataError, match=r"kept as Parquet in '/dev/null' while they are read, .*; set TMPDIR to"):
        spool_csv([tmp_path / "a.csv"])


FULL = """
import resource, sys, tempfile
from pathlib import Path
from tabembed.io.csv_spool import spool_csv
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    spool_csv([Path(sys.argv[1])])
except ValueError as error:
    print(error)
print(sorted(path.name for path in Path(tempfile.gettempdir()).iterdir()))
"""


def test_a_disk_that_fills_up_is_said_and_left_empty(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pa.table({"x": rng.normal(size=200_000)}).to_pandas().to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "room").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "a.csv")],
        env={"TMPDIR": str(tmp_path / "room"), "PYTHONPATH": str(Path(te.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    said, left = run.stdout.splitlines()
    assert f"kept as Parquet in '{tmp_path / 'room'}' while they are read, however: " in said
    assert said.endswith("; set TMPDIR to a folder with more room")
    assert left == "[]"


def test_readers_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,7.0\n2,x\n")
    schema = te.infer_schema({"y": ["7", "x", "x"]})
    groups = spool_csv([tmp_path / "a.csv"], ["y"], label_readers(schema.features))
    assert whole(groups).to_pydict() == {"y": ["7", "x"]}
    assert csv_spool.spool_csv([tmp_path / "a.csv"], ["y"]).schema.types == [pa.string()]
