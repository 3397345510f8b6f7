"""Lists of labels: what they take, count, encode, refuse and write."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tabembed as te
from tabembed.io.frames import to_arrow
from tabembed.schema.items import items_of
from tabembed.schema.labels import label_of

ITEMS = st.none() | st.sampled_from(["", "a", "b", "c", "é", "a b", "🛫", "0"])
LISTS = st.lists(st.none() | st.lists(ITEMS, max_size=5), min_size=1, max_size=12)
SOME = LISTS.filter(lambda rows: any(item for row in rows if row for item in row))


def infer(values: Any, **options: Any) -> te.Schema:
    return te.infer_schema({"x": values}, kinds={"x": te.MultiCategorical(**options)})


def ids(schema: te.Schema, values: Any) -> list[list[int]]:
    lists = schema.encode({"x": values})["x"]
    return [lists.values[a:b].tolist() for a, b in zip(lists.offsets, lists.offsets[1:], strict=False)]


@pytest.mark.parametrize(
    "values",
    [
        [["b", "a"], None, [], ["a", None, ""]],
        [("b", "a"), None, (), ("a", None, "")],
        pd.Series([["b", "a"], np.nan, [], ["a", pd.NA, ""]]),
        np.array([np.array(["b", "a"]), None, np.array([]), np.array(["a", None, ""], object)], object),
        pa.array([["b", "a"], None, [], ["a", None, ""]], pa.large_list(pa.string())),
        pa.array([["b", "a"], None, [], ["a", None, ""]], pa.list_(pa.large_string())),
        pa.array([["b", "a"], None, [], ["a", None, ""]], pa.list_(pa.string_view())),
        pa.array([["b", "a"], None, [], ["a", None, ""]], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        pa.chunked_array([[["b", "a"], None], [[], ["a", None, ""]]]),
        pa.array([["c"], ["b", "a"], None, [], ["a", None, ""], ["c"]]).slice(1, 4),
    ],
    ids=lambda values: str(getattr(values, "type", type(values).__name__)),
)
def test_lists_of_every_container(values: Any) -> None:
    schema = infer(values)
    assert schema["x"].labels == ["a", "b"]
    assert schema["x"].counts.tolist() == [2, 1]
    assert schema.column("x").missing == 2
    assert ids(schema, values) == [[3, 2], [], [], [2]]
    assert ids(schema, [["z", "a"]]) == [[1, 2]]


def test_lists_of_one_length_and_texts_with_a_separator() -> None:
    fixed = pa.array([["b", "a"], None, ["a", None]], pa.list_(pa.string(), 2))
    assert ids(infer(fixed), fixed) == [[3, 2], [], [2]]
    for cells in (["b|a", None, "", "a||"], pd.Series(["b|a", None, "", "a||"], dtype="category")):
        schema = infer(cells, separator="|")
        assert (schema["x"].labels, schema.column("x").missing) == (["a", "b"], 2)
        assert ids(schema, cells) == [[3, 2], [], [], [2]]
        assert ids(schema, [["b"], ["z"]]) == [[3], [1]], "lists may come for texts"
    assert infer(["b, a", "a"], separator=", ")["x"].labels == ["a", "b"]
    assert infer(["b, a", "a"], separator=",")["x"].labels == [" a", "a", "b"], "nothing is stripped"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([[7, 8], [7]], ["7", "8"]),
        ([[7.0, None, 0.5], [7.0]], ["7", "0.5"]),
        ([[True, False], [True]], ["True", "False"]),
        ([[datetime.date(2024, 1, 5)]], ["2024-01-05"]),
        ([[datetime.datetime(2024, 1, 5, 3)]], ["2024-01-05T03:00:00"]),
    ],
)
def test_items_have_the_labels_of_their_values(values: list[list[Any]], labels: list[str]) -> None:
    schema = infer(values)
    assert schema["x"].labels == labels
    assert ids(schema, values) == ids(schema, [[label_of(item) for item in row] for row in values])


def test_a_column_of_numbers_is_split_as_their_labels() -> None:
    schema = infer(["7|8", "7"], separator="|")
    assert ids(schema, [7, 8.0, None]) == [[2], [3], []]


@given(SOME, LISTS, st.integers(1, 2), st.none() | st.integers(1, 2))
def test_encode_is_the_place_in_the_vocabulary(
    seen: list[Any], asked: list[Any], min_count: int, max_size: int | None
) -> None:
    schema = infer(seen, dim=2, min_count=min_count, max_size=max_size)
    flat = [item for row in seen if row for item in row if item]
    one = te.infer_schema({"x": flat}, kinds={"x": te.Categorical(dim=2, min_count=min_count, max_size=max_size)})
    assert schema["x"].vocabulary == one["x"].vocabulary
    for rows in (seen, asked):
        kept = [[item for item in row or [] if item] for row in rows]
        assert ids(schema, pa.array(rows, pa.list_(pa.string()))) == [
            one.encode({"x": row})["x"].tolist() if row else [] for row in kept
        ]
        texts = infer(["|".join(row) for row in kept] + ["|".join(flat)], separator="|", dim=2, min_count=99)
        assert [len(row) for row in ids(texts, ["|".join(row) for row in kept])] == [len(row) for row in kept]
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema


def test_inputs_are_as_long_as_the_longest() -> None:
    schema = infer([["b", "a"], ["a"]])
    assert schema.inputs({"x": [["a"], ["a", "b", "z"], []]})["x"].tolist() == [[2, 0, 0], [2, 3, 1], [0, 0, 0]]
    assert schema.inputs({"x": [None]})["x"].shape == (1, 0)


WEIGHED = {"x": [["a", None, "b"], [], None, ["a"]], "w": [[1.0, 2.0, 0.0], [], None, [3]]}


def test_weights_go_with_their_labels(tmp_path: Path) -> None:
    schema = te.infer_schema(WEIGHED, kinds={"x": te.MultiCategorical(weights="w")})
    assert list(schema.features) == ["x"]
    assert schema["w"] == te.Ignored("part of 'x'")
    encoded = schema.encode(WEIGHED)
    assert encoded["x"].padded(0).tolist() == [[2, 3], [0, 0], [0, 0], [2, 0]]
    np.testing.assert_array_equal(encoded["x.weights"].padded(np.nan)[[0, 3]], np.float32([[1, 0], [3, np.nan]]))
    assert encoded["x.weights"].dtype == np.float32
    assert te.Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    pq.write_table(pa.table(WEIGHED), tmp_path / "a.parquet", row_group_size=2)
    streamed = te.infer_schema(tmp_path / "a.parquet", kinds={"x": te.MultiCategorical(weights="w")})
    assert streamed == schema
    for name, lists in streamed.encode(tmp_path / "a.parquet").items():
        np.testing.assert_array_equal(lists.values, encoded[name].values)
        np.testing.assert_array_equal(lists.offsets, encoded[name].offsets)
    assert schema.encode({"x": [None], "w": [None]})["x.weights"].lengths.tolist() == [0]


def test_the_missing_in_it_two_columns_may_have_the_same_weights() -> None:
    data = {**WEIGHED, "z": [["u", "v", None], [], None, ["u"]]}
    kind = te.MultiCategorical(weights="w")
    encoded = te.infer_schema(data, kinds={"x": kind, "z": kind}).encode(data)
    assert [encoded[f"{name}.weights"].values.tolist() for name in "xz"] == [[1, 0, 3], [1, 2, 3]]


def test_weights_of_texts_are_texts(tmp_path: Path) -> None:
    kinds = {"x": te.MultiCategorical(separator="|", weights="w")}
    (tmp_path / "a.csv").write_text("x,w\na|b,0.5|2\n,\na||c,1||1e-3\nb,4\n")
    schema = te.infer_schema(tmp_path / "a.csv", kinds=kinds)
    want = {"x": [["a", "b"], [], ["a", None, "c"], ["b"]], "w": [[0.5, 2], [], [1, None, 1e-3], [4]]}
    assert schema == te.infer_schema(want, kinds=kinds)
    found, lists = schema.encode(tmp_path / "a.csv"), schema.encode(want)
    for name in ("x", "x.weights"):
        np.testing.assert_array_equal(found[name].values, lists[name].values)  # type: ignore[union-attr]
        np.testing.assert_array_equal(found[name].offsets, lists[name].offsets)  # type: ignore[union-attr]
    (tmp_path / "b.csv").write_text("x,w\na,3\nb,0.25\n")
    assert schema.encode(tmp_path / "b.csv")["x.weights"].values.tolist() == [3, 0.25]  # type: ignore[union-attr]
    pq.write_table(to_arrow({"x": ["a|b", "", "b"], "w": ["1|2", None, "x"]}), tmp_path / "a.parquet", row_group_size=1)
    with pytest.raises(
        te.DataError, match=r"column 'w', the weights of 'x', must hold numbers with '\|' .* however: 'x' in row 2"
    ):
        te.infer_schema(tmp_path / "a.parquet", kinds=kinds)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (["1|2", "1_000"], r"must hold numbers with '\|' between them, however: '1_000' in row 1; correct it"),
        (["1,5|2", "1"], r"must hold numbers with '\|' between them, however: '1,5\|2' in row 0"),
        (["1|2|3", "1"], "must hold a weight for each label, however: row 0 has 2 labels and 3 weights"),
        (["1|-2", "1"], "must hold numbers of 0 or more, however: -2.0 in row 0"),
        (["1|inf", "1"], "must hold numbers of 0 or more, however: inf in row 0"),
        (["1|", "1"], "must hold numbers of 0 or more, however: nan in row 0"),
    ],
)
def test_texts_that_are_no_weights_are_refused(weights: list[str], message: str) -> None:
    with pytest.raises(te.DataError, match=f"column 'w', the weights of 'x', {message}"):
        infer_weighed = {"x": te.MultiCategorical(separator="|", weights="w")}
        te.infer_schema({"x": ["a|b", "a"], "w": weights}, kinds=infer_weighed)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1.0, 2.0], [], None, [3]], "hold a weight for each label, however: row 0 has 3 labels and 2 weights"),
        ([[1.0, 2, 3], [], [1.0], [3]], "hold a weight for each label, however: row 2 has 0 labels and 1 weights"),
        ([[1.0, 2, 3], [], None, None], "hold a weight for each label, however: row 3 has 1 labels and 0 weights"),
        ([[1.0, 2, -3], [], None, [3]], r"hold numbers of 0 or more, however: -3.0 in row 0; replace it"),
        ([[1.0, 2, 3], [], None, [np.nan]], r"hold numbers of 0 or more, however: nan in row 3"),
        ([[1.0, 2, 3], [], None, [1e39]], r"hold numbers of 0 or more, however: 1e\+39 in row 3"),
        (
            [["1", "2", "3"], [], None, ["1"]],
            r"hold lists of numbers, however: its type is .*, first \['1', '2', '3'\]",
        ),
        ([1.0, 2.0, None, 3.0], "hold lists of numbers, however: its type is double, first 1.0 in row 0; convert it"),
    ],
)
def test_weights_that_dont_fit_are_refused(weights: list[Any], message: str) -> None:
    with pytest.raises(te.DataError, match=f"column 'w', the weights of 'x', must {message}"):
        te.infer_schema({**WEIGHED, "w": weights}, kinds={"x": te.MultiCategorical(weights="w")})


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([["a"], ["b", {"k": 1}]], {}, r"they hold str \('a' in row 0\) and dict \({'k': 1} in row 1\)"),
        ([["a"], None, {"k": 1}], {}, r"it holds dict \({'k': 1} in row 2\) and list \(\['a'\] in row 0\)"),
        ([None, [], [{"k": 1}]], {}, r"its items are struct<k: int64>, first {'k': 1} in row 2; convert them"),
        ([None, [["a"]]], {}, r"its items are list<.*>, first \['a'\] in row 1"),
        ([[], [b"a"]], {}, "its items are binary, first b'a' in row 1"),
        ([None, {"k": 1}], {}, "its type is struct<k: int64>, first {'k': 1} in row 1; give separator="),
        ([None, {"k": 1}], {"separator": "|"}, "its type is struct<k: int64>, first {'k': 1} in row 1"),
        ([None, "a|b"], {}, "its type is string, first 'a.b' in row 1; give separator= where a text holds several"),
        ([["a"], [None, "b|c"]], {"separator": "|"}, r"without the separator '\|', however: 'b\|c' in row 1"),
    ],
)
def test_cells_that_are_no_lists_of_labels_are_refused(values: Any, options: Any, message: str) -> None:
    with pytest.raises(te.DataError, match=f"column 'x' must hold .*{message}"):
        infer(values, **options)


def test_the_row_of_a_file_is_the_one_of_all_its_rows(tmp_path: Path) -> None:
    table = pa.table({"x": [["a"]] * 5 + [["a|b"]], "w": [[1.0]] * 4 + [[-1.0], [1.0]]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    with pytest.raises(te.DataError, match=r"'a\|b' in row 5"):
        te.infer_schema(tmp_path / "a.parquet", kinds={"x": te.MultiCategorical(separator="|")})
    with pytest.raises(te.DataError, match=r"-1\.0 in row 4"):
        te.infer_schema(tmp_path / "a.parquet", kinds={"x": te.MultiCategorical(weights="w")})
    with pytest.raises(te.DataError, match="must hold some labels, however: all 6 rows are empty"):
        pq.write_table(table.set_column(0, "x", [[[]] * 6]), tmp_path / "a.parquet", row_group_size=2)
        te.infer_schema(tmp_path / "a.parquet", kinds={"x": te.MultiCategorical()})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "median"}, "`pooling` must be one of mean, sum, max, attention, however: pooling='median'"),
        ({"separator": ""}, "`separator` must be a non-empty string or None, however: separator=''"),
        ({"weights": 3}, "`weights` must be a non-empty string or None, however: weights=3"),
        ({"dim": 0}, "`dim` must be a whole number of 1 or more"),
    ],
)
def test_an_argument_out_of_range(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(te.DataError, match=message):
        te.MultiCategorical(**arguments)


def test_a_column_of_weights_that_isnt_there() -> None:
    with pytest.raises(te.DataError, match="column 'x' reads column 'v', which the data does not have"):
        te.infer_schema(WEIGHED, kinds={"x": te.MultiCategorical(weights="v")})


# Inference, from memory and from files

INFERRED: dict[str, tuple[pa.Array, str, str]] = {
    "tags": (pa.array([["a", "b"], ["a"], [], None] * 10), "multi_categorical",
             "lists of labels, 2 distinct in 30 items of 40 rows"),
    "numbers": (pa.array([[3, 4], [3], [4], []] * 10), "multi_categorical", "lists of labels, 2 distinct in 40 items"),
    "keys": (pa.array([[f"k{n}"] for n in range(40)]), "ignored", "set aside: lists of labels, 40 distinct in 40"),
    "same": (pa.array([["a"]] * 40), "ignored", "set aside: constant (a)"),
    "once": (pa.array([["a"], []] * 20), "multi_categorical", "lists of labels, 1 distinct in 20 items of 40 rows"),
    "real": (pa.array([[0.5, 1.5]] * 40), "ignored", "set aside: list<double>"),
    "series": (pa.array([[n, 100 + n, 7] for n in range(40)]), "ignored", "set aside: list<int64>"),
    "structs": (pa.array([[{"a": 1}]] * 40), "ignored", "set aside: lists of records; a left out: constant (1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", INFERRED)
def test_lists_are_inferred_and_say_why(name: str, tmp_path: Path) -> None:
    values, kind, reason = INFERRED[name]
    table = pa.table({name: values})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    schema = te.infer_schema(to_arrow(str(tmp_path / "a.parquet")))
    assert schema[name].key == kind
    assert schema.column(name).reason.startswith(reason)
    assert reason in repr(schema)
    assert te.infer_schema(tmp_path / "a.parquet") == schema
    assert te.infer_schema(tmp_path / "a.parquet").column(name) == schema.column(name)


def test_lists_of_categories_are_inferred_too() -> None:
    values = pa.array([["a", "b"], ["a"]] * 20, pa.list_(pa.dictionary(pa.int32(), pa.string())))
    assert te.infer_schema({"x": values}).column("x").reason == "lists of labels, 2 distinct in 60 items of 40 rows"


def test_lists_that_are_all_empty_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([[], None], pa.list_(pa.string()))}), tmp_path / "a.parquet")
    for data in ({"x": [[], None]}, tmp_path / "a.parquet"):
        with pytest.raises(te.DataError, match="column 'x' must hold some labels, however: all 2 rows are empty"):
            te.infer_schema(data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=SOME, options=st.sampled_from([{}, {"min_count": 2}, {"max_size": 1}]))
def test_files_are_counted_as_a_frame(rows: list[Any], options: dict[str, Any], tmp_path: Path) -> None:
    table = pa.table({"x": pa.array(rows, pa.list_(pa.string()))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    kinds = {"x": te.MultiCategorical(**options)}
    one, other = te.infer_schema(tmp_path / "a.parquet", kinds=kinds), te.infer_schema(table, kinds=kinds)
    assert one == other
    np.testing.assert_array_equal(one.inputs(tmp_path / "a.parquet")["x"], other.inputs(table)["x"])


def test_a_csv_holds_texts_with_a_separator(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,km\na|b,1\n,2\n7.0,3\nb,4\n")
    schema = te.infer_schema(tmp_path / "a.csv", kinds={"x": te.MultiCategorical(separator="|")})
    assert schema["x"].labels == ["b", "7.0", "a"]
    assert schema.inputs(tmp_path / "a.csv")["x"].tolist() == [[4, 2], [0, 0], [3, 0], [2, 0]]


# Changes


def test_replace_keeps_the_counts() -> None:
    schema = infer([["a", "b"], ["a"]])
    assert schema.replace(x=te.MultiCategorical(min_count=2, pooling="max"))["x"].labels == ["a"]
    for kind in (te.Categorical(), te.MultiCategorical(separator="|")):
        with pytest.raises(te.DataError, match="column 'x' is MultiCategorical and holds no statistics for"):
            schema.replace(x=kind)
    with pytest.raises(te.DataError, match="column 'x' is Categorical and holds no statistics for MultiCategorical"):
        te.infer_schema({"x": ["a", "b", "a"]}).replace(x=te.MultiCategorical(separator="|"))


@given(SOME, SOME)
def test_counting_on_is_counting_all(first: list[Any], more: list[Any]) -> None:
    a, b = ({"x": pa.array(rows, pa.list_(pa.string()))} for rows in (first, more))
    grown = infer(a["x"], dim=2).grown(b)
    whole = infer(pa.chunked_array([a["x"], b["x"]]), dim=2)
    assert grown == whole
    assert (grown.column("x").rows, grown.column("x").missing) == (whole.column("x").rows, whole.column("x").missing)


def test_a_table_is_shared_with_single_labels() -> None:
    data = {"cart": [["a", "b"], ["b"]], "last": ["c", "b"]}
    kinds = {"cart": te.MultiCategorical(table="article"), "last": te.Categorical(table="article")}
    schema = te.infer_schema(data, kinds=kinds)
    assert schema["cart"].labels == schema["last"].labels == ["b", "a", "c"]
    assert schema.inputs(data)["cart"].tolist() == [[3, 2], [2, 0]]
    assert schema["cart"].describe() == ("3", f"{schema['cart'].dim} (fourth_root), table 'article', mean")


def test_items_of_nothing() -> None:
    assert items_of(pa.nulls(3), "x").codes.lengths.tolist() == [0, 0, 0]
    assert te.MultiCategorical().describe() == ("", "mean")
