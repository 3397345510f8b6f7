"""Cells of lists and records are read, or refused with the column and the place; no model is needed for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tabembed as te
from tabembed.serving.rest.encoder import Encoder
from tabembed.serving.rest.questions import Limits, Reader
from tabembed.serving.rest.refusals import Refused

FRAME = pd.DataFrame(
    {
        "past": [["BOS", "LAX"], [], ["BOS"]] * 4,
        "past_km": [[1.5, None], [], [2.5]] * 4,
        "stops": [[{"at": "BOS", "km": 1.5}], [], [{"at": "LAX", "km": None}]] * 4,
        "tail": ["a", "b", "a"] * 4,
        "hour": [1, 2, 3] * 4,
        "split": ["x|y", "", "y"] * 4,
    }
)
KINDS = {
    "history": te.Sequence({"past": te.Categorical(), "past_km": te.Numeric()}),
    "route": te.Sequence({"at": te.Categorical(), "km": te.Numeric()}, records="stops"),
    "before": te.Sequence({"tail": te.Categorical()}, order_by="hour", group_by="tail"),
    "split": te.MultiCategorical(separator="|"),
}


@pytest.fixture(scope="module")
def schema() -> te.Schema:
    return te.infer_schema(FRAME, kinds=KINDS)


def test_lists_and_records_are_encoded_as_the_schema_does(schema: te.Schema) -> None:
    columns = {name: FRAME[name].tolist() for name in schema.sources}
    question = Reader(schema, Limits()).read({"inputs": columns}, 100)
    found, want = Encoder(schema).encode(question.columns), schema.encode(FRAME)
    assert set(found) == set(want)
    for name, values in want.items():
        for part in ("values", "offsets") if hasattr(values, "offsets") else ("T",):
            np.testing.assert_array_equal(getattr(found[name], part), getattr(values, part))


@pytest.mark.parametrize(
    ("name", "cell", "sentence"),
    [
        ("past", ["BOS", {}], r"column 'past' must hold labels .*, however: item 1 holds \{\} of the list in row 0"),
        ("past_km", ["far"], r"column 'past_km' must hold numbers, NaN or null, however: item 0 holds \"far\" of the"),
        ("past_km", 5, "column 'past_km' must hold lists or null, however: row 0 holds 5"),
        ("stops", [5], r"column 'stops' must hold lists of objects, or null, however: row 0 holds \[5\]"),
        ("hour", "one", "column 'hour' must hold values of one type, however: text beside numbers"),
        ("hour", [1], r"column 'hour' must hold text, numbers, true, false or null, however: row 0 holds \[1\]"),
    ],
)
def test_lists_and_records_that_are_not_of_the_schema(schema: te.Schema, name: str, cell: Any, sentence: str) -> None:
    rows = FRAME[schema.sources].to_dict("records")
    with pytest.raises(Refused, match=sentence):
        Reader(schema, Limits()).read({"instances": [{**rows[0], name: cell}, *rows[1:]]}, 100)
