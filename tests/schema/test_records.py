"""Lists of records: found by their type, read field by field as the steps of a sequence."""

from __future__ import annotations

import datetime
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
from tabembed.io import DataError, LabelError

RNG = np.random.default_rng(0)
N = 90


def stops(count: int) -> list[dict[str, Any]]:
    """Return that many records, in the order of time."""
    return [
        {
            "dest": str(RNG.choice(["BOS", "LAX", "MIA"])),
            "delay": None if RNG.random() < 0.1 else float(RNG.normal()),
            "late": bool(RNG.random() < 0.5),
            "at": datetime.datetime(2013, 1, 1, hour),
            "gate": None,
        }
        for hour in range(count)
    ]


ROWS = [stops(int(RNG.integers(0, 5))) for _ in range(N)]
FRAME = pd.DataFrame({"stops": [None, *ROWS[1:]], "y": RNG.normal(size=N)})
STEPS = {"dest": te.Categorical(), "delay": te.Numeric(), "late": te.Boolean()}
DECLARED = te.Sequence(STEPS, records="stops")


def every_form(folder: Path) -> dict[str, Any]:
    table = pa.table({"stops": pa.array(FRAME["stops"].tolist()), "y": FRAME["y"].to_numpy()})
    pq.write_table(table, folder / "a.parquet", row_group_size=13)
    for at in range(3):
        pq.write_table(table.slice(at * 30, 30), folder / f"b-{at}.parquet", row_group_size=7)
    arrow = table.to_pandas(types_mapper=pd.ArrowDtype)
    return {
        "objects": FRAME,
        "arrays": pd.read_parquet(folder / "a.parquet"),
        "arrow dtype": arrow,
        "polars": pl.from_arrow(table),
        "pyarrow": table,
        "parquet": folder / "a.parquet",
        "glob": str(folder / "b-*.parquet"),
        "rows": FRAME.to_dict("records"),
    }


def test_every_form_gives_the_same_sequence(tmp_path: Path) -> None:
    want = te.infer_schema(FRAME, "y")
    column = want.column("stops")
    steps = sum(map(len, ROWS[1:]))
    assert column.reason == (
        f"lists of records; dest: text, 3 distinct in {steps} rows; delay: real numbers; late: true and false; "
        f"at left out: time stamps; gate left out: empty"
    )
    assert column.missing == sum(not row for row in [None, *ROWS[1:]])
    assert isinstance(column.kind, te.Sequence)
    assert (list(column.kind.steps), column.kind.records) == (["dest", "delay", "late"], "stops")
    assert " ".join(repr(want).splitlines()[2].split()).startswith("stops sequence 3, 2")
    declared = te.infer_schema(FRAME, "y", kinds={"stops": DECLARED})
    assert declared["stops"] == want["stops"]
    encoded = want.encode(FRAME)
    assert list(encoded) == ["stops_dest", "stops_delay", "stops_late"]
    for form, data in every_form(tmp_path).items():
        assert te.infer_schema(data, "y") == want, form
        assert te.infer_schema(data, "y", kinds={"stops": DECLARED}) == declared, form
        for name, part in want.encode(data).items():
            np.testing.assert_array_equal(part.values, encoded[name].values, err_msg=form)  # type: ignore[union-attr]
            np.testing.assert_array_equal(part.offsets, encoded[name].offsets, err_msg=form)  # type: ignore[union-attr]


