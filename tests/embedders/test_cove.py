"""``CoVeEmbedder``: states of an LSTM that was trained on a target, beside the static vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import tabembed as te
from tabembed.io import DataError


def target(rows: pd.DataFrame) -> pd.Series:
    """Return what hangs on two columns together: on neither alone."""
    return (rows["state"] == "IL") ^ (rows["shop"].str[1:].astype(int) > 11)


@pytest.fixture(scope="module")
def cove(rows: pd.DataFrame, quick: dict[str, Any]) -> te.CoVeEmbedder:
    """One that was trained on the target."""
    return te.CoVeEmbedder(**quick, layers=1).fit(rows, target(rows))


def test_cove(cove: te.CoVeEmbedder, springfields: pd.DataFrame) -> None:
    cells = cove.transform_cells(springfields)
    assert (cells.shape, cells.dtype) == ((3, 5, 32), np.float32)
    illinois, again, massachusetts = cells[:, 0]
    np.testing.assert_array_equal(illinois, again)
    np.testing.assert_array_equal(illinois[:16], cove.tables_["city"]["Springfield"])
    np.testing.assert_array_equal(illinois[:16], massachusetts[:16])
    assert np.linalg.norm(illinois - massachusetts) > 0.1


def test_states_know_what_columns_say_together(
    cove: te.CoVeEmbedder, rows: pd.DataFrame, new_rows: pd.DataFrame
) -> None:
    def score(of: slice) -> float:
        """Return how well a line tells the target from a part of the cells' vectors."""
        cells = [cove.transform_cells(part)[:, :, of].reshape(len(part), -1) for part in (rows, new_rows)]
        return float(LogisticRegression(max_iter=500).fit(cells[0], target(rows)).score(cells[1], target(new_rows)))

    assert score(slice(16, None)) > score(slice(0, 16)) + 0.1
    assert score(slice(16, None)) > 0.85


def test_it_is_saved_with_its_model(cove: te.CoVeEmbedder, rows: pd.DataFrame, tmp_path: Path) -> None:
    cove.save(tmp_path / "c")
    again = te.CoVeEmbedder.load(tmp_path / "c")
    np.testing.assert_array_equal(again.transform_cells(rows[:50]), cove.transform_cells(rows[:50]))
    assert again.tables_ == cove.tables_


def test_refusals(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="CoVeEmbedder requires y to be passed, but the target y is None"):
        te.CoVeEmbedder().fit(rows)
    with pytest.raises(DataError, match="`dim` must be a multiple of 4, however: dim=6"):
        te.CoVeEmbedder(dim=6).fit(rows, rows["km"])
    with pytest.raises(DataError, match=r"`dropout` must be in \[0, 1\), however: dropout=1"):
        te.CoVeEmbedder(dropout=1).fit(rows, rows["km"])
