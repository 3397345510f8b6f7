"""The arguments that commands share, and what they name: the data, its schema, the declared kinds."""

from __future__ import annotations

__all__ = ["aims", "data_argument", "kind_options", "learn", "target_options"]

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..io.errors import DataError, LabelError
from ..io.names import did_you_mean

if TYPE_CHECKING:
    from ..io.row_groups import RowGroups
    from ..schema.kinds import ColumnKind
    from ..schema.schema import Schema
    from ..schema.target import Target

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_KINDS = (
    ("ignore", "Leave this column out."),
    ("categorical", "Read this column as labels."),
    ("numeric", "Read this column as numbers."),
)

data_argument: Decorator = click.argument("data", nargs=-1, required=True)
_TASKS = ("auto", "regression", "binary", "multiclass", "ordinal", "multilabel")
_LOSSES = ("mse", "mae", "huber", "log", "log1p", "poisson", "gamma", "tweedie", "quantile")
_TARGET = (
    click.option("--task", type=click.Choice(_TASKS), default=_TASKS[0], show_default=True, help="What it calls for."),
    click.option("--loss", type=click.Choice(_LOSSES), help="What a regression minimises.  [default: mse]"),
    click.option("--quantile", multiple=True, type=float, metavar="Q", help="Predict this quantile. May be repeated."),
    click.option("--power", type=float, metavar="P", help="Of a Tweedie variance, in (1, 2).  [default: 1.5]"),
)


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --task, --loss, --quantile and --power.

    Args:
        command: what ``aims`` gets the options from, as keyword arguments.

    Returns:
        The same command.
    """
    for option in reversed(_TARGET):
        command = option(command)
    return command


def aims(names: Sequence[str], task: str, loss: str | None, quantile: Sequence[float], power: float | None) -> Any:
    """Return the targets that the options declare.

    Args:
        names: the columns to predict.
        task: of each; of several columns of 0 and 1 "multilabel" makes one target.
        loss: of each, or None.
        quantile: to predict, in any order.
        power: of a Tweedie loss, or None.

    Raises:
        DataError: for options that don't fit together.
    """
    from ..schema.target import Target

    if task == "multilabel" and len(names) > 1:
        return [Target("labels", task, labels=tuple(names))]
    given = {"objective": loss, "quantiles": tuple(sorted(quantile)) or None, "power": power}
    options: dict[str, Any] = {option: value for option, value in given.items() if value is not None}
    return [Target(name, task, **options) for name in names]


def kind_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --ignore, --categorical and --numeric, each of which may be repeated.

    Args:
        command: what ``learn`` gets the options from, as keyword arguments.

    Returns:
        The same command.
    """
    for name, text in reversed(_KINDS):
        command = click.option(f"--{name}", multiple=True, metavar="COL", help=f"{text} May be repeated.")(command)
    return command


def learn(
    data: Sequence[str],
    targets: Sequence[Target],
    declared: Mapping[str, Sequence[str]],
    weight: str | None = None,
    preset: str = "fast",
) -> tuple[RowGroups, Schema]:
    """Learn the schema of the data; its rows are streamed, never all in memory.

    Args:
        data: paths, globs or folders of CSV or Parquet files.
        targets: what ``aims`` gave; none for a schema without.
        declared: {option: columns} of the options that ``kind_options`` adds.
        weight: the column of the rows' weights, which is set aside.
        preset: of the estimator that will learn from the schema: it says how numbers are read.

    Returns:
        The data's rows and its schema.

    Raises:
        DataError: for data that can't be read or learned from, or a column declared twice.
        LabelError: for a declared column that isn't there.
    """
    options = _option_of(declared)
    for target in (column for one in targets for column in one.columns):
        if target in options:
            raise DataError(f"--{options[target]} names the target {target!r}; say what the target is with --task")
    from ..estimators.presets import preset_of
    from ..io.streams import open_rows
    from ..schema.infer import infer_schema
    from ..schema.kinds import Categorical, Ignored, Numeric

    kinds: dict[str, type[ColumnKind]] = {"ignore": Ignored, "categorical": Categorical, "numeric": Numeric}
    rows = open_rows(list(data))
    for column, option in options.items():
        if column not in rows.names:
            closest = did_you_mean(column, rows.names)
            raise LabelError(f"--{option} names column {column!r}, which the data does not have; {closest}")
    chosen: dict[str, ColumnKind] = {column: kinds[option]() for column, option in options.items()}
    if weight is not None:
        if weight not in rows.names:
            closest = did_you_mean(weight, rows.names)
            raise LabelError(f"--sample-weight names column {weight!r}, which the data does not have; {closest}")
        chosen[weight] = Ignored("the rows' weights")
    numeric = preset_of(preset).numeric_kind(len(targets))
    return rows, infer_schema(rows, list(targets) or None, kinds=chosen, numeric=numeric)


def _option_of(declared: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return {column: option}; a column that two options name is refused."""
    options: dict[str, str] = {}
    for option, columns in declared.items():
        for column in columns:
            if options.setdefault(column, option) != option:
                raise DataError(
                    f"column {column!r} must be of one kind, however: --{options[column]} and --{option} both name it; "
                    f"keep one of them"
                )
    return options
