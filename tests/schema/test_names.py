"""Safe names: ASCII, short, distinct, and the column's own where it is safe."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabembed.schema.names import safe_name, safe_names

NAMES = [
    "my state",
    "a.b",
    "a-b",
    "a/b",
    "x,y(z)",
    "_lead",
    "1col",
    "größe",
    "日本",
    "x" * 300,
    "self",
    "",
    " ",
    "\n",
    "A b",
]
anything = st.text(max_size=80)


@pytest.mark.parametrize(
    "name", ["dest", "arr_delay", "A", "x1", "args", "training", "name", "dest_embedding", "a" * 64]
)
def test_a_safe_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize("name", [*NAMES, *keyword.kwlist, "a" * 65, "a\n"])
def test_another_name_becomes_safe(name: str) -> None:
    safe = safe_name(name)
    assert safe != name
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,54}_[0-9a-f]{8}", safe)
    assert not keyword.iskeyword(safe)


@given(anything)
def test_safe_names_are_safe_and_stay(name: str) -> None:
    safe = safe_name(name)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", safe)
    assert safe_name(safe) == safe


@given(st.lists(anything, unique=True, max_size=20))
def test_names_that_differ_stay_apart(names: list[str]) -> None:
    assert len({safe_name(name) for name in names}) == len(names)


@given(st.lists(anything | st.sampled_from(["a", "A", "a b", safe_name("a b"), safe_name("A b")]), unique=True))
def test_a_table_of_names_is_distinct_without_regard_to_case(names: list[str]) -> None:
    safe = safe_names(names)
    assert list(safe) == names
    assert len({name.lower() for name in safe.values()}) == len(names)


def test_the_first_of_two_keeps_its_name() -> None:
    safe = safe_names(["dest", "Dest", "DEST"])
    assert safe["dest"] == "dest"
    assert re.fullmatch("Dest_[0-9a-f]{8}", safe["Dest"])
    clash = safe_names([safe_name("a b"), "a b"])
    assert clash[safe_name("a b")] == safe_name("a b") != clash["a b"]
