"""A sequence that is made of the earlier rows of its group: as te.history makes it, served from lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import tabembed as te
from tabembed.io import DataError, LabelError, to_arrow
from tabembed.io.row_groups import RowGroups
from tabembed.nn.stream import Stream

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "tail": RNG.choice(["N1", "N2", None, "N4"], 80),
        "day": RNG.integers(1, 4, 80),
        "hour": RNG.integers(5, 23, 80),
        "dest": RNG.choice(["BOS", "LAX", "MIA"], 80),
        "delay": RNG.normal(size=80).round(2) * 10,
    }
)
STEPS: dict[str, Any] = {"dest": te.Categorical(table="airport"), "delay": te.Numeric()}
HISTORY = te.Sequence(STEPS, units=4, group_by=["tail", "day"], order_by="hour", length=3)
KINDS = {
    "dest": te.Categorical(table="airport"),
    "tail": te.Categorical(),
    "day": te.Numeric(),
    "hour": te.Numeric(),
    "history": HISTORY,
}


@pytest.fixture(scope="module")
def schema() -> te.Schema:
    return te.infer_schema(FRAME, "delay", kinds=KINDS)


def test_it_is_what_history_makes(schema: te.Schema) -> None:
    lists = te.history(FRAME, group_by=["tail", "day"], order_by="hour", columns=["dest", "delay"], length=3)
    steps = {f"past_{name}": kind for name, kind in STEPS.items()}
    other = te.infer_schema(lists, "delay", kinds={**KINDS, "history": te.Sequence(steps, units=4)})
    assert list(schema.features) == ["tail", "day", "hour", "dest", "history"]
    assert schema["dest"] == other["dest"]
    assert schema.parts == other.parts
    want = other.inputs(lists)
    for name, found in schema.inputs(FRAME).items():
        np.testing.assert_array_equal(found, want[name])
    assert schema.column("history").missing == other.column("history").missing


def test_json_and_replace(schema: te.Schema, tmp_path: Path) -> None:
    schema.to_json(tmp_path / "schema.json")
    again = te.Schema.from_json(tmp_path / "schema.json")
    assert again == schema
    assert hash(again["history"]) == hash(schema["history"])
    options = {"group_by": ("tail", "day"), "order_by": ("hour",), "length": 3}
    assert schema.replace(history=te.Sequence(STEPS, units=9, **options))["history"].units == 9  # type: ignore[arg-type, attr-defined]
    with pytest.raises(
        DataError, match=r"column 'history' is Sequence and holds no statistics for Sequence\(length=4\); use te.inf"
    ):
        schema.replace(history=te.Sequence(STEPS, **{**options, "length": 4}))  # type: ignore[arg-type]


def test_served_from_lists(schema: te.Schema, tmp_path: Path) -> None:
    model = te.build_model(schema, random_state=0, hidden=(6,))
    model.compile(te.RowwiseAdam(0.01), "mse")
    model.fit(schema.dataset(FRAME, 16, shuffle=True, seed=0), epochs=1, verbose=0, shuffle=False)
    path = te.export(model, schema, tmp_path / "model")
    want = np.asarray(model(schema.inputs(FRAME), training=False))[:, 0]
    served = te.load(path)
    np.testing.assert_allclose(served.predict(FRAME), want, atol=1e-4)
    assert list(served.tables) == ["tail", "dest", "past_dest"]
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    output = serve(
        tail=tf.constant(["N1"]),
        day=tf.constant([2.0]),
        hour=tf.constant([9.0]),
        dest=tf.constant(["BOS"]),
        past_dest=tf.constant([["LAX", "MIA"]]),
        past_delay=tf.constant([[3.0, np.nan]], tf.float32),
    )
    rows = pd.DataFrame(
        {"tail": "N1", "day": 2, "hour": [6, 7, 9], "dest": ["LAX", "MIA", "BOS"], "delay": [3.0, None, None]}
    )
    np.testing.assert_allclose(output["prediction"], served.predict(rows)[2:], atol=1e-4)


def test_rows_of_files_are_refused(schema: te.Schema, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = str(tmp_path / "a.parquet")
    pq.write_table(to_arrow(FRAME), path)
    message = "column 'history' reads other rows of its group, however: rows of files come some thousands at a time"
    with pytest.raises(DataError, match=message):
        schema.encode(path)
    with pytest.raises(DataError, match=message):
        schema.dataset(path)
    with pytest.raises(DataError, match=message):
        Stream(schema, RowGroups(path))
    assert te.infer_schema(path, "delay", kinds=KINDS) == schema


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"order_by": None}, "`group_by` needs `order_by`, however: group_by="),
        ({"length": 0}, "`length` must be a whole number of 1 or more, however: length=0"),
        ({"prefix": ""}, "`prefix` must be a text that is not empty, however: prefix=''"),
        ({"group_by": []}, r"`group_by` must name a column, or several, however: group_by=\[\]"),
        ({"group_by": None, "order_by": ["a", "b"]}, r"`order_by` must be one list column, however: order_by=\['a'"),
    ],
)
def test_bad_arguments(changed: dict[str, Any], match: str) -> None:
    with pytest.raises(DataError, match=match):
        te.Sequence(STEPS, **{"group_by": "tail", "order_by": "hour", **changed})


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"group_by": "tial"}, "column 'history' reads column 'tial', which the data does not have; .*'tail'"),
        ({"order_by": "huor"}, "column 'history' reads column 'huor', which the data does not have; .*'hour'"),
        ({"order_by": "delay"}, "column 'history' must not read the target 'delay': it would know the answer"),
        ({"order_by": "tail"}, "column 'tail' must hold a time in every row to order by, however: .* are missing"),
    ],
)
def test_bad_columns(changed: dict[str, Any], match: str) -> None:
    history = te.Sequence(STEPS, **{"group_by": "tail", "order_by": "hour", **changed})
    with pytest.raises(DataError, match=match):
        te.infer_schema(FRAME, "delay", kinds={**KINDS, "history": history})


def test_what_it_reads_must_be_there(schema: te.Schema) -> None:
    with pytest.raises(LabelError, match="'delay'"):
        schema.encode(FRAME.drop(columns="delay"))
