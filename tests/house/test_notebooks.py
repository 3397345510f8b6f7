"""The notebooks run from top to bottom, and the committed files keep what they showed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = [pytest.param(path, id=path.stem) for path in sorted(FOLDER.glob("*.ipynb"))]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def shows(cell: nbformat.NotebookNode) -> bool:
    """Say whether a cell has output to keep: text, a value or a picture, and not only notes on stderr."""
    return any(output.get("name") != "stderr" for output in cell.outputs)


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what says that a notebook was not saved after one clean run from top to bottom."""
    cells = code_cells(notebook)
    found = []
    for number, cell in enumerate(cells, 1):
        if cell.execution_count != number:
            found.append(f"code cell {number} has execution count {cell.execution_count}")
        found += [f"code cell {number} ended in {out.ename}" for out in cell.outputs if out.output_type == "error"]
    if not any(shows(cell) for cell in cells):
        found.append("no output is kept")
    return found


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_the_outputs_are_kept(path: Path) -> None:
    assert faults(nbformat.read(path, as_version=4)) == []


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    """One kernel for all of them, which imports TensorFlow once."""
    folder = tmp_path_factory.mktemp("kernel") / "notebooks"
    shutil.copytree(FOLDER, folder)
    made = NotebookClient(
        nbformat.v4.new_notebook(), timeout=900, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TABEMBED_FAST", "1")
        patch.setenv("PYTHONPATH", str(ROOT))
        with made.setup_kernel():
            yield made


def run(client: NotebookClient, notebook: nbformat.NotebookNode) -> None:
    """Run a notebook in a kernel that has first forgotten the names and the pictures of others."""
    forget = nbformat.v4.new_code_cell("import matplotlib.pyplot\nmatplotlib.pyplot.close('all')\n%reset -f")
    for client.nb in (nbformat.v4.new_notebook(cells=[forget]), notebook):
        client.execute(cleanup_kc=False)


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_runs(path: Path, client: NotebookClient) -> None:
    committed, fresh = nbformat.read(path, as_version=4), nbformat.read(path, as_version=4)
    for cell in code_cells(fresh):
        cell.outputs, cell.execution_count = [], None
    run(client, fresh)
    pairs = zip(code_cells(committed), code_cells(fresh), strict=True)
    lost = [old.source for old, new in pairs if shows(new) and not shows(old)]
    assert not lost, f"{path.name} shows something in a run that the committed file doesn't hold"


def test_faults_are_seen() -> None:
    v4 = nbformat.v4
    shown = v4.new_output("stream", name="stdout", text="1\n")
    broken = v4.new_output("error", ename="KeyError", evalue="", traceback=[])
    clean = v4.new_code_cell("print(1)", execution_count=1, outputs=[shown])
    assert faults(v4.new_notebook(cells=[v4.new_markdown_cell("words"), clean, v4.new_code_cell("")])) == []
    dirty = [v4.new_code_cell("print(1)"), v4.new_code_cell("{}[1]", execution_count=2, outputs=[broken])]
    assert faults(v4.new_notebook(cells=dirty)) == [
        "code cell 1 has execution count None",
        "code cell 2 ended in KeyError",
    ]


def test_a_notebook_knows_no_other(client: NotebookClient) -> None:
    v4 = nbformat.v4
    run(client, v4.new_notebook(cells=[v4.new_code_cell("left = 1")]))
    asked = v4.new_notebook(cells=[v4.new_code_cell("print('left' in globals())")])
    run(client, asked)
    assert asked.cells[0].outputs[0].text == "False\n"
