"""Tables that the tests of this room share."""

from __future__ import annotations

import numpy as np
import pytest

from tabembed.tables import EmbeddingTable

AWKWARD = [
    "BOS", "New York", "50%", "a\tb\nc\r", "日本", "x" * 3000,
    "\x00", "a\x00", 'q"uo,te', "%missing", " lead", "trail ",
    "\u2028", "\x85", "NA", "null", "007", "{", "\ufeffbom", "%20", "'", "\\", "#",
    "-0.0", "%about:", "e\u0301",
]  # fmt: skip


@pytest.fixture
def small() -> EmbeddingTable:
    """Four airports in the plane."""
    vectors = [[0.0, 1.0], [0.0, 2.0], [5.0, 5.0], [5.0, 7.0]]
    return EmbeddingTable(["BOS", "LGA", "LAX", "SFO"], vectors, counts=[15, 10, 16, 3], missing=[9, 9], name="dest")


@pytest.fixture
def awkward() -> EmbeddingTable:
    """Labels and numbers of every kind that files stumble over."""
    rng = np.random.default_rng(0)
    n = len(AWKWARD)
    vectors = rng.standard_normal((n, 7)) * 10.0 ** rng.integers(-44, 38, (n, 7))
    counts = rng.integers(0, 2**62, n)
    return EmbeddingTable(AWKWARD, vectors, counts=counts, missing=np.arange(7) / 3, name="a b\x00%\n", metric="dot")
