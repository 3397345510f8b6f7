"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tabembed.io import DataError
from tabembed.io.writes import check_writable, write_aside


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with write_aside(tmp_path / "deep" / "er" / "a.parquet") as aside:
        aside.write_text("new")
        assert aside.suffix == ".parquet"
        assert not (tmp_path / "deep" / "er" / "a.parquet").exists()
    assert listed(tmp_path) == ["deep", "deep/er", "deep/er/a.parquet"]
    with write_aside(tmp_path / "deep" / "er" / "a.parquet") as aside:
        aside.write_text("newer")
    assert (tmp_path / "deep" / "er" / "a.parquet").read_text() == "newer"


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt()])
@pytest.mark.parametrize("directory", [False, True])
def test_a_failure_leaves_nothing(tmp_path: Path, error: BaseException, directory: bool) -> None:
    with pytest.raises(type(error)), write_aside(tmp_path / "deep" / "er" / "a", directory=directory) as aside:
        (aside / "half" if directory else aside).write_text("half")
        raise error
    assert listed(tmp_path) == []


def test_a_failure_leaves_what_stood_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(RuntimeError, match="stop"), write_aside(tmp_path / "a") as aside:
        aside.write_text("half")
        raise RuntimeError("stop")
    assert listed(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_others_put_beside_it_stays(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stop"), write_aside(tmp_path / "deep" / "a"):
        (tmp_path / "deep" / "other").write_text("other")
        raise RuntimeError("stop")
    assert listed(tmp_path) == ["deep", "deep/other"]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with write_aside(tmp_path / "out", directory=True) as aside:
        (aside / "a").write_text("1")
    assert listed(tmp_path) == ["out", "out/a"]
    with pytest.raises(DataError, match="output '.*out' must be a new or an empty folder, however: it holds files"):
        write_aside(tmp_path / "out", directory=True).__enter__()
    with write_aside(tmp_path / "out", directory=True, replace_directory=True) as aside:
        (aside / "b").write_text("2")
    assert listed(tmp_path) == ["out", "out/b"]


def test_a_replacement_that_fails_puts_the_old_folder_back(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("old")
    with (
        pytest.raises(FileNotFoundError),
        write_aside(tmp_path / "out", directory=True, replace_directory=True) as aside,
    ):
        aside.rmdir()
    assert listed(tmp_path) == ["out", "out/a"]


def test_a_link_keeps_pointing(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with write_aside(tmp_path / "link") as aside:
        aside.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    message = "output '.*a' can't be written: No space left on device"
    with pytest.raises(DataError, match=message), write_aside(tmp_path / "a"):
        Path("/dev/full").write_text("x")
    assert listed(tmp_path) == []


def test_other_errors_stay_themselves(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), write_aside(tmp_path / "a"):
        (tmp_path / "input").read_text()


@pytest.mark.parametrize("directory", [False, True])
def test_what_can_not_be_written_is_refused(tmp_path: Path, directory: bool) -> None:
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path / "file" / "a", "can't be written: '.*file' is not a folder"),
        (tmp_path / "file" / "deep" / "a", "can't be written: '.*file' is not a folder"),
        ("/proc/a", "can't be written: No such file or directory"),
        ("/proc/deep/a", "can't be written: No such file or directory"),
        (tmp_path / ("x" * 300), "can't be written: File name too long"),
    ):
        with pytest.raises(DataError, match=f"output '.*' {message}"):
            check_writable(path, directory=directory)
        with pytest.raises(DataError, match=f"output '.*' {message}"):
            write_aside(path, directory=directory).__enter__()
    assert listed(tmp_path) == ["file"]


def test_the_wrong_thing_stands_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="output '.*file' must be a folder, however: a file stands there"):
        check_writable(tmp_path / "file", directory=True)
    with pytest.raises(DataError, match="must be a file, however: a folder stands there"):
        check_writable(tmp_path)
    with pytest.raises(DataError, match="output '/dev/null' must be a file, however: a device stands there"):
        check_writable("/dev/null")


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    assert check_writable(tmp_path / "deep" / "a") == Path(os.path.realpath(tmp_path)) / "deep" / "a"
    assert check_writable(tmp_path, directory=True) == Path(os.path.realpath(tmp_path))
    assert check_writable("/", directory=True) == Path("/")
    assert listed(tmp_path) == []


def test_the_full_disk_of_this_system_is_one() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        Path("/dev/full").write_text("x")
    assert caught.value.errno == errno.ENOSPC
