"""Paths, globs and folders; CSV and Parquet come in as they were written, and what can't be read is said by name."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabembed.io import DataError, DataWarning, LabelError
from tabembed.io.files import expand, read_files

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


# Which files.


def test_a_glob_and_a_folder_are_sorted_and_a_list_keeps_its_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.CSV", ".hidden.csv", "_temporary.csv", "notes.txt"):
        write(tmp_path / name, f"x\n{name}\n")
    assert [path.name for path in expand(tmp_path)] == ["a.csv", "b.csv", "c.CSV"]
    assert [path.name for path in expand(f"{tmp_path}/*.csv")] == ["_temporary.csv", "a.csv", "b.csv"]
    assert [path.name for path in expand([tmp_path / "b.csv", str(tmp_path / "a.csv")])] == ["b.csv", "a.csv"]
    assert read_files(str(tmp_path / "[ab].csv")).to_pydict() == {"x": ["a.csv", "b.csv"]}


def test_a_recursive_glob(tmp_path: Path) -> None:
    (tmp_path / "2013").mkdir()
    write(tmp_path / "2013" / "a.csv", "x\n1\n")
    assert read_files(f"{tmp_path}/**/*.csv").to_pydict() == {"x": [1]}


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    assert read_files(write(tmp_path / "a[1].csv", "x\n1\n")).to_pydict() == {"x": [1]}


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "a.csv", "x\n1\n")
    assert expand("~/a.csv") == expand("~/*.csv") == [tmp_path / "a.csv"]


def test_paths_that_name_no_file(tmp_path: Path) -> None:
    write(tmp_path / "flights.csv", "x\n1\n")
    with pytest.raises(DataError, match=r"there is no file '.*flihgts.csv'; did you mean 'flights.csv'\?"):
        read_files(tmp_path / "flihgts.csv")
    with pytest.raises(DataError, match="there is no file '.*weather.parquet'; the files beside it are 'flights.csv'"):
        read_files(tmp_path / "weather.parquet")
    with pytest.raises(DataError, match="there is no file '.*a.csv'; there is no folder '.*dtaa' either"):
        read_files(tmp_path / "dtaa" / "a.csv")
    with pytest.raises(DataError, match=r"the pattern '.*\*.parquet' matches no file"):
        read_files(tmp_path / "*.parquet")
    with pytest.raises(DataError, match=r"paths must name at least one file, however: the list is empty"):
        read_files([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        DataError, match=r"folder '.*empty' must hold files that end in .csv, .*, however: it holds none"
    ):
        read_files(tmp_path / "empty")


def test_files_that_do_not_go_together(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x\n1\n")
    with pytest.raises(DataError, match=r"file '.*a.xlsx' must end in one of .csv, .csv.gz, .tsv, .tsv.gz, .parquet;"):
        read_files(write(tmp_path / "a.xlsx", "x\n1\n"))
    with pytest.raises(DataError, match=r"file '.*a.csv' is named twice: its rows would count twice"):
        read_files([path, tmp_path / "*.csv"])
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(
        DataError, match=r"files must be all CSV or all Parquet, however: '.*a.csv' stands beside '.*b.p"
    ):
        read_files([path, tmp_path / "b.parquet"])


# CSV.


@pytest.mark.parametrize("suffix", [".csv", ".CSV", ".csv.gz", ".tsv", ".tsv.gz"])
def test_suffixes(tmp_path: Path, suffix: str) -> None:
    mark = "\t" if "tsv" in suffix else ","
    path = write(tmp_path / f"a.b{suffix}", f"zip{mark}price\n00501{mark}5\n")
    assert read_files(path).to_pydict() == {"zip": ["00501"], "price": [5]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", {"a": [1], "b": [2]}),
        ("a,b\r\n1,2\r\n", {"a": [1], "b": [2]}),
        ("a,b\r1,2\r3,4", {"a": [1, 3], "b": [2, 4]}),
        ("\n\na,b\n1,2\n\n3,4", {"a": [1, 3], "b": [2, 4]}),
        ('"a\nq",b\n"x\ny",2\n', {"a\nq": ["x\ny"], "b": [2]}),
        ('a,b\n"he said ""hi""",2\n', {"a": ['he said "hi"'], "b": [2]}),
        ('a,b\n5" pipe,2\n', {"a": ['5" pipe'], "b": [2]}),
        ('a,b\n"",\n1,x\n', {"a": [None, 1], "b": [None, "x"]}),
        ("a,b\n1,\n2,\n", {"a": [1, 2], "b": [None, None]}),
        ("a,b\n", {"a": [], "b": []}),
        ("a,b", {"a": [], "b": []}),
        ("a,b\n\n\n", {"a": [], "b": []}),
        ("a,b\n\n", {"a": [], "b": []}),
        ("a,b\r\n\r\n", {"a": [], "b": []}),
        ("\na,b\r\r", {"a": [], "b": []}),
        ('"a"\n""\n', {"a": [None]}),
        ("größe,日本\n1,2\n", {"größe": [1], "日本": [2]}),
        ('"x;y"\n1\n', {"x;y": [1]}),
    ],
    ids=repr,
)
def test_forms_of_csv(tmp_path: Path, content: str | bytes, expected: dict[str, Any]) -> None:
    assert read_files(write(tmp_path / "a.csv", content)).to_pydict() == expected


