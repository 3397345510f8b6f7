"""``GloVeEmbedder`` beside ``mittens``, and what it counts."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import tabembed as te
from tabembed.embedders.cooccurrence import cooccurrences
from tabembed.embedders.glove_fit import Weights, fit_glove
from tabembed.embedders.sentences import Sentences, Tokens
from tabembed.io import DataError
from tabembed.schema.ragged import Ragged
from tests.embedders.planted import baskets, purity, shops


@pytest.mark.parametrize("dim", [4, 32])
def test_glove(dim: int) -> None:
    embedder = te.GloVeEmbedder(dim=dim, random_state=0).fit(shops())
    assert embedder.dims_ == {"shop": dim, "goods": dim}
    assert purity(embedder.tables_["shop"]) > 0.95
    assert purity(embedder.tables_["goods"]) > 0.95
    assert embedder.tables_["shop"].metric == "cosine"
    assert embedder.losses_ == sorted(embedder.losses_, reverse=True)


@pytest.mark.parametrize("order", [{}, {"order_by": "day"}, {"order_by": "day", "window": 7}])
def test_baskets_and_sequences(order: dict[str, object]) -> None:
    frame = baskets()
    embedder = te.GloVeEmbedder(dim=8, group_by="fan", random_state=0, **order).fit(frame)
    assert purity(embedder.tables_["team"]) > 0.95
    assert embedder.transform(frame)["fan"].tolist() == frame["fan"].tolist()


MITTENS = """
import sys
sys.modules["tensorflow"] = None  # mittens would turn its eager execution off for the whole process
import numpy as np
from mittens import GloVe
given = dict(np.load(sys.argv[1]))
counts = given.pop("counts")
model = GloVe(n=5, max_iter=30, test_mode=True, display_progress=0)
np.savez(sys.argv[1], vectors=model.fit(counts, fixed_initialization=given), errors=model.errors)
"""


def test_it_is_mittens_glove(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, (40, 40)) * rng.integers(1, 300, (40, 40)).astype(float)
    counts += counts.T
    parts = [rng.normal(size=(40, 5)), rng.normal(size=(40, 5)), rng.normal(size=(40, 1)), rng.normal(size=(40, 1))]
    file = tmp_path / "given.npz"
    np.savez(file, counts=counts, **dict(zip(("W", "C", "bw", "bc"), parts, strict=True)))
    subprocess.run([sys.executable, "-c", MITTENS, str(file)], check=True)
    theirs = np.load(file)
    for kind, tolerance in ((np.float64, 1e-9), (np.float32, 1e-5)):
        weights = Weights(*(part.astype(kind).squeeze() for part in parts))
        losses = fit_glove(sparse.csr_matrix(counts), weights, epochs=30, x_max=100)
        found = weights.words + weights.contexts
        np.testing.assert_allclose(found, theirs["vectors"], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(losses, theirs["errors"], rtol=tolerance)
        assert found.dtype == kind


def test_row_order_does_not_matter() -> None:
    frame = shops()
    one, other = (
        te.GloVeEmbedder(dim=8, random_state=0).fit(rows).tables_["shop"]
        for rows in (frame, frame.sample(frac=1, random_state=1))
    )
    assert one == other


LISTS = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=9), min_size=1, max_size=6)


@given(LISTS, st.booleans(), st.integers(1, 5))
def test_the_counts_are_those_of_all_pairs(lists: list[list[int]], ordered: bool, window: int) -> None:
    ragged = Ragged.of(np.array(list(itertools.chain(*lists))), np.array([len(own) for own in lists]))
    counts = cooccurrences(Sentences(Tokens((), np.array([0, 5])), ragged, ordered), window)
    want: Counter[tuple[int, int]] = Counter()
    for own in lists:
        for (at, a), (other, b) in itertools.permutations(enumerate(own), 2):
            apart = abs(at - other)
            if not ordered:
                want[a, b] += 1
            elif apart <= window:
                want[a, b] += 1 / apart
    assert counts.nnz == len(want)
    for (a, b), count in want.items():
        assert counts[a, b] == pytest.approx(count)


def test_a_label_beside_nothing_has_the_mean() -> None:
    frame = pd.concat([baskets()[["fan", "team"]], pd.DataFrame({"fan": ["x"], "team": ["lone0"]})])
    team = te.GloVeEmbedder(dim=4, group_by="fan", random_state=0).fit(frame).tables_["team"]
    np.testing.assert_array_equal(team["lone0"], team.unknown)
    np.testing.assert_array_equal(team.missing, team.unknown)


def test_refusals() -> None:
    frame = baskets()
    for arguments, message in {
        "x_max": ({"x_max": 0}, r"`x_max` must be a number above 0, however: x_max=0"),
        "alpha": ({"alpha": "1"}, r"`alpha` must be a number above 0, however: alpha='1'"),
        "rate": ({"learning_rate": float("inf")}, r"`learning_rate` must be a number above 0, however: lea"),
        "epochs": ({"epochs": 1.5}, r"`epochs` must be a whole number of 1 or more, however: epochs=1.5"),
        "none": ({"epochs": None}, r"`epochs` must be a whole number of 1 or more, however: epochs=None"),
        "window": ({"window": 3}, r"`window` counts neighbours in an order"),
    }.values():
        with pytest.raises(DataError, match=message):
            te.GloVeEmbedder(**arguments).fit(frame)
    with pytest.raises(DataError, match=r"column 'team' must stand beside another one of labels to learn from"):
        te.GloVeEmbedder().fit(frame[["team"]])


def test_it_needs_no_tensorflow_and_no_gensim() -> None:
    code = """
import sys, pandas as pd, tabembed as te
te.GloVeEmbedder(2).fit(pd.DataFrame({"a": ["x", "y"], "b": ["p", "q"]}))
print({"tensorflow", "gensim"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
