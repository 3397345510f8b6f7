"""New labels for a table that was learned before."""

from __future__ import annotations

import numpy as np
import pytest

import tabembed as te

TABLE = te.EmbeddingTable(
    ["JFK", "LGA", "LAX"], [[1, 0], [3, 0], [9, 9]], counts=[3, 2, 1], unknown=[5, 5], missing=[7, 7], name="dest"
)


def test_new_labels_start_from_their_neighbours_or_unknown() -> None:
    grown = TABLE.grow({"EWR": ["JFK", "LGA"], "HPN": "LGA", 7: None})
    assert grown.labels == ("JFK", "LGA", "LAX", "EWR", "HPN", "7")
    assert np.array_equal(grown.vectors[:3], TABLE.vectors)
    assert grown.vectors[3:].tolist() == [[2, 0], [3, 0], [5, 5]]
    assert grown.counts.tolist() == [3, 2, 1, 0, 0, 0]
    assert (grown.unknown.tolist(), grown.missing.tolist(), grown.name) == ([5, 5], [7, 7], "dest")
    assert TABLE.grow({}) == TABLE


def test_what_cannot_grow_is_refused() -> None:
    with pytest.raises(te.LabelError, match="'LGB' is none of the 3 labels of table 'dest'; the closest are 'LGA'"):
        TABLE.grow({"EWR": ["LGB"]})
    with pytest.raises(te.DataError, match="a new label must not be in the table yet, however: 'JFK' is"):
        TABLE.grow({"JFK": None})
    with pytest.raises(te.DataError, match="must name at least one label"):
        TABLE.grow({"EWR": []})
    with pytest.raises(te.DataError, match=r"must map each new label .* however: \['EWR'\]"):
        TABLE.grow(["EWR"])  # type: ignore[arg-type]