def test_json_replace_and_growth(tmp_path: Path) -> None:
    schema = te.infer_schema(FRAME, "y")
    schema.to_json(tmp_path / "schema.json")
    assert te.Schema.from_json(tmp_path / "schema.json") == schema
    assert json.loads((tmp_path / "schema.json").read_text())["columns"][0]["records"] == "stops"
    assert schema.replace(stops=te.Sequence(STEPS, records="stops", cell="gru"))["stops"].cell == "gru"  # type: ignore[attr-defined]
    with pytest.raises(
        DataError, match=r"column 'stops' is Sequence and holds no statistics for Sequence\(records=None\)"
    ):
        schema.replace(stops=te.Sequence(STEPS))
    grown = schema.grown({"stops": [[{"dest": "SFO", "delay": 1.0, "late": None}], []], "y": [0.5, 1.5]})
    assert grown["stops"].steps["dest"].labels[-1] == "SFO"  # type: ignore[attr-defined]
    assert (grown.column("stops").rows, grown.column("stops").missing) == (
        N + 2,
        schema.column("stops").missing + 1,
    )


def test_another_name_and_an_order() -> None:
    kind = te.Sequence({"dest": te.Categorical(table="airport")}, records="stops", order_by="at")
    schema = te.infer_schema(FRAME, "y", kinds={"day": kind})
    assert list(schema.features) == ["day"]
    assert schema["stops"] == te.Ignored("part of 'day'")
    assert list(schema.parts) == ["stops_dest"]
    assert schema.sources == ["stops"]


LABELS = st.none() | st.sampled_from(["a", "b", "", "é"])
RECORD = st.none() | st.fixed_dictionaries({"l": LABELS, "n": st.none() | st.floats(-1e6, 1e6, width=32)})
CELLS = st.lists(st.none() | st.lists(RECORD, max_size=4), min_size=1, max_size=9)
TYPE = pa.list_(pa.struct({"l": pa.string(), "n": pa.float64()}))


@settings(deadline=None)
@given(CELLS)
def test_every_field_keeps_its_place(rows: list[Any]) -> None:
    seen = {"r": [[{"l": label, "n": 0.5 * at} for at, label in enumerate("abé")], [{"l": "a", "n": None}]]}
    kind = te.Sequence({"l": te.Categorical(), "n": te.Numeric()}, records="r")
    encoded: Any = te.infer_schema(seen, kinds={"r": kind}).encode({"r": pa.array(rows, TYPE)})
    flat = [record or {"l": None, "n": None} for row in rows for record in row or ()]
    ids = {None: 0, "": 0, "a": 2, "b": 3, "é": 4}
    assert encoded["r_l"].values.tolist() == [ids[record["l"]] for record in flat]
    want = [np.nan if record["n"] is None else record["n"] for record in flat]
    np.testing.assert_array_equal(encoded["r_n"].values, np.float32(want))
    for part in encoded.values():
        assert part.lengths.tolist() == [len(row or ()) for row in rows]


KINDS = {
    "declared": {"r": te.Sequence({"l": te.Categorical(min_count=2), "n": te.Numeric()}, records="r")},
    "robust": {"r": te.Sequence({"n": te.Numeric(transform="robust")}, records="r")},
    "inferred": {},
}


