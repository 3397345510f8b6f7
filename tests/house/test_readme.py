"""The README's Python and its `tabembed` commands run, in the order they stand there, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SHELLS = {"bash", "sh", "shell", "console"}


class Block(NamedTuple):
    """One fenced block: its language, the line of the file that its text starts at (from 1), and the text."""

    language: str
    line: int
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text."""
    fences = re.finditer(r"^ *``` *(\w*)[^\n]*\n(.*?)^ *``` *$", text, re.DOTALL | re.MULTILINE)
    return [Block(fence[1], text.count("\n", 0, fence.start(2)) + 1, textwrap.dedent(fence[2])) for fence in fences]


def commands(block: Block) -> list[list[str]]:
    """Return the arguments of each `tabembed` command of a shell block; other lines are installs or shown output."""
    lines = block.text.replace("\\\n", " ").splitlines()
    prompt = "$ " if any(line.startswith("$ ") for line in lines) else ""
    starts = tuple(f"{prompt}tabembed{end}" for end in (" ", "\t"))
    return [shlex.split(line.removeprefix(prompt), comments=True)[1:] for line in lines if line.startswith(starts)]


def run_command(arguments: list[str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tabembed", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    shown = shlex.join(["tabembed", *arguments])
    assert done.returncode == 0, f"{shown}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TABEMBED_FAST", "1")
    found = blocks(README.read_text("utf-8"))
    assert any(block.language == "python" for block in found), "README.md shows no Python"
    unread = {block.language for block in found} & {"py", "python3", "pycon", "ipython"}
    assert not unread, f"write ```python, so that the block is run, not {unread}"
    assert any(commands(block) for block in found if block.language in SHELLS), "README.md shows no command"
    namespace: dict[str, object] = {"__name__": "readme"}
    for block in found:
        if block.language == "python":
            # Empty lines in front make a traceback name the README's own line.
            exec(compile("\n" * (block.line - 1) + block.text, str(README), "exec"), namespace)
        elif block.language in SHELLS:
            for arguments in commands(block):
                run_command(arguments, tmp_path)


def test_blocks_and_commands_are_found() -> None:
    text = """# Title
```python
x = 1
```
```console
$ pip install tabembed
$ tabembed fit "my data.csv" --target y \\
    --epochs 2  # quick
tabembed: shown output
```
- a list
  ``` text
  $ tabembed is not run here
  ```
  ```bash
  make demo
  tabembed schema a.csv
  ```
"""
    found = blocks(text)
    lines = [(block.language, block.line) for block in found]
    assert lines == [("python", 3), ("console", 6), ("text", 13), ("bash", 16)]
    assert found[0].text == "x = 1\n"
    assert commands(found[1]) == [["fit", "my data.csv", "--target", "y", "--epochs", "2"]]
    assert commands(found[3]) == [["schema", "a.csv"]]
