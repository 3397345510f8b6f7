"""An extra named in `require(module, extra)` stands in setup.cfg, and none stands there for nothing."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = {"benchmarks", "dev", "docs", "examples", "test"}  # for work on the project, not for a feature of the package


def declared() -> dict[str, set[str]]:
    """Return {extra: names of its packages}."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    extras = config["options.extras_require"]
    return {
        extra: {re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0].lower() for line in lines.split("\n") if line.strip()}
        for extra, lines in extras.items()
    }


def required() -> set[tuple[str, str]]:
    """Return the (top-level module, extra) pairs of every `require` call in the package that names an extra."""
    calls = (
        node
        for path in (ROOT / "tabembed").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "require" and len(node.args) == 2
    )
    return {(ast.literal_eval(call.args[0]).partition(".")[0], ast.literal_eval(call.args[1])) for call in calls}


def test_a_required_extra_brings_its_module() -> None:
    extras = declared()
    for module, extra in required():
        assert extra in extras, f"require({module!r}, {extra!r}): setup.cfg has no such extra"
        assert module.replace("_", "-") in extras[extra], f"the extra {extra!r} doesn't install {module!r}"


def test_no_extra_without_a_feature() -> None:
    assert set(declared()) - WORK == {extra for _, extra in required()} - WORK


def test_only_the_tests_and_benchmarks_bring_torch() -> None:
    assert {extra for extra, packages in declared().items() if "torch" in packages} <= {"test", "benchmarks"}
