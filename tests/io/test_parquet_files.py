"""Parquet files come in as they were written, and what can't be read or joined is said by name."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tabembed.io import DataError, LabelError, to_arrow
from tabembed.io.examples import house_prices
from tabembed.io.files import read_files

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    "frame",
    [
        house_prices().head(100),
        pd.DataFrame({"a.b": ["x", None], "a": [1, 2], "x,y(z)": [1.5, np.nan], "größe": pd.Categorical(["s", "m"])}),
    ],
    ids=["house_prices", "odd names"],
)
def test_parquet_round_trip(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_files(tmp_path / "a.parquet").to_pydict() == to_arrow(frame).to_pydict()
    for name in frame.columns:
        assert read_files(tmp_path / "a.parquet", [name]).column_names == [name]


def test_parquet_leaves_out_the_row_labels(tmp_path: Path) -> None:
    pd.DataFrame({"x": [1, 2, 3]}).iloc[[2, 0, 1]].to_parquet(tmp_path / "a.parquet")
    assert pq.read_schema(tmp_path / "a.parquet").names == ["x", "__index_level_0__"]
    assert read_files(tmp_path / "a.parquet").to_pydict() == {"x": [3, 1, 2]}


def test_parquet_of_polars(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x", None], "f": [1.0, float("nan")], "c": pl.Series(["x", "y"], dtype=pl.Categorical)})
    frame.write_parquet(tmp_path / "a.parquet")
    assert read_files(tmp_path / "a.parquet").to_pydict() == {"a": ["x", None], "f": [1.0, None], "c": ["x", "y"]}


def test_parquet_files_are_joined_without_a_loss(tmp_path: Path) -> None:
    first = pa.table(
        {"i": pa.array([1], pa.int32()), "f": [1], "s": ["x"], "n": pa.nulls(1), "t": [pd.Timestamp("2013")]}
    )
    second = pa.table(
        {
            "f": [0.5],
            "i": pa.array([2**40]),
            "n": [7],
            "s": pa.array(["y"]).dictionary_encode(),
            "t": pa.array([pd.Timestamp("2014")], pa.timestamp("ns")),
        }
    )
    pq.write_table(first, tmp_path / "a.parquet")
    pq.write_table(second, tmp_path / "b.parquet")
    times = [pd.Timestamp("2013"), pd.Timestamp("2014")]
    assert read_files(tmp_path).to_pydict() == {
        "i": [1, 2**40],
        "f": [1.0, 0.5],
        "s": ["x", "y"],
        "n": [None, 7],
        "t": times,
    }


def test_categories_of_many_files_are_one_dictionary(tmp_path: Path) -> None:
    for at, values in enumerate((["b", "a"], ["c", "a"])):
        pd.DataFrame({"c": pd.Categorical(values)}).to_parquet(tmp_path / f"{at}.parquet")
    column = read_files(tmp_path)["c"]
    assert column.to_pylist() == ["b", "a", "c", "a"]
    assert len({tuple(chunk.dictionary.to_pylist()) for chunk in column.chunks}) == 1


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        ([1], ["x"], "int64 .* and string"),
        ([True], [1], "bool .* and int64"),
        (pa.array([1], pa.date32()), [1], r"date32\[day\] .* and int64"),
        (
            pa.array([1], pa.timestamp("us", "UTC")),
            pa.array([1], pa.timestamp("us")),
            r"timestamp\[us, tz=UTC\] .* and timestamp\[us\]",
        ),
        (pa.nulls(1), ["x"], None),
    ],
    ids=str,
)
def test_a_type_that_changes_between_files_is_refused(
    tmp_path: Path, first: Any, second: Any, kinds: str | None
) -> None:
    pq.write_table(pa.table({"c": first}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"c": second}), tmp_path / "b.parquet")
    pq.write_table(pa.table({"c": [2.5]}), tmp_path / "c.parquet")
    if kinds is None:  # said of the file that holds the type, not of the first
        with pytest.raises(DataError, match=r"it is string in file '.*b.parquet' and double in file '.*c.parquet'"):
            read_files(tmp_path)
        return
    message = rf"column 'c' must be of one type in all files, however: it is {kinds} in file '.*b.parquet'"
    with pytest.raises(DataError, match=message):
        read_files(tmp_path)


def test_an_integer_that_no_float_holds_is_refused_beside_floats(tmp_path: Path) -> None:
    pq.write_table(pa.table({"c": [2**53 + 1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"c": [0.5]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"file '.*a.parquet' can't be read as Parquet: Integer value"):
        read_files(tmp_path)


def test_parquet_files_of_other_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1], "Y": [1]}), tmp_path / "b.parquet")
    with pytest.raises(
        LabelError, match=r"column 'y' of file '.*a.parquet' is missing from file '.*b.parquet'; did you"
    ):
        read_files(tmp_path)
    with pytest.raises(LabelError, match=r"column 'y' is missing from file '.*b.parquet'; did you mean 'Y'\?"):
        read_files(tmp_path, ["y"])
    assert read_files(tmp_path, ["x"]).to_pydict() == {"x": [1, 1]}


def test_bad_parquet_is_refused(tmp_path: Path) -> None:
    good = tmp_path / "a.parquet"
    house_prices().head(2000).to_parquet(good)
    whole, bad = good.read_bytes(), tmp_path / "b.parquet"
    for content, message in (
        (b"", "must be Parquet, however: it is empty"),
        (b"a,b\n1,2\n", r"must be Parquet, however: it starts with b'a,b\\n'; rename it to what it is"),
        (whole[: len(whole) // 2], "is damaged: its end, where Parquet keeps its footer, is cut off"),
        (b"PAR1PAR1", "can't be read as Parquet: "),
        (whole[:4] + whole[100_000:], "can't be read as Parquet: "),
        (whole[:1000] + b"\xff" * 30_000 + whole[31_000:], "can't be read as Parquet: "),
    ):
        bad.write_bytes(content)
        with pytest.raises(DataError, match=f"file '.*b.parquet' {message}"):
            read_files(tmp_path)


def test_a_folder_named_parquet(tmp_path: Path) -> None:
    folder = tmp_path / "data.parquet"
    folder.mkdir()
    pq.write_table(pa.table({"x": [1]}), folder / "part-0.parquet")
    write(folder / "_SUCCESS", "")
    assert read_files(folder).to_pydict() == {"x": [1]}


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_that_can_not_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/proc/self/mem")  # even root is refused to read its start
    with pytest.raises(DataError, match=f"file '.*{name}' can't be read as .*: Input/output error"):
        read_files(tmp_path / name)
