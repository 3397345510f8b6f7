"""``ELMoEmbedder``: language models in both directions, and how their layers are mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import tabembed as te
from tabembed.embedders.targets import one_target
from tabembed.io import DataError
from tabembed.nn.cells.directions import ScalarMix
from tabembed.nn.cells.mixing import learn_mixture
from tabembed.nn.seeds import Seeds


@pytest.fixture(scope="module")
def elmo(rows: pd.DataFrame, quick: dict[str, Any]) -> te.ELMoEmbedder:
    """One that knows the rules of the rows."""
    return te.ELMoEmbedder(**quick, layers=1).fit(rows)


def test_elmo(elmo: te.ELMoEmbedder, rows: pd.DataFrame, springfields: pd.DataFrame) -> None:
    cells = elmo.transform_cells(springfields)
    assert (cells.shape, cells.dtype) == ((3, 5, 32), np.float32)
    illinois, again, massachusetts = cells[:, 0]
    np.testing.assert_array_equal(illinois, again)
    assert np.linalg.norm(illinois - massachusetts) > 0.05 * np.linalg.norm(illinois)
    assert (elmo.tables_["city"].dim, elmo.shares_) == (16, [0.5, 0.5])
    out = elmo.transform(rows[:5])
    assert out.columns[[0, 32, 64]].tolist() == ["city_0", "state_0", "km"]


def test_both_directions_beat_the_marginal_guess(elmo: te.ELMoEmbedder, rows: pd.DataFrame) -> None:
    marginal = np.mean(
        [
            -(share := rows[name].value_counts(normalize=True, dropna=False).to_numpy()) @ np.log(share)
            for name in elmo.columns_
        ]
    )
    assert elmo.history_["loss"][-1] < 0.8 * marginal


def test_a_direction_sees_one_side(elmo: te.ELMoEmbedder, rows: pd.DataFrame) -> None:
    before, after = rows[:4], rows[:4].assign(shop="s0", goods="g0")
    states = [elmo.model_.layers_of(elmo.schema_.inputs(part)).numpy()[:, :, 1] for part in (before, after)]
    same = np.isclose(*states, atol=1e-6)
    assert same[:, :3, :16].all()  # read forward, what comes later is not known
    assert not same[:, :3, 16:].all()


def test_the_mixture_is_learned_from_y(elmo: te.ELMoEmbedder, rows: pd.DataFrame) -> None:
    some = rows[:1000]
    layers = elmo.model_.layers_of(elmo.schema_.inputs(some)).numpy()
    y = some["shop"].str[1:].astype(int) % 5 > 1  # hangs on a label alone, not on those beside it
    target, truth = one_target("ELMoEmbedder", pa.table({"shop": some["shop"]}), y, "auto")
    mix = ScalarMix()
    learn_mixture(mix, layers, target, truth, Seeds(0), 10)
    shares = np.asarray(mix.shares)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > 0.51


def test_a_mixture_is_the_papers() -> None:
    mix = ScalarMix()
    layers = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    np.testing.assert_allclose(mix(layers), layers.mean(axis=2), atol=1e-6)
    mix.set_weights([np.log(np.array([1, 2, 3, 4], np.float32)), np.float32(10)])
    np.testing.assert_allclose(mix(layers), np.einsum("bcld,l->bcd", layers, [1, 2, 3, 4]), rtol=1e-4, atol=1e-4)


def test_outputs_are_tied_to_the_tables(elmo: te.ELMoEmbedder) -> None:
    sizes = [tuple(weight.shape) for weight in elmo.model_.trainable_weights if 26 in weight.shape]
    assert sorted(sizes) == [(26,), (26,), (26, 16), (26, 16)]


def test_it_is_saved_with_its_model(elmo: te.ELMoEmbedder, rows: pd.DataFrame, tmp_path: Path) -> None:
    elmo.save(tmp_path / "e")
    again = te.ELMoEmbedder.load(tmp_path / "e")
    np.testing.assert_array_equal(again.transform_cells(rows[:50]), elmo.transform_cells(rows[:50]))
    assert again.shares_ == elmo.shares_


def test_refusals(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="`dim` must be a multiple of 2, however: dim=5"):
        te.ELMoEmbedder(dim=5).fit(rows)
    with pytest.raises(DataError, match="`layers` must be a whole number of 1 or more, however: layers=0"):
        te.ELMoEmbedder(layers=0).fit(rows)
    with pytest.raises(
        DataError, match="ELMoEmbedder takes one target, however: y holds state, zone; fit one for each"
    ):
        te.ELMoEmbedder().fit(rows[["shop", "goods"]], rows[["state", "zone"]])
    with pytest.raises(
        DataError, match="'shop' must have the dim that all columns have, 16 for `dim=32`, however: its"
    ):
        te.ELMoEmbedder(kinds={"shop": te.Categorical(dim=32)}).fit(rows)
