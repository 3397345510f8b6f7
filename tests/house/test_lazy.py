"""What must start fast or run without TensorFlow imports nothing heavy, as the interpreter itself reports it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {"duckdb", "tensorflow", "keras", "torch", "gensim", "matplotlib"}


def imported(*arguments: str) -> set[str]:
    """Run Python with the arguments in a fresh process; return the top-level packages that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stderr.splitlines()
    if done.returncode:
        pytest.fail("\n".join(line for line in lines if not line.startswith("import time:")), pytrace=False)
    times = [line for line in lines if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in times}


def test_the_reading_sees_what_is_imported() -> None:
    assert {"json", "numpy"} <= imported("-c", "import json\ndef f(): import numpy.random\nf()")


def test_the_package_alone_imports_nothing_heavy() -> None:
    names = imported("-c", "import tabembed; tabembed.__version__; dir(tabembed)")
    assert "tabembed" in names
    assert not names & {*FRAMEWORKS, "pandas", "numpy", "pyarrow", "sklearn", "scipy", "rich", "click"}


def test_tables_need_no_tensorflow() -> None:
    names = imported("-c", "import tabembed; tabembed.EmbeddingTable; tabembed.TableEncoder; tabembed.load_tables")
    assert "numpy" in names
    assert not names & FRAMEWORKS


@pytest.mark.parametrize("room", ["io", "schema", "tables"])
def test_the_lower_rooms_need_no_tensorflow(room: str) -> None:
    walk = f"import tabembed.{room} as room, pkgutil, importlib\n" + (
        "for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'): importlib.import_module(found.name)"
    )
    names = imported("-c", walk)
    assert "tabembed" in names
    assert not names & FRAMEWORKS


def test_frames_need_no_duckdb(tmp_path: Path) -> None:
    of_frame = "import pandas, tabembed; frame = pandas.DataFrame({'x': ['a', 'b', 'a']}); tabembed.infer_schema(frame)"
    of_file = f"; frame.to_parquet({str(tmp_path / 'a.parquet')!r}); tabembed.infer_schema({str(tmp_path)!r})"
    assert "duckdb" not in imported("-c", of_frame)
    assert "duckdb" in imported("-c", of_frame + of_file)


@pytest.mark.parametrize("module", ["tabembed", "tabembed.cli.main"])
@pytest.mark.parametrize("command", [[], ["fit"], ["predict"], ["neighbors"], ["tables"], ["schema"], ["serve"]])
def test_help_imports_nothing_heavy(module: str, command: list[str]) -> None:
    names = imported("-m", module, *command, "--help")
    assert "click" in names
    assert not names & {*FRAMEWORKS, "pandas", "numpy", "pyarrow", "sklearn", "scipy"}
