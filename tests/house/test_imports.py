"""Imports go one way: a room imports only from the rooms before it, and no modules import each other in a circle.

Relative imports, imports inside functions, imports under ``TYPE_CHECKING`` (a type is a dependency too) and
``importlib.import_module`` with a literal name all count.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "tabembed"
ROOMS = ["io", "schema", "tables", "nn", "serving", "estimators", "embedders", "cli"]
# (module, function, room it may reach up to)
ALLOWED_UPWARD = {("tabembed.schema.schema", "Schema.dataset", "nn"), ("tabembed.schema.target", "Target.loss", "nn")}


class Import(NamedTuple):
    """One import of a module of the package, found in ``source`` inside ``function`` ("" at the module's level)."""

    source: str
    function: str
    target: str
    line: int


def read_modules(package: Path) -> dict[str, tuple[Path, ast.Module]]:
    """Return {dotted name: (path, syntax tree)} of every module of a package."""
    modules = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = (path, ast.parse(path.read_text("utf-8"), str(path)))
    return modules


def find_imports(package: Path) -> list[Import]:
    """Return every import of one module of the package by another."""
    modules = read_modules(package)
    found = []
    for source, (path, tree) in modules.items():
        home = source if path.name == "__init__.py" else source.rpartition(".")[0]
        for function, name, line in _walk(tree, home, ""):
            if name == package.name or name.startswith(package.name + "."):
                found.append(Import(source, function, _module(name, modules), line))
    return found


def _walk(node: ast.AST, home: str, function: str) -> Iterator[tuple[str, str, int]]:
    for child in ast.iter_child_nodes(node):
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{function}.{child.name}".lstrip(".")
        for name in _names(child, home):
            yield function, name, child.lineno
        yield from _walk(child, home, inner)


def _names(node: ast.AST, home: str) -> list[str]:
    """Return the absolute dotted names that one node imports, `from a import b` as `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute("." * node.level + (node.module or ""), home)
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__", "require"} and isinstance(node.args[0].value, str):
            return [_absolute(node.args[0].value, home)]
    return []


def _absolute(name: str, home: str) -> str:
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = home.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [name[level:]])])


def _module(name: str, modules: dict[str, tuple[Path, ast.Module]]) -> str:
    """Cut `a.b.Name` back to its module `a.b`; what lies in the package itself, or isn't there, keeps its name."""
    home = name.rpartition(".")[0]
    return home if name not in modules and home in modules and "." in home else name


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def is_downward(found: Import) -> bool:
    """Say whether one import is allowed by the order of the rooms."""
    source, target = _room(found.source), _room(found.target)
    if source not in ROOMS:  # the package itself and its __main__ stand above all rooms
        return True
    if target not in ROOMS:  # of the package itself a room may know the version, nothing else
        return target == "__version__"
    upward = ROOMS.index(target) > ROOMS.index(source)
    return not upward or (found.source, found.function, target) in ALLOWED_UPWARD


def find_circle(imports: list[Import]) -> list[str] | None:
    """Return the modules of one circle of imports, or None."""
    graph: dict[str, set[str]] = {}
    for found in imports:
        if (found.source, found.function, _room(found.target)) not in ALLOWED_UPWARD:
            graph.setdefault(found.source, set()).add(found.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return None


def test_every_folder_is_a_room() -> None:
    folders = {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/**/*.py")}
    assert folders <= set(ROOMS)
    assert not list(PACKAGE.rglob("utils.py"))
    loose = {path.name for path in PACKAGE.glob("*.py")}
    assert loose == {"__init__.py", "__main__.py"}


def test_imports_go_downward() -> None:
    upward = [found for found in find_imports(PACKAGE) if not is_downward(found)]
    assert not upward, "\n".join(f"{i.source}:{i.line} ({i.function or 'module'}) imports {i.target}" for i in upward)


def test_no_circle() -> None:
    assert find_circle(find_imports(PACKAGE)) is None


def test_every_imported_module_is_there() -> None:
    modules = read_modules(PACKAGE)
    targets = {found.target for found in find_imports(PACKAGE)}
    assert sorted(targets - modules.keys() - {"tabembed.__version__"}) == []


def test_every_exception_is_used() -> None:
    used = {(found.source, found.function, _room(found.target)) for found in find_imports(PACKAGE)}
    assert used >= ALLOWED_UPWARD


@pytest.mark.parametrize(
    "text",
    [
        "from ..nn.model import build_model",
        "from ..nn import model",
        "from .. import nn",
        "import tabembed.nn.model",
        "from tabembed import nn",
        "from tabembed import build_model",
        "import tabembed",
        "def f():\n    from ..nn import model",
        "class Schema:\n    def dataset(self):\n        from ..nn import model",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..nn.model import Model",
        "import importlib\nimportlib.import_module('..nn.model', __package__)",
        "import importlib\nimportlib.import_module('tabembed.nn')",
    ],
)
def test_an_upward_import_is_seen(text: str, tmp_path: Path) -> None:
    assert [is_downward(found) for found in find_imports(_house(tmp_path, {"schema/other.py": text}))] == [False]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("schema/schema.py", "class Schema:\n    def dataset(self):\n        from ..nn import model"),
        ("nn/other.py", "from ..schema.schema import Schema"),
        ("nn/other.py", "from .model import build_model"),
        ("cli/main.py", "from .. import __version__"),
        ("__main__.py", "from .cli.main import main"),
    ],
)
def test_a_downward_import_passes(path: str, text: str, tmp_path: Path) -> None:
    assert [is_downward(found) for found in find_imports(_house(tmp_path, {path: text}))] == [True]


def test_foreign_imports_are_not_ours(tmp_path: Path) -> None:
    text = "import tabembedded, os.path\nfrom keras import layers\n__import__('numpy')"
    assert find_imports(_house(tmp_path, {"nn/other.py": text})) == []


def test_a_circle_is_seen(tmp_path: Path) -> None:
    texts = {"nn/a.py": "from . import b", "nn/b.py": "def f():\n    from .c import g", "nn/c.py": "from .a import h"}
    circle = find_circle(find_imports(_house(tmp_path, texts)))
    assert circle is not None
    assert set(circle) == {"tabembed.nn.a", "tabembed.nn.b", "tabembed.nn.c"}
    up = {"schema/schema.py": "class Schema:\n    def dataset(self):\n        from ..nn import model"}
    back = {"nn/model.py": "from ..schema.schema import Schema"}
    assert find_circle(find_imports(_house(tmp_path / "other", up | back))) is None


def _house(folder: Path, texts: dict[str, str]) -> Path:
    """Write a small package of the same name with the given modules."""
    package = folder / "tabembed"
    empty = ["__init__.py", *(f"{room}/__init__.py" for room in ROOMS), "nn/model.py", "schema/schema.py"]
    for name, text in (dict.fromkeys(empty, "") | texts).items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, "utf-8")
    return package
