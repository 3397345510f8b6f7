"""``GPTEmbedder``: cells told from those before them, and rows that it imagines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.io import DataError


@pytest.fixture(scope="module")
def gpt(rows: pd.DataFrame, quick: dict[str, Any]) -> te.GPTEmbedder:
    """One that knows the rules of the rows."""
    return te.GPTEmbedder(**quick, heads=4, blocks=1).fit(rows)


def test_gpt(gpt: te.GPTEmbedder, springfields: pd.DataFrame) -> None:
    cells = gpt.transform_cells(springfields)
    assert (cells.shape, cells.dtype) == ((3, 5, 32), np.float32)
    illinois, again, massachusetts = cells[:, 0]  # the state comes after the city
    np.testing.assert_array_equal(illinois, again)
    assert np.linalg.norm(illinois - massachusetts) > 0.05 * np.linalg.norm(illinois)
    assert gpt.transform(springfields)["km"].tolist() == springfields["km"].tolist()


def test_a_cell_is_told_from_those_before_it(gpt: te.GPTEmbedder, rows: pd.DataFrame, new_rows: pd.DataFrame) -> None:
    other = new_rows.assign(shop="s0", goods="g0")
    pd.testing.assert_frame_equal(gpt.fill_proba(new_rows, "zone"), gpt.fill_proba(other, "zone"))
    first = gpt.fill_proba(new_rows, "city")
    assert np.ptp(first, axis=0).max() < 1e-6  # by the token that begins rows alone
    np.testing.assert_allclose(first.iloc[0], rows["city"].value_counts(normalize=True)[first.columns], atol=0.05)
    for column, share in (("state", 0.8), ("zone", 0.6), ("goods", 0.8)):
        truth = new_rows[column].dropna().astype(str)
        told = gpt.fill_proba(new_rows, column).loc[truth.index]
        marginal = rows[column].dropna().astype(str).value_counts(normalize=True)
        cost = -np.log([told.at[row, label] for row, label in truth.items()]).mean()
        assert cost < share * -np.log(marginal[truth]).mean(), column
    filled = gpt.fill(new_rows)
    assert filled["zone"].notna().all()


def test_imagined_rows_keep_the_rules(
    gpt: te.GPTEmbedder, rows: pd.DataFrame, company: Callable[[pd.Series], np.ndarray]
) -> None:
    imagined = gpt.sample(2000, random_state=1)
    assert imagined.columns.tolist() == ["city", "state", "zone", "shop", "goods"]
    assert (company(imagined["shop"]) == company(imagined["goods"])).mean() > 0.7  # by chance 1/6
    ours = imagined["city"].str.startswith("Springfield")
    assert (imagined["city"].str[:2] == imagined["state"])[~ours].mean() > 0.9
    assert abs(ours.mean() - 0.5) < 0.05
    assert abs(imagined["zone"].isna().mean() - rows["zone"].isna().mean()) < 0.03
    assert set(imagined["zone"].dropna()) == {0, 1, 2}
    assert len(imagined.drop_duplicates()) > 500
    pd.testing.assert_frame_equal(gpt.sample(2000, random_state=1), imagined)
    assert not gpt.sample(2000, random_state=2).equals(imagined)
    with pytest.raises(DataError, match="`n` must be a whole number of 1 or more, however: n=0"):
        gpt.sample(0)


def test_outputs_are_tied_to_the_tables(gpt: te.GPTEmbedder) -> None:
    sizes = [tuple(weight.shape) for weight in gpt.model_.trainable_weights if 26 in weight.shape]
    assert sorted(sizes) == [(26,), (26,), (26, 32), (26, 32)]


def test_it_is_saved_with_its_model(gpt: te.GPTEmbedder, rows: pd.DataFrame, tmp_path: Path) -> None:
    gpt.save(tmp_path / "g")
    again = te.GPTEmbedder.load(tmp_path / "g")
    np.testing.assert_array_equal(again.transform_cells(rows[:50]), gpt.transform_cells(rows[:50]))
    pd.testing.assert_frame_equal(again.sample(20), gpt.sample(20))


@pytest.mark.usefixtures("eagerly")
def test_what_is_imagined_has_the_columns_types(quick: dict[str, Any]) -> None:
    frame = pd.DataFrame({"a": pd.Categorical(["x", "y"] * 40), "b": [True, False] * 40, "c": [5, 7] * 40})
    kinds = {"b": te.Categorical(), "c": te.Categorical(hash_buckets=3)}
    gpt = te.GPTEmbedder(**{**quick, "kinds": kinds, "epochs": 1, "batch_size": 80}, heads=4, blocks=1).fit(frame)
    imagined = gpt.sample(50)
    assert set(imagined["a"].unique()) == {"x", "y"}
    assert set(imagined["b"].unique()) == {True, False}
    assert set(imagined["c"].dropna().unique()) == {5, 7}
