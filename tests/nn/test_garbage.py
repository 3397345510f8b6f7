"""While a model is trained the collector leaves old objects alone, and only then."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pandas as pd
import pytest

import tabembed as te
from tabembed.nn.garbage import _by_another, old_objects_alone


class Node:
    """May be in a ring with itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _nothing_frozen() -> Iterator[None]:
    """The tests themselves run with their imports left alone (tests/conftest.py)."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    _by_another.clear()
    yield
    if frozen:
        gc.freeze()


def test_what_is_made_inside_is_collected_and_what_was_there_afterwards() -> None:
    old = weakref.ref(Node())
    with old_objects_alone():
        new = weakref.ref(Node())
        gc.collect()
        assert old() is not None
        assert new() is None
    gc.collect()
    assert old() is None


def test_it_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), old_objects_alone():
        raise ZeroDivisionError
    assert gc.get_freeze_count() == 0


def test_what_another_froze_stays_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.freeze()
    with old_objects_alone():
        pass
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
    monkeypatch.setattr(gc, "get_freeze_count", lambda: pytest.fail("counted again"))
    with old_objects_alone():
        gc.freeze()
    monkeypatch.undo()
    assert gc.get_freeze_count() > 0


def test_in_another_one_nothing_is_done() -> None:
    with old_objects_alone():
        with old_objects_alone():
            pass
        assert gc.get_freeze_count() > 0


def test_a_fit_leaves_the_collector_as_it_was() -> None:
    df = pd.DataFrame({"dest": ["LAX", "BOS"] * 20})
    te.TabularRegressor(preset="fast", epochs=1, verbose=0).fit(df, [5.5, -1.5] * 20)
    assert gc.get_freeze_count() == 0
    assert gc.isenabled()