@pytest.mark.filterwarnings("ignore::tabembed.DataWarning")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=CELLS, way=st.sampled_from([*KINDS]), size=st.integers(1, 5))
def test_files_teach_what_a_frame_does(rows: list[Any], way: str, size: int, tmp_path: Path) -> None:
    table = pa.table({"r": pa.array(rows, TYPE)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=size)
    said: list[Any] = []
    for data in (tmp_path / "a.parquet", table):
        try:
            said.append(te.infer_schema(data, kinds=KINDS[way]).to_dict()["columns"])
        except DataError as error:
            said.append(str(error))
    assert said[0] == said[1]


def test_a_field_like_another_column_is_set_aside() -> None:
    schema = te.infer_schema(FRAME.assign(stops_dest=["a", "b", "b"] * 30), "y")
    why = "lists of records with a step 'stops_dest', as another column is called"
    assert schema["stops"] == te.Ignored(why)
    assert schema.column("stops").reason == f"set aside: {why}"
    with pytest.raises(
        DataError,
        match="column 'stops_dest' must be read alike by 'stops' and 'stops_dest', .* as lists of int32 and int32",
    ):
        te.infer_schema(FRAME.assign(stops_dest=["a", "b", "b"] * 30), "y", kinds={"stops": DECLARED})


def test_records_without_a_step_are_set_aside(tmp_path: Path) -> None:
    data = pa.table({"c": ["a", "b", "a"], "r": [[{"at": datetime.date(2013, 1, 1)}], [], None]})
    pq.write_table(data, tmp_path / "a.parquet")
    for form in (data, tmp_path / "a.parquet"):
        schema = te.infer_schema(form)
        assert isinstance(schema["r"], te.Ignored)
        assert schema.column("r").reason == "set aside: lists of records; at left out: constant (2013-01-01)"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["x", "y"], "column 'stops' must hold lists, however: its type is .*string, first 'x' in row 0"),
        (
            [[], ["BOS"]],
            "column 'stops' must hold lists of records, however: its items are string, first 'BOS' in row 1; leave out",
        ),
        (
            [[{"dest": "BOS", "dely": 1.0, "late": True}]],
            "column 'stops' must hold records with the field 'delay', however: they hold 'dest', 'dely', 'late'; "
            "did you mean 'delay'|did you mean 'dely'",
        ),
        (
            [[], [{"dest": "BOS", "delay": "soon", "late": True}]],
            r"column 'stops_delay' must hold numbers, however: .* first 'soon' in row 0; .* \(the list of row 1\)",
        ),
        (
            [[{"dest": "BOS", "delay": 1.5, "late": "perhaps"}]],
            r"column 'stops_late' must hold true and false .* however: 'perhaps' in row 0; .* \(the list of row 0\)",
        ),
    ],
)  # fmt: skip
def test_bad_records(rows: list[Any], said: str) -> None:
    schema = te.infer_schema(FRAME, "y")
    with pytest.raises(DataError, match=said):
        schema.encode({"stops": rows})
    with pytest.raises(DataError, match=said):
        te.infer_schema({"stops": rows}, kinds={"stops": DECLARED})


def test_what_is_wrong_in_a_field_is_said_when_inferring(tmp_path: Path) -> None:
    rows = [*ROWS[1:4], [{**stops(1)[0], "delay": np.inf}]]
    pq.write_table(pa.table({"stops": pa.array(rows)}), tmp_path / "a.parquet", row_group_size=2)
    for data in ({"stops": rows}, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match=r"column 'stops_delay' must hold finite numbers, .* \(the list of row 3\)"):
            te.infer_schema(data)


def test_time_goes_forward(tmp_path: Path) -> None:
    kind = {"stops": te.Sequence(STEPS, records="stops", order_by="at")}
    rows = [*ROWS[1:30], stops(3)[::-1]]
    pq.write_table(pa.table({"stops": pa.array(rows)}), tmp_path / "a.parquet", row_group_size=7)
    for data in ({"stops": rows}, tmp_path / "a.parquet"):
        with pytest.raises(DataError, match="list column 'stops_at' must never go back in time, however: row 29 goes"):
            te.infer_schema(data, kinds=kind)


@pytest.mark.parametrize("more", [{"records": 3}, {"records": "stops", "group_by": "a", "order_by": "b"}])
def test_bad_arguments(more: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="`records` must be the name of one column, without `group_by`, however: rec"):
        te.Sequence(STEPS, **more)


def test_the_column_must_be_there() -> None:
    with pytest.raises(DataError, match="column 'day' reads column 'stpos', which the data does not have; did you mea"):
        te.infer_schema(FRAME, "y", kinds={"day": te.Sequence(STEPS, records="stpos")})
    with pytest.raises(LabelError, match="stops"):
        te.infer_schema(FRAME, "y").encode({"other": [1]})


def test_a_list_of_labels_is_no_record() -> None:
    with pytest.raises(
        DataError, match="column 'stops' must hold lists of strings, .* however: its items are struct.* in row 1"
    ):
        te.infer_schema({"stops": [[], stops(1)]}, kinds={"stops": te.MultiCategorical()})
