"""Sequences: lists of each row, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io import DataError, LabelError, to_arrow
from tabembed.schema.ragged import Ragged

STEPS = {"past_dest": te.Categorical(), "past_delay": te.Numeric(), "past_late": te.Boolean()}
DATA: dict[str, list[Any]] = {
    "dest": ["BOS", "LAX", "JFK", "BOS"],
    "past_dest": [["LAX", "BOS"], [], None, ["LAX", None, "MIA"]],
    "past_delay": [[4.0, None], None, [], [8.0, 6.0, 6.0]],
    "past_late": [[True, None], [], [], [True, False, False]],
    "y": [1.5, 2.5, 3.5, 0.5],
}


def learn(data: Any = DATA, **kinds: Any) -> te.Schema:
    return te.infer_schema(data, "y", kinds={"history": te.Sequence(STEPS), **kinds})


def lists(encoded: Any) -> list[list[Any]]:
    return [encoded[at : at + 1].values.tolist() for at in range(len(encoded))]


def test_steps_are_learned_from_all_lists() -> None:
    schema = learn()
    kind = schema["history"]
    assert isinstance(kind, te.Sequence)
    assert kind.steps["past_dest"].labels == ["LAX", "BOS", "MIA"]  # type: ignore[attr-defined]
    assert kind.steps["past_delay"] == te.Numeric(6.0, pytest.approx(np.sqrt(2)), True)
    assert kind.counted == {"past_dest": (5, 1), "past_delay": (5, 1), "past_late": (5, 1)}
    column = schema.column("history")
    assert (column.rows, column.missing, column.reason) == (4, 2, "declared")
    assert isinstance(schema["past_dest"], te.Ignored)
    shown = [" ".join(line.split()) for line in repr(schema).splitlines()]
    assert "past_dest ignored part of 'history'" in shown
    assert "history sequence 3, 2 50.0 % 32 (lstm) declared" in shown


def test_lists_are_encoded_value_by_value() -> None:
    encoded = learn().encode(DATA)
    assert list(encoded) == ["dest", "past_dest", "past_delay", "past_late"]
    assert lists(encoded["past_dest"]) == [[2, 3], [], [], [2, 0, 4]]
    assert encoded["past_dest"].dtype == np.int32
    np.testing.assert_array_equal(encoded["past_delay"].values, np.float32([4, np.nan, 8, 6, 6]))
    np.testing.assert_array_equal(encoded["past_late"].values, np.float32([1, np.nan, 1, 0, 0]))
    inputs = learn().inputs(DATA)
    assert inputs["past_dest"].tolist() == [[2, 3, 0], [0, 0, 0], [0, 0, 0], [2, 0, 4]]
    assert np.isnan(inputs["past_delay"][1]).all()


def of_arrays(data: Any) -> pd.DataFrame:
    return pd.DataFrame(data).map(lambda cell: np.array(cell, object) if isinstance(cell, list) else cell)


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.DataFrame, pa.table, of_arrays])
def test_lists_of_every_frame(convert: Any) -> None:
    data = {name: [row if row is not None else [] for row in rows] for name, rows in DATA.items()}
    data["past_delay"] = [[4.0, 2.0], [], [], [8.0, 6.0, 6.0]]
    del data["past_late"]
    steps = {"past_dest": te.Categorical(), "past_delay": te.Numeric()}
    want = te.infer_schema(data, "y", kinds={"history": te.Sequence(steps)})
    found = te.infer_schema(convert(data), "y", kinds={"history": te.Sequence(steps)})
    assert found == want
    assert lists(found.encode(convert(data))["past_dest"]) == [[2, 3], [], [], [2, 0, 4]]


def test_fixed_lists_and_categories() -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1, 0]), pa.array(["b", "a"]))
    data = {"lists": pa.FixedSizeListArray.from_arrays(codes, 2), "y": pa.array([0.5, 1.5])}
    kind = te.Sequence({"lists": te.Categorical()})
    assert lists(te.infer_schema(data, "y", kinds={"s": kind}).encode(data)["lists"]) == [[3, 2], [2, 3]]


labels = st.none() | st.sampled_from(["a", "b", "c", ""])
row = st.lists(st.tuples(labels, st.none() | st.floats(-1e6, 1e6, width=32)), max_size=5)


@settings(deadline=None)
@given(st.lists(row, min_size=1, max_size=8))
def test_every_cell_keeps_its_place(rows: list[list[tuple[Any, Any]]]) -> None:
    seen = {"l": [["a", "b", "c"]], "n": [[1.0, 2.0, None]]}
    schema = te.infer_schema(seen, kinds={"s": te.Sequence({"l": te.Categorical(), "n": te.Numeric()})})
    data = {
        "l": pa.array([[label for label, _ in steps] for steps in rows], pa.list_(pa.string())),
        "n": pa.array([[number for _, number in steps] for steps in rows], pa.list_(pa.float64())),
    }
    encoded = schema.encode(data)
    ids = {None: 0, "": 0, "a": 2, "b": 3, "c": 4}
    assert lists(encoded["l"]) == [[ids[label] for label, _ in steps] for steps in rows]
    want = [np.nan if number is None else number for steps in rows for _, number in steps]
    np.testing.assert_array_equal(encoded["n"].values, np.float32(want))
    assert encoded["n"].lengths.tolist() == list(map(len, rows))


def test_json_and_replace(tmp_path: Path) -> None:
    schema = learn()
    schema.to_json(tmp_path / "schema.json")
    assert te.Schema.from_json(tmp_path / "schema.json") == schema
    assert (
        json.loads((tmp_path / "schema.json").read_text())["columns"][4]["steps"]["past_dest"]["kind"] == "categorical"
    )
    other = te.Sequence({**STEPS, "past_dest": te.Categorical(min_count=2, dim=5)}, cell="gru", units=4)
    changed = schema.replace(history=other)["history"]
    assert isinstance(changed, te.Sequence)
    assert (changed.cell, changed.units, changed.steps["past_dest"].labels) == ("gru", 4, ["LAX"])  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="column 'history' is Sequence and holds no statistics for Sequence"):
        schema.replace(history=te.Sequence({"past_dest": te.Categorical()}))
    with pytest.raises(DataError, match="column 'dest' is Categorical and holds no statistics for Sequence"):
        schema.replace(dest=te.Sequence(STEPS))
    with pytest.raises(DataError, match="column 'history' is Sequence and holds no statistics for Sequence"):
        schema.replace(history=te.Sequence({**STEPS, "past_delay": te.Categorical()}))


def test_parquet_is_read_as_a_frame(tmp_path: Path) -> None:
    table = to_arrow({name: rows * 25 for name, rows in DATA.items()})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    schema = learn(table)
    streamed = learn(str(tmp_path / "a.parquet"))
    assert streamed == schema
    want, found = schema.encode(table), schema.encode(str(tmp_path / "a.parquet"))
    assert list(found) == list(want)
    for name, part in want.items():
        if isinstance(part, Ragged):
            np.testing.assert_array_equal(found[name].values, part.values)
            np.testing.assert_array_equal(found[name].offsets, part.offsets)
        else:
            np.testing.assert_array_equal(found[name], part)


STEP_CELLS = st.lists(
    st.none() | st.lists(st.tuples(labels, st.none() | st.floats(-1e6, 1e6, width=32), st.sampled_from([True, None]))),
    min_size=1,
    max_size=12,
)


@pytest.mark.filterwarnings("ignore::tabembed.DataWarning")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=STEP_CELLS, size=st.integers(1, 5), extra=st.sampled_from(["standard", "robust", "log"]))
def test_files_teach_what_a_frame_does(rows: list[Any], size: int, extra: str, tmp_path: Path) -> None:
    kinds = [pa.list_(pa.string()), pa.list_(pa.float64()), pa.large_list(pa.bool_()), pa.list_(pa.int32())]
    lists = [[row and [step[at] for step in row] for row in rows] for at in range(3)]
    times = [row and list(range(len(row))) for row in rows]
    columns = [pa.array(cells, kind) for cells, kind in zip([*lists, times], kinds, strict=True)]
    table = pa.table(columns, names=["l", "n", "b", "at"])
    for at in range(2):
        half = slice(at * len(rows) // 2, (at + 1) * len(rows) // 2)
        pq.write_table(table[half], tmp_path / f"{at}.parquet", row_group_size=size)
    steps = {"l": te.Categorical(min_count=2), "n": te.Numeric(transform=extra), "b": te.Boolean()}
    said: list[Any] = []
    for data in (tmp_path, table):
        try:
            said.append(te.infer_schema(data, kinds={"s": te.Sequence(steps, order_by="at")}))
        except DataError as error:
            said.append(str(error))
    if isinstance(said[0], str):
        assert said[0] == said[1]
    else:
        kinds_of = [[schema["s"].steps[step] for schema in said] for step in steps]
        for a, b in (kinds_of[0], kinds_of[2]):
            assert a == b
        for setting in ("mean", "scale", "indicator"):
            assert getattr(kinds_of[1][0], setting) == pytest.approx(getattr(kinds_of[1][1], setting), rel=1e-7)
        assert [schema.column("s").missing for schema in said] == [sum(not row for row in rows)] * 2


def test_no_room_for_the_steps_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(to_arrow(DATA), tmp_path / "a.parquet")
    kinds: dict[str, Any] = dict.fromkeys(("y", "dest", "past_dest", "past_delay", "past_late"), te.Ignored())
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    with pytest.raises(DataError, match="the steps of a sequence are kept in '/dev/null' .*set TMPDIR to a folder"):
        te.infer_schema(tmp_path / "a.parquet", kinds={**kinds, "history": te.Sequence(STEPS)})


def test_a_step_shares_the_table_of_a_column() -> None:
    shared = te.Categorical(table="airport")
    history = te.Sequence({**STEPS, "past_dest": shared})
    schema = te.infer_schema(DATA, "y", kinds={"dest": shared, "history": history})
    kind = schema["history"]
    assert isinstance(kind, te.Sequence)
    assert kind.steps["past_dest"].vocabulary == schema["dest"].vocabulary  # type: ignore[attr-defined]
    assert schema["dest"].labels == ["BOS", "LAX", "JFK", "MIA"]  # type: ignore[attr-defined]
    assert schema.replace(dest=te.Categorical(table="airport", dropout=0.1))["dest"].labels == schema["dest"].labels  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="column 'past_dest' must stay in table 'airport'"):
        schema.replace(history=te.Sequence(STEPS))
    with pytest.raises(DataError, match="columns 'dest' and 'past_dest' share table 'airport' and must agree on `dim`"):
        te.infer_schema(DATA, "y", kinds={"dest": te.Categorical(table="airport", dim=3), "history": history})


def test_more_rows_are_counted_on() -> None:
    grown = learn().grown({**DATA, "past_dest": [["SFO", "BOS"], [], None, ["LAX", None, "SFO"]]})
    kind = grown["history"]
    assert isinstance(kind, te.Sequence)
    assert kind.steps["past_dest"].labels == ["LAX", "BOS", "SFO", "MIA"]  # type: ignore[attr-defined]
    assert kind.steps["past_delay"] == learn()["history"].steps["past_delay"]  # type: ignore[attr-defined]
    assert kind.counted == {"past_dest": (10, 2), "past_delay": (10, 2), "past_late": (10, 2)}
    assert (grown.column("history").rows, grown.column("history").missing) == (8, 4)


# Bad input


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"steps": {}}, r"`steps` must map list columns to kinds, however: steps=\{\}"),
        ({"steps": "past"}, "`steps` must map list columns to kinds, however: steps='past'"),
        ({"steps": {"a": te.Ignored()}}, r"`steps` must map 'a' to te.Categorical\(\), .* however: Ignored"),
        ({"cell": "rnn"}, "`cell` must be one of lstm, gru, attention, however: cell='rnn'"),
        ({"units": 0}, "`units` must be a whole number of 1 or more, however: units=0"),
        ({"units": True}, "`units` must be a whole number of 1 or more, however: units=True"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\), however: dropout=1.0"),
    ],
)
def test_a_bad_argument(changed: dict[str, Any], match: str) -> None:
    with pytest.raises(DataError, match=match):
        te.Sequence(**{"steps": STEPS, **changed})


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        (
            {"past_delay": [[1.0, 2.0], [], [], [1.0, 2.0]]},
            "'past_dest' and 'past_delay' must be equally long row by row, however: row 3 holds 3 and 2; a step",
        ),
        (
            {"past_dest": ["LAX", "BOS", None, "MIA"]},
            "column 'past_dest' must hold lists, however: its type is .*string, first 'LAX' in row 0; make lists of it",
        ),
        (
            {"past_delay": [[1.0, None], [], [], [1.0, float("inf"), 1.0]]},
            r"column 'past_delay' must hold finite numbers, however: 1 of 3 are infinite, first inf in row 1; .* "
            r"\(the list of row 3\)",
        ),
        (
            {"past_late": [["True", None], [], [], ["False", "maybe", None]]},
            r"column 'past_late' must hold true and false .* however: 'maybe' in row 1; .* \(the list of row 3\)",
        ),
        (
            {"past_dest": [[{"a": 1}, None], [], [], [None, None, None]]},
            r"column 'past_dest' must hold strings, .* its type is struct<a: int64>; .* \(the list of row 0\)",
        ),
        (
            {"past_dest": [["a"]] * 4, "past_delay": [[["a"]]] * 4, "past_late": [[True]] * 4},
            r"column 'past_delay' must hold numbers, however: its type is list.* \(the list of row 0\)",
        ),
        (
            {name: [[], [], None, []] for name in STEPS},
            "column 'past_dest' must hold some values in its lists, however: all 0 steps of 4 rows are missing; leave",
        ),
        (
            {"past_dest": [[None, ""], [], None, ["", None, None]]},
            "column 'past_dest' must hold some values in its lists, however: all 5 steps of 4 rows are missing; leave",
        ),
    ],
)  # fmt: skip
def test_bad_lists(changed: dict[str, Any], match: str) -> None:
    with pytest.raises(DataError, match=match):
        learn({**DATA, **changed})


def test_bad_lists_when_encoding() -> None:
    schema = learn()
    with pytest.raises(DataError, match="'past_dest' and 'past_late' must be equally long row by row, however: row 1 "):
        schema.encode({**DATA, "past_late": [[True, None], [True], [], [True, False, False]]})
    with pytest.raises(LabelError, match="past_late"):
        schema.encode({name: rows for name, rows in DATA.items() if name != "past_late"})


TIMES = [[1, 2], [], [], [3, 3, 5]]


def with_times(times: Any) -> te.Schema:
    return te.infer_schema({**DATA, "at": times}, "y", kinds={"history": te.Sequence(STEPS, order_by="at")})


def test_time_may_stand_still() -> None:
    schema = with_times(TIMES)
    assert isinstance(schema["at"], te.Ignored)
    assert list(schema.parts) == ["dest", "past_dest", "past_delay", "past_late"]
    assert te.Schema.from_dict(schema.to_dict()) == schema
    assert with_times(pa.array(TIMES, pa.list_(pa.timestamp("s")))).parts == schema.parts
    assert with_times([["a", "b"], [], [], ["c", "c", "e"]]).parts == schema.parts


@pytest.mark.parametrize(
    ("times", "match"),
    [
        (
            [[1, 2], [], [], [3, 5, 4]],
            "list column 'at' must never go back in time, however: row 3 goes from 5 to 4; sort each row's steps",
        ),
        ([[1, 2], [], [], [3, None, 4]], "list column 'at' must hold a time for every step, however: one .* in row 3"),
        (
            [[1.0, float("nan")], [], [], [3.0, 4.0, 5.0]],
            "list column 'at' must hold a time for every step, .* in row 0",
        ),
        (
            [[1], [], [], [3, 5, 4]],
            "'past_dest' and 'at' must be equally long row by row, however: row 0 holds 2 and 1",
        ),
        (
            [[[1], [1]], [], [], [[3], [5], [4]]],
            "list column 'at' must hold times or numbers, however: its type is list",
        ),
    ],
)
def test_time_never_goes_backwards(times: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        with_times(times)


def test_one_column_numbers_the_labels_of_a_list() -> None:
    with pytest.raises(DataError, match="list column 'past_dest' must belong to one column, .* both 'history' and 'b'"):
        learn(b=te.Sequence({"past_dest": te.Categorical(min_count=2)}))
    assert list(learn(b=te.Sequence({"past_delay": te.Numeric()})).features) == ["dest", "history", "b"]


def test_the_target_is_not_read() -> None:
    with pytest.raises(DataError, match="column 'history' must not read the target 'y': it would know the answer"):
        te.infer_schema(DATA, "y", kinds={"history": te.Sequence({"y": te.Numeric()})})
    with pytest.raises(DataError, match="column 'history' reads column 'past_dset', which the data does not have"):
        te.infer_schema(DATA, "y", kinds={"history": te.Sequence({"past_dset": te.Categorical()})})