def test_long_cells_headers_and_many_blocks(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    assert read_files(write(tmp_path / "a.csv", f'a,b\n"{long}",1\n')).to_pydict() == {"a": [long], "b": [1]}
    names = [f"column_{at:06}" for at in range(100_000)]
    wide = write(tmp_path / "b.csv", ",".join(names) + "\n" + ",".join("7" * len(names)) + "\n")
    assert read_files(wide, names[-2:]).to_pydict() == {names[-2]: [7], names[-1]: [7]}
    rows = "".join(f'{at},"line {at}\nof two"\n' for at in range(100_000))
    many = read_files(write(tmp_path / "c.csv", f"a,b\n{rows}"))
    assert many["a"].to_pylist() == list(range(100_000))
    assert many["b"].to_pylist()[-1] == "line 99999\nof two"


def test_a_column_is_typed_over_all_the_files(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "k,n,z\n1,1,\n2,2,\n")
    write(tmp_path / "b.csv", "z,n,k\n5,0.5,007\n")
    table = read_files(tmp_path)
    assert table.to_pydict() == {"k": ["1", "2", "007"], "n": [1.0, 2.0, 0.5], "z": [None, None, 5]}
    assert read_files(tmp_path, ["z", "k"]).column_names == ["z", "k"]


def test_words_for_missing_warn_once_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b,c\nNA,1,x\nx,NA,y\n")
    with pytest.warns(DataWarning, match="column 'a' is text, and 50.00% of its cells are 'NA'") as caught:
        assert read_files(path).to_pydict() == {"a": ["NA", "x"], "b": [1, None], "c": ["x", "y"]}
    assert len(caught) == 1
    assert read_files(path, ["b"]).to_pydict() == {"b": [1, None]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must hold a header and rows, however: it is empty"),
        (b"\n\n", "must hold a header and rows, however: it is empty"),
        (b"PAR1....PAR1", "must be CSV text, however: it is Parquet"),
        (b"\x89PNG\r\n\x1a\n\0", "must be CSV text, however: it is a PNG image"),
        (b"PK\x03\x04", "must be CSV text, however: it is a zip archive or an Excel workbook"),
        (b"\x7fELF\0\0", "must be CSV text, however: it is binary"),
        ("a\n1\n".encode("utf-16"), "must be CSV text, however: it is UTF-16 text"),
        (gzip.compress(b"a\n1\n", mtime=0), r"must be CSV text, however: it is gzip \(its name should end in .gz\)"),
        (
            "a,b\n1,2\nx,größe\n".encode("latin-1"),
            "must be UTF-8, however: line 3 holds the byte 0xf6; save it as UTF-8",
        ),
        ("größe,b\n1,2\n".encode("latin-1"), "must be UTF-8, however: line 1 holds the byte 0xf6"),
        (("a,b\n" + "1,2\n" * 50_000 + "x,ö\n").encode("latin-1"), "must be UTF-8, however: line 50002 holds"),
        (('a,b\n1,"2\n' + "1,2\n" * 9_000 + "x,ö\n").encode("latin-1"), "must be UTF-8, however: line 9003 holds"),
        (b"a,b,a\n1,2,3\n", "holds 'a' 2 times; rename them"),
        (b"a,b\n1,2\n\n3\n", "must hold 2 cells a row, as its header does, however: line 4 holds 1"),
        (b'a,b\n"1\n",2\n3,4,5\n', "must hold 2 cells a row, as its header does, however: line 4 holds 3"),
        (b"a,b\n" + b"1,2\n" * 500_000 + b"1\n", "however: line 500002 holds 1"),
        (b'a,b\n1,2\n1,"abc\n2,3\n', "must close every quote, however: one in the row that starts on line 3 isn't"),
        (b'a,b\n1,"abc\n' + b"2,3\n" * 50_000, "must close every quote, however: one in the row that starts on line 2"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n2\n", "can't be read as CSV: CSV parse error: .*Expected 2 columns, got 1"),
        (b"a;b\n1;2\n", "must be separated by ',', however: its header is 'a;b', separated by ';'"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_bad_csv_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"file '.*bad.csv'.*{message}|{message}"):
        read_files(write(tmp_path / "bad.csv", content))


def test_a_bad_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(b"a\n1\n")
    with pytest.raises(DataError, match=r"file '.*a.csv.gz' must be gzipped CSV text, however: it is plain text"):
        read_files(path)
    whole = gzip.compress(b"a,b\n" + os.urandom(100_000).hex().encode() + b",2\n")
    rows = gzip.compress(b"a,b\n" + "".join(f"{at},{at * at % 1009}\n" for at in range(200_000)).encode())
    for cut in (whole[:-20], whole[:12], rows[:-20]):
        path.write_bytes(cut)
        with pytest.raises(DataError, match=r"file '.*a.csv.gz' can't be read as CSV: "):
            read_files(path)


def test_a_tsv_that_is_a_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"must be separated by '\\t', however: its header is 'a,b', separated by ','"):
        read_files(write(tmp_path / "a.tsv", "a,b\n1,2\n"))


def test_what_no_csv_reader_can_read_is_refused(tmp_path: Path) -> None:
    header = '"' + "x" * 200_000 + '",b\n'  # longer than Python reads
    with pytest.raises(DataError, match=r"file '.*a.csv' can't be read as CSV: field larger than field limit"):
        read_files(write(tmp_path / "a.csv", header + "1,2\n"))


def test_files_of_other_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "x,y\n1,2\n")
    write(tmp_path / "b.csv", "x,z\n1,2\n")
    with pytest.raises(
        LabelError, match=r"column 'y' of file '.*a.csv' is missing from file '.*b.csv'; the columns are"
    ):
        read_files(tmp_path)
    with pytest.raises(LabelError, match=r"column 'y' is missing from file '.*b.csv'"):
        read_files(tmp_path, ["y"])
    assert read_files(tmp_path, ["x"]).to_pydict() == {"x": [1, 1]}
    write(tmp_path / "b.csv", "x,z,y\n1,2,3\n")
    with pytest.raises(DataError, match=r"column 'z' of file '.*b.csv' is missing from file '.*a.csv'"):
        read_files(tmp_path)


@in_one_folder
@given(st.lists(st.tuples(texts, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)), min_size=1))
def test_csv_round_trip(tmp_path: Path, rows: list[tuple[str, int, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["text", "int", "float"])
    frame["text"] = "é" + frame["text"]  # never a number
    frame.to_csv(tmp_path / "a.csv", index=False, quoting=csv.QUOTE_ALL)
    assert read_files(tmp_path / "a.csv").to_pydict() == frame.to_dict("list")


@in_one_folder
@given(st.lists(st.text("0123456789+-.e ", min_size=1), min_size=1))
def test_labels_of_digits_survive_a_csv(tmp_path: Path, cells: list[str]) -> None:
    pd.DataFrame({"a": cells}).to_csv(tmp_path / "a.csv", index=False)
    column = read_files(tmp_path / "a.csv")["a"]
    if pa.types.is_floating(column.type):
        assert column.to_pylist() == [float(cell) for cell in cells]
    else:
        assert list(map(str, column.to_pylist())) == cells


@in_one_folder
@given(st.lists(texts, min_size=1, max_size=4, unique=True), st.booleans())
def test_csv_round_trip_of_names(tmp_path: Path, names: list[str], quoted: bool) -> None:
    frame = pd.DataFrame([range(len(names)), range(len(names))], columns=names)
    frame.insert(0, "first of all", 1)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    if not quoted:  # pandas leaves a bare carriage return unquoted, which ends the line for every reader
        frame.columns = [f"{at} {name}".replace("\r", "") for at, name in enumerate(frame.columns)]
    frame.to_csv(tmp_path / "a.csv", index=False, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    assert read_files(tmp_path / "a.csv").to_pydict() == frame.to_dict("list")
