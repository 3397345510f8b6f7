"""The real command in processes of its own: a whole flow, what stderr shows, Ctrl-C, a broken TensorFlow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


def start(folder: Path, *arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
    """Start `tabembed` in a folder, with another one before the others on Python's path."""
    places = [*([] if path is None else [str(path)]), str(ROOT)]
    return subprocess.Popen(
        [sys.executable, "-m", "tabembed", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "KERAS_BACKEND": "none such"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def tabembed(folder: Path, *arguments: str, path: Path | None = None) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of `tabembed`."""
    with start(folder, *arguments, path=path) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_from_a_file_to_answers(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "sales.csv", index=False)
    code, out, err = tabembed(tmp_path, "fit", "sales.csv", "--target", "price", "--preset", "fast", "--epochs", "1")
    assert code == 0, err
    assert "model  saved_models/sales/1\n" in out
    assert err.startswith("fit ")
    assert len(err.splitlines()) == 1, "the progress bar alone; nothing of TensorFlow's"
    code, out, err = tabembed(tmp_path, "predict", "saved_models/sales", "sales.csv", "--output", "p.csv")
    assert (code, out, err) == (0, "300 predictions of 'price' in p.csv\n", "")
    assert len(pd.read_csv(tmp_path / "p.csv")) == 300
    code, out, err = tabembed(tmp_path, "neighbors", "saved_models/sales", "city", "日本", "-k", "2")
    assert (code, len(out.splitlines()), err) == (0, 2, "")
    code, out, err = tabembed(tmp_path, "predict", "saved_models/sales", "sale.csv", "--output", "q.csv")
    assert (code, out, err) == (2, "", "error: there is no file 'sale.csv'; did you mean 'sales.csv'?\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "sales.csv", "saved_models"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_leaves_nothing(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "sales.csv", index=False)
    arguments = ("fit", "sales.csv", "--target", "price", "--preset", "fast", "--epochs", "100000")
    with start(tmp_path, *arguments) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Schema of 6 columns, 300 rows\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["sales.csv"]


def test_a_broken_tensorflow_shows_what_it_said(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "sales.csv", index=False)
    broken = tmp_path / "broken" / "tensorflow"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("import os\nos.write(2, b'a driver is missing\\n')\nimport none_such_module\n")
    code, _, err = tabembed(tmp_path, "fit", "sales.csv", "--target", "price", path=broken.parent)
    assert code == 1
    assert err.startswith("a driver is missing\nTraceback")
    assert "No module named 'none_such_module'" in err
    assert not (tmp_path / "saved_models").exists()


def test_a_label_that_the_terminal_cannot_show_is_escaped(model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tabembed", "neighbors", str(model), "city", "Roma"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"\n\\u65e5\\u672c " in b"\n" + done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a shell")
def test_without_a_stderr_nothing_is_sent_aside(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("import os\nos.makedirs('imported')\n")
    command = f'"{sys.executable}" -c "from tabembed.cli.quiet import import_tensorflow as i; i()" 2>&-'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert (tmp_path / "imported").is_dir()
