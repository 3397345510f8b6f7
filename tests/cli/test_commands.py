"""The frame around the commands: help, usage, warnings, the other commands' output, what counts as a bug."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import tabembed as te
from tabembed.cli.commands import Commands
from tabembed.cli.main import main
from tabembed.cli.spoken import in_options, one_line, printable

Run = Callable[..., Result]
QUICK = ("--preset", "fast", "--epochs", "1")


def test_help_lists_the_commands_in_the_order_of_use(run: Run) -> None:
    said = run("--help").stdout
    places = [said.index(f"\n  {name} ") for name in ("fit", "predict", "neighbors", "tables", "schema")]
    assert places == sorted(places)
    assert run("-h").stdout == said
    assert run("--version").stdout == f"tabembed {te.__version__}\n"


@pytest.mark.parametrize("command", ["fit", "predict", "neighbors", "tables", "schema"])
def test_each_command_helps(command: str, run: Run) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout


def test_no_command_shows_the_help_and_is_wrong_use(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert result.stdout == run("--help").stdout
    assert result.stderr == "error: name a command: fit, predict, neighbors, tables, schema, serve\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predit"], "no command 'predit'; did you mean 'predict'?"),
        (["xyz"], "no command 'xyz'; the commands are 'fit', 'predict', 'neighbors', 'tables', 'schema', 'serve'"),
        (["--quiet"], "No such option '--quiet'."),
        (["fit"], "Missing argument 'DATA...'."),
        (["fit", "x.csv"], "Missing option '--target'."),
        (["fit", "x.csv", "--target", "y", "--epoch", "3"], "No such option '--epoch'. Did you mean '--epochs'?"),
        (["predict", "m", "x.csv"], "Missing option '--output'."),
        (["tables", "m", "extra", "--output", "t"], "Got unexpected extra argument (extra)"),
        (["neighbors", "m", "c", "l", "--metric", "cosine"], "Got unexpected extra arguments (--metric cosine)"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], sentence: str, refused: Callable[..., str]) -> None:
    assert refused(*arguments) == sentence


def test_a_warning_is_one_line_without_its_place(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{'NA' if at % 5 == 0 else 'Roma'},{at % 3 * 7}\n" for at in range(60))
    (tmp_path / "data.csv").write_text(f"city,stars\n{rows}")
    result = run("schema", tmp_path / "data.csv", "--target", "stars")
    assert result.exit_code == 0
    text, target = result.stderr.splitlines()
    assert text.startswith("warning: column 'city' is text, and 20.00% of its cells are 'NA': read as labels")
    assert target.startswith("warning: target 'stars' has 3 distinct whole numbers (0 to 14): read as regression")
    assert target.endswith("pass --task regression to confirm, or --task multiclass")


def test_schema_shows_and_writes(model: Path, run: Run, tmp_path: Path) -> None:
    data = model.parent / "sales.csv"
    shown = run("schema", data, "--target", "price", "--numeric", "shop_id", "--output", tmp_path / "s.json").stdout
    schema = te.Schema.from_json(tmp_path / "s.json")
    assert shown == f"{schema!r}\n"
    assert schema["shop_id"].key == "numeric"
    assert run("schema", data).stdout.startswith("Schema of 7 columns, 300 rows\n")
    assert "multiclass: declared" in run("schema", data, "--target", "zip", "--task", "multiclass").stdout


def test_neighbors_are_those_of_the_table(model: Path, run: Run) -> None:
    table = te.load_tables(model / "1" / "assets.extra" / "tables")["city"]
    lines = run("neighbors", model, "city", "Roma").stdout.splitlines()
    assert [line.rsplit(None, 1)[0].strip() for line in lines] == [label for label, _ in table.neighbors("Roma", k=5)]
    assert [line.rsplit(None, 1)[1] for line in lines] == [f"{far:.4f}" for _, far in table.neighbors("Roma", k=5)]
    assert {click.utils.strip_ansi(line).index(".") for line in lines if line.isascii()} == {len("New York") + 3}
    nearest = run("neighbors", model / "1", "city", "Roma", "-k", "1").stdout.splitlines()
    assert [line.split() for line in nearest] == [lines[0].split()]


def test_a_label_is_always_text(model: Path, run: Run) -> None:
    assert len(run("neighbors", model, "zip", "00501").stdout.splitlines()) == 2
    assert len(run("neighbors", model, "shop_id", "-2", "-k", "3").stdout.splitlines()) == 3
    assert len(run("neighbors", "-k", "3", model, "shop_id", "--", "-1").stdout.splitlines()) == 3


@pytest.mark.parametrize("kind", ["parquet", "npz", "safetensors", "word2vec", "tensorboard"])
def test_tables_come_in_every_format(kind: str, model: Path, run: Run, tmp_path: Path) -> None:
    result = run("tables", model, "--output", tmp_path / "t", "--format", kind)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith(f"city: 4 labels x 3 in {tmp_path / 't' / 'city'}")
    written, kept = te.load_tables(tmp_path / "t"), te.load_tables(model / "1" / "assets.extra" / "tables")
    assert {name: written[name]["Roma"].tolist() for name in ("city",)} == {"city": kept["city"]["Roma"].tolist()}
    assert list(written) == list(kept) == ["city", "zip", "shop_id"]
    assert run("tables", model, "--output", tmp_path / "t").exit_code == 0  # its own folder is replaced


def test_a_model_without_categories_has_no_tables(run: Run, refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(f"{at / 7:.3f},{at / 3:.3f}\n" for at in range(60)))
    fitted = run("fit", tmp_path / "data.csv", "--target", "y", *QUICK, "--output", tmp_path / "m")
    assert fitted.exit_code == 0
    assert "tabembed neighbors" not in fitted.stdout
    assert "none of its columns is categorical" in refused("tables", tmp_path / "m", "--output", tmp_path / "t")
    assert refused("neighbors", tmp_path / "m", "x", "1").startswith(
        "column 'x' is numeric and has no table; there are"
    )


def test_a_bug_shows_its_traceback() -> None:
    for error in (ZeroDivisionError("ours"), ImportError("cannot import name 'x'"), ValueError("not of the data")):
        assert CliRunner().invoke(_group(error), ["go"]).exception is error


def test_the_system_s_errors_are_one_line() -> None:
    for error, said in (
        (PermissionError(13, "Permission denied", "a.csv"), "error: 'a.csv': Permission denied\n"),
        (OSError(28, "No space left on device"), "error: No space left on device\n"),
        (te.DataError("first\n\tsecond"), "error: first second\n"),
        (
            ImportError("this needs 'x': pip install 'tabembed[x]'"),
            "error: this needs 'x': pip install 'tabembed[x]'\n",
        ),
    ):
        result = CliRunner().invoke(_group(error), ["go"])
        assert (result.exit_code, result.stderr) == (2, said)


def test_ctrl_c_is_one_line_and_130() -> None:
    result = CliRunner().invoke(_group(KeyboardInterrupt()), ["go"])
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def _group(error: BaseException) -> Commands:
    """Return a group with a command that raises."""

    def go() -> None:
        raise error

    return Commands(commands={"go": click.Command("go", callback=go)})


def test_python_words_become_options() -> None:
    assert in_options('leave it out with kinds={"it\'s": te.Ignored()}') == 'leave it out with --ignore "it\'s"'
    assert in_options("convert it, or leave it out with te.Ignored()").endswith("leave it out with --ignore COL")
    assert in_options("convert it, or declare te.Categorical()").endswith("or fit with --categorical COL")
    assert in_options("drop them first (df.dropna(subset=['a\\'b']))") == "drop them first"


@given(st.text())
def test_what_is_shown_is_one_line(text: str) -> None:
    for shown in (one_line(text), printable(text)):
        assert len(shown.splitlines()) <= 1


@given(st.text().filter(str.isprintable))
def test_what_is_printable_stays(text: str) -> None:
    assert printable(text) == text


def test_main_is_the_group_and_can_be_called(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["tabembed", "--version"])
    with pytest.raises(SystemExit, match="0"):
        main()
    assert capsys.readouterr().out == f"tabembed {te.__version__}\n"
