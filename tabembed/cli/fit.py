"""``tabembed fit``: learn the schema, train, export; what can be checked is checked before TensorFlow is imported."""

from __future__ import annotations

__all__ = ["fit"]

import itertools
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..io.errors import DataError
from .options import aims, data_argument, kind_options, learn, target_options

if TYPE_CHECKING:
    from ..schema.schema import Schema

_NETWORKS = ("mlp", "linear", "wide_deep", "resnet", "dcn", "deepfm", "transformer", "tabm", "lstm")
"""A test compares them with the real ones, whose import takes seconds."""


@click.command(
    epilog="""\b
Examples:
  tabembed fit flights.csv --target arr_delay
  tabembed fit "2013-*.parquet" --target late --categorical flight --ignore time_hour
"""
)
@data_argument
@click.option("--target", required=True, multiple=True, metavar="COL", help="The column to predict. May be repeated.")
@click.option(
    "--output", metavar="DIR", help="Where the model goes: DIR/1, DIR/2, ... [default: saved_models/NAME OF DATA]"
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so many passes over the data; it may stop earlier.",
)
@click.option(
    "--batch-size", type=click.IntRange(min=1), metavar="N", help="Rows a step.  [default: by the number of rows]"
)
@click.option(
    "--preset", type=click.Choice(("fast", "default", "best")), default="default", show_default=True, help="The recipe."
)
@click.option("--network", type=click.Choice(_NETWORKS), help="In place of the preset's.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Training ends by then."
)
@click.option("--seed", "random_state", type=click.IntRange(min=0), metavar="N", help="Makes training repeatable.")
@target_options
@click.option("--sample-weight", metavar="COL", help="The column that says how much each row counts.")
@click.option("--balanced", is_flag=True, help="Let each class count alike in training, however many rows it has.")
@kind_options
@click.option("--quiet", is_flag=True, help="No tables and no progress bar; only where the model lies.")
def fit(
    data: Sequence[str],
    target: Sequence[str],
    output: str | None,
    task: str,
    loss: str | None,
    quantile: Sequence[float],
    power: float | None,
    sample_weight: str | None,
    ignore: Sequence[str],
    categorical: Sequence[str],
    numeric: Sequence[str],
    quiet: bool,
    **settings: Any,
) -> None:
    """Train a model of DATA and export it with all that it needs."""
    folder = _checked(output or default_output(data))
    targets = aims(target, task, loss, quantile, power)
    declared = {"ignore": ignore, "categorical": categorical, "numeric": numeric}
    rows, schema = learn(data, targets, declared, sample_weight, settings["preset"])
    _refuse_no_features(schema)
    _refuse_no_steps(schema, settings["network"])
    if not quiet:
        click.echo(repr(schema))
    estimator = _estimator(schema, settings, quiet)
    started = time.perf_counter()
    estimator.fit_schema(schema, rows, sample_weight)
    seconds = time.perf_counter() - started
    version = estimator.export(folder)
    if quiet:
        click.echo(str(version))
        return
    from .report import show_report

    show_report(estimator, version, rows.rows, seconds)


def default_output(data: Sequence[str]) -> Path:
    """Return saved_models/NAME for data of that name.

    Args:
        data: paths, globs or folders; what several have in common is the name.

    Example:
        >>> default_output(["in/flights.csv.gz"]).as_posix(), default_output(["in/2013-*.parquet"]).as_posix()
        ('saved_models/flights', 'saved_models/2013')
        >>> default_output(["in/*.csv"]).as_posix(), default_output(["a-1.csv", "a-2.csv"]).as_posix()
        ('saved_models/in', 'saved_models/a')
    """
    names = [Path(path).name for path in data]
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    common = names[0] if len(names) == 1 else "".join(letters[0] for letters in same) + "*"
    stem = re.sub(r"(\.(csv|tsv|parquet))(\.gz)?$", "", common, flags=re.IGNORECASE)
    stem = re.split(r"[*?\[]", stem)[0].strip("-_. ")
    return Path("saved_models") / (stem or Path(data[0]).resolve().parent.name.strip("*?[]") or "model")


def _checked(folder: str | Path) -> Path:
    """Return the folder of the versions, after a look at whether a model can be written there."""
    from ..io.writes import check_writable

    folder = Path(folder)
    if (folder / "saved_model.pb").exists():
        raise DataError(
            f"output {str(folder)!r} is one version of a model; give the folder above it, the next version goes there"
        )
    check_writable(folder, directory=True)
    return folder


def _refuse_no_features(schema: Schema) -> None:
    if not schema.features:
        aside = "; ".join(f"{column.name!r} is {column.reason}" for column in schema.columns[:3])
        raise DataError(
            f"the data must hold a column to learn from beside the target, however: {aside or 'there is none'}; "
            f"declare one with --categorical COL or --numeric COL"
        )


def _refuse_no_steps(schema: Schema, network: str | None) -> None:
    if network == "lstm" and not any(kind.key == "sequence" for kind in schema.features.values()):
        raise DataError(
            "--network lstm needs a column of steps, however: the data has none that a command reads as such; "
            "declare a te.Sequence in Python (docs/networks.md), or choose another network"
        )


def _estimator(schema: Schema, settings: dict[str, Any], quiet: bool) -> Any:
    """Return the unfitted estimator of the target's task; what was not given stays at the estimator's default."""
    from .quiet import import_tensorflow

    import_tensorflow()
    from ..estimators import TabularClassifier, TabularRegressor

    given = {name: value for name, value in settings.items() if value is not None}
    balanced = given.pop("balanced")
    given["verbose"] = 0 if quiet else 1
    if not schema.need_targets().is_classification:
        if balanced:
            raise DataError("--balanced weighs classes, however: the target is a number; leave it out")
        return TabularRegressor(**given)
    return TabularClassifier(**given, class_weight="balanced" if balanced else None)
