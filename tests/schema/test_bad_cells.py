"""A cell that isn't of its column's kind: a sentence with the column and the first bad row, of a frame and of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabembed as te
from tabembed.io import DataError

N, BAD = 30, 17
STEPS = {"past": te.Categorical(), "past_km": te.Numeric()}
PAST: dict[str, list[Any]] = {"past": [["a", "b"]] * N, "past_km": [[1.5, 2.5]] * N, "at": [[1, 2]] * N}
CASES: dict[str, tuple[dict[str, Any], dict[str, list[Any]], Any, str]] = {
    "a date that can't be parsed": (
        {"day": te.Datetime()},
        {"day": ["2013-01-05", "2013-02-06"] * (N // 2)},
        "2013-02-30",
        "column 'day' must hold .* however: '2013-02-30' in row 17",
    ),
    "a label with the separator in it": (
        {"tags": te.MultiCategorical(separator="|")},
        {"tags": [["a"], ["b"]] * (N // 2)},
        ["a|b"],
        r"column 'tags' must hold labels without the separator '\|', however: 'a\|b' in row 17",
    ),
    "a list of another length": (
        {"history": te.Sequence(STEPS)},
        {"past": PAST["past"], "past_km": PAST["past_km"]},
        ["a"],
        "list columns 'past' and 'past_km' must be equally long row by row, however: row 17 holds 1 and 2",
    ),
    "time that goes back": (
        {"history": te.Sequence(STEPS, order_by="at")},
        {"at": PAST["at"], **PAST},
        [2, 1],
        "list column 'at' must never go back in time, however: row 17 goes from 2 to 1",
    ),
    "a step that is infinite": (
        {"history": te.Sequence(STEPS)},
        {"past_km": PAST["past_km"], "past": PAST["past"]},
        [1.5, float("inf")],
        r"column 'past_km' must hold finite numbers, .* \(the list of row 17\)",
    ),
    "a latitude of 200": (
        {"place": te.LatLon("lat", "lon")},
        {"lat": [1.5, 2.5] * (N // 2), "lon": [1.5, 2.5] * (N // 2)},
        200.0,
        "column 'lat' must hold latitudes from -90 to 90, however: 200.0 in row 17",
    ),
    "a bool that is none": (
        {"late": te.Boolean()},
        {"late": ["true", "false"] * (N // 2)},
        "perhaps",
        "column 'late' must hold true and false .* however: 'perhaps' in row 17",
    ),
    "a weight below 0": (
        {"tags": te.MultiCategorical(weights="w")},
        {"w": [[1.5]] * N, "tags": [["a"]] * N},
        [-1.5],
        "column 'w', the weights of 'tags', must hold numbers of 0 or more, however: -1.5 in row 17",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_bad_row_is_named(case: str, tmp_path: Path) -> None:
    kinds, columns, bad, said = CASES[case]
    first = next(iter(columns))
    rows = {**columns, first: [*columns[first][:BAD], bad, *columns[first][BAD + 1 : -1], bad]}
    schema = te.infer_schema(columns, kinds=kinds)
    pq.write_table(pa.table(rows), tmp_path / "a.parquet", row_group_size=4)
    for data in (rows, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match=said):
            te.infer_schema(data, kinds=kinds)
        with pytest.raises(DataError, match=said):
            schema.encode(data)


def test_a_dict_in_a_list_is_named() -> None:
    rows: list[Any] = [["a"], ["b"]] * (N // 2)
    schema = te.infer_schema({"tags": rows}, kinds={"tags": te.MultiCategorical()})
    rows[BAD] = [{"k": 1}]
    said = r"column 'tags' must hold lists of values of one type, .* and dict \({'k': 1} in row 17\)"
    for kinds in ({}, {"tags": te.MultiCategorical()}):
        with pytest.raises(DataError, match=said):
            te.infer_schema({"tags": rows}, kinds=kinds)
    with pytest.raises(DataError, match=said):
        schema.encode({"tags": rows})


def test_a_list_of_dicts_alone_is_no_list_of_labels(tmp_path: Path) -> None:
    rows: list[Any] = [[]] * BAD + [[{"k": 1}]]
    pq.write_table(pa.table({"tags": rows}), tmp_path / "a.parquet", row_group_size=4)
    for data in ({"tags": rows}, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match="column 'tags' must hold lists of strings, .* first {'k': 1} in row 17"):
            te.infer_schema(data, kinds={"tags": te.MultiCategorical()})


def test_hash_buckets_of_0() -> None:
    with pytest.raises(DataError, match="`hash_buckets` must be .* however: hash_buckets=0"):
        te.Categorical(hash_buckets=0)
