"""The Python and the `tabembed` commands of README.md and docs/ run, page by page, in the order they stand there.

Each page has a folder and names of its own. What a page shows is not compared with what a run prints, since figures of
training differ a little from machine to machine, unless the block is marked ``exact``: a text block then holds what
the Python block before it prints, and a console block what each command does.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.here import run_here

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in [README, *sorted(ROOT.glob("docs/*.md"))]]
SHELLS = {"bash", "sh", "shell", "console"}


class Block(NamedTuple):
    """One fenced block: language, the file's line that its text starts at (from 1), the text, and if it is exact."""

    language: str
    line: int
    text: str
    exact: bool = False


class Command(NamedTuple):
    """A `tabembed` command: its arguments, and the lines shown below it."""

    arguments: list[str]
    shown: list[str]


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text."""
    fences = re.finditer(r"^ *``` *(\w*)([^\n]*)\n(.*?)^ *``` *$", text, re.DOTALL | re.MULTILINE)
    return [
        Block(fence[1], text.count("\n", 0, fence.start(3)) + 1, textwrap.dedent(fence[3]), "exact" in fence[2].split())
        for fence in fences
    ]


def commands(block: Block) -> list[Command]:
    """Return each `tabembed` command of a shell block; other lines are installs or shown output."""
    lines = block.text.replace("\\\n", " ").splitlines()
    prompt = "$ " if any(line.startswith("$ ") for line in lines) else ""
    starts = tuple(f"{prompt}tabembed{end}" for end in (" ", "\t"))
    found: list[Command] = []
    for line in lines:
        if line.startswith(starts):
            found.append(Command(shlex.split(line.removeprefix(prompt), comments=True)[1:], []))
        elif found and not (prompt and line.startswith(prompt)):
            found[-1].shown.append(line)
    return found


def stripped(lines: list[str]) -> list[str]:
    """Return lines without trailing spaces, and without empty lines at both ends."""
    return "\n".join(line.rstrip() for line in lines).strip("\n").split("\n")


def run_command(command: Command) -> str:
    """Run a command in this process, which has TensorFlow, and return what it prints on stdout.

    Commands as processes are the business of tests/cli/test_processes.py.
    """
    done = run_here(*command.arguments)
    shown = shlex.join(["tabembed", *command.arguments])
    assert done.exit_code == 0, f"{shown}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def run_page(page: Path, found: list[Block]) -> None:
    """Run the blocks of a page in the current folder, and compare the exact ones."""
    namespace: dict[str, object] = {"__name__": "page"}
    printed = ""
    for block in found:
        if block.language == "python":
            # Empty lines in front make a traceback name the page's own line.
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(code, namespace)
            printed = out.getvalue()
        elif block.language in SHELLS:
            for command in commands(block):
                printed = run_command(command)
                if block.exact:
                    assert stripped(command.shown) == stripped(printed.splitlines()), f"{page.name}:{block.line}"
        elif block.exact:
            assert stripped(block.text.splitlines()) == stripped(printed.splitlines()), f"{page.name}:{block.line}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TABEMBED_FAST", "1")
    found = blocks(page.read_text("utf-8"))
    unread = {block.language for block in found} & {"py", "python3", "pycon", "ipython"}
    assert not unread, f"write ```python, so that the block is run, not {unread}"
    run_page(page, found)


def test_the_readme_shows_python_and_commands() -> None:
    found = blocks(README.read_text("utf-8"))
    assert any(block.language == "python" for block in found)
    assert any(commands(block) for block in found if block.language in SHELLS)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *``` *$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    gone = [link for link in links if not (page.parent / link).exists()]
    assert not gone


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
$ ls
```
- a list
  ``` text
  $ tabembed is not run here
  ```
  ```bash exact
  make demo
  tabembed schema a.csv
  ```
"""
    found = blocks(text)
    lines = [(block.language, block.line, block.exact) for block in found]
    assert lines == [("python", 3, False), ("console", 6, False), ("text", 14, False), ("bash", 17, True)]
    assert found[0].text == "x = 1\n"
    fit = ["fit", "my data.csv", "--target", "y", "--epochs", "2"]
    assert commands(found[1])[0] == Command(fit, ["tabembed: shown output"])
    assert [command.arguments for command in commands(found[3])] == [["schema", "a.csv"]]


def test_what_is_exact_is_compared() -> None:
    run, right = Block("python", 1, "print('a ')"), Block("text", 3, "\na\n", exact=True)
    run_page(README, [run, right, Block("text", 5, "b")])
    with pytest.raises(AssertionError, match="README.md:3"):
        run_page(README, [run, Block("text", 3, "b", exact=True)])
