"""The public face is whole and documented, and the code keeps the house's measures."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import tabembed

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tabembed"
FILES = sorted(PACKAGE.rglob("*.py"))
EVERYWHERE = sorted(path for folder in ("tabembed", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 400, 50
Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(paths: list[Path]) -> list[object]:
    """Return pytest parameters for files, shown by their place in the repository."""
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_overload(node: Function) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


@pytest.mark.parametrize("name", tabembed.__all__)
def test_a_public_name_resolves_and_is_documented(name: str) -> None:
    value = getattr(tabembed, name)
    assert value.__name__ == name
    documented = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    assert documented, f"{name} has no docstring of its own"
    assert vars(tabembed)[name] is value, "a second use must not import again"


def test_all_is_what_resolves() -> None:
    tree = parse(PACKAGE / "__init__.py")
    block = next(node for node in tree.body if isinstance(node, ast.If))
    checked = [alias.asname or alias.name for node in block.body for alias in getattr(node, "names", [])]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    assert sorted(tabembed.__all__) == sorted(set(tabembed.__all__))
    assert sorted(tabembed.__all__) == sorted(tabembed._HOMES)
    assert sorted(tabembed.__all__) == sorted(checked)
    assert set(tabembed.__all__) <= set(dir(tabembed))


def test_the_type_checkers_see_the_same_homes() -> None:
    tree = parse(PACKAGE / "__init__.py")
    block = next(node for node in tree.body if isinstance(node, ast.If))
    homes = {alias.name: f".{node.module}" for node in block.body for alias in getattr(node, "names", [])}
    assert homes == tabembed._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'tabembed' has no attribute 'nothing'"):
        _ = tabembed.nothing


@pytest.mark.parametrize("path", named([path for path in FILES if path.name != "__main__.py"]))
def test_a_module_names_its_names(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    code = [node for node in parse(path).body if not isinstance(node, ast.Expr)]
    if path.name == "__init__.py" and not code:
        return  # a room that hands nothing on
    names = getattr(module, "__all__", None)
    assert names is not None, f"{module_name(path)} has no __all__"
    assert len(names) == len(set(names))
    missing = [name for name in names if not hasattr(module, name)]
    assert not missing


@pytest.mark.parametrize("path", named(FILES))
def test_public_functions_and_classes_are_documented_and_annotated(path: Path) -> None:
    assert faults(parse(path)) == []


def faults(tree: ast.Module) -> list[str]:
    """Return what lacks a docstring or a return annotation; nested functions and overrides count, too."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        brief = isinstance(node, Function) and is_overload(node)
        if not brief and not ast.get_docstring(node):
            found.append(f"line {node.lineno}: {node.name} has no docstring")
        if isinstance(node, Function) and node.returns is None:
            found.append(f"line {node.lineno}: {node.name} has no return annotation")
    return found


def test_faults_are_seen() -> None:
    tree = ast.parse(
        "class A(B):\n    def call(self):\n        def inner() -> int:\n            '''Doc.'''\n        return inner"
    )
    assert [fault.partition(": ")[2] for fault in faults(tree)] == [
        "A has no docstring",
        "call has no docstring",
        "call has no return annotation",
    ]
    brief = "@typing.overload\ndef f(a: int) -> int: ...\ndef _g(): ...\nclass _H:\n    def __init__(self): ..."
    assert faults(ast.parse(brief)) == []


@pytest.mark.parametrize("path", named(EVERYWHERE))
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_FILE
    long = {
        node.name: length
        for node in ast.walk(parse(path))
        if isinstance(node, Function) and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION
    }
    assert not long
