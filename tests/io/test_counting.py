"""Counting a column's values outside memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabembed as te
from tabembed.io.counting import counted
from tabembed.io.row_groups import RowGroups


@pytest.mark.parametrize("dictionary", [True, False], ids=["dictionary", "plain"])
def test_texts_are_counted_over_batches_and_files(dictionary: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [None if n == 3 else f"t{n}" for n in rng.integers(0, 50, 2000).tolist()]
    for at in range(2):
        part = pa.table({"x": texts[at * 1000 : (at + 1) * 1000]})
        pq.write_table(part, tmp_path / f"{at}.parquet", row_group_size=300, use_dictionary=dictionary)
    with counted(RowGroups(tmp_path), "x") as counts:
        values, rows = counts.values()
        assert counts.summary() == (49, sum(text is not None for text in texts))
    assert dict(zip(values.to_pylist(), rows.tolist(), strict=True)) == {text: texts.count(text) for text in texts}


FULL = """
import resource, sys, tempfile
from pathlib import Path
import tabembed as te
from tabembed.io import counting
counting._MEMORY = "30MB"
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    te.infer_schema(sys.argv[1])
except te.DataError as error:
    print(error)
print(sorted(path.name for path in Path(tempfile.gettempdir()).iterdir()))
"""


def test_no_room_for_spilling_is_said_and_nothing_left(tmp_path: Path) -> None:
    texts = np.random.default_rng(0).integers(0, 2**60, 600_000).astype(str)
    pq.write_table(pa.table({"x": np.concatenate([texts, texts])}), tmp_path / "a.parquet", row_group_size=100_000)
    (tmp_path / "room").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "a.parquet")],
        env={"TMPDIR": str(tmp_path / "room"), "PYTHONPATH": str(Path(te.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    said, left = run.stdout.splitlines()
    assert said.startswith(f"column 'x' can't be counted in '{tmp_path / 'room'}': ")
    assert said.endswith("; set TMPDIR to a folder with more room")
    assert left == "[]"
