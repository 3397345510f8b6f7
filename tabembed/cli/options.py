"""The arguments that commands share, and what they name: the data, its schema, the declared kinds."""

from __future__ import annotations

__all__ = ["data_argument", "kind_options", "learn", "task_option"]

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..io.errors import DataError, LabelError
from ..io.names import did_you_mean

if TYPE_CHECKING:
    from ..io.row_groups import RowGroups
    from ..schema.kinds import ColumnKind
    from ..schema.schema import Schema

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_KINDS = (
    ("ignore", "Leave this column out."),
    ("categorical", "Read this column as labels."),
    ("numeric", "Read this column as numbers."),
)

data_argument: Decorator = click.argument("data", nargs=-1, required=True)
task_option: Decorator = click.option(
    "--task",
    type=click.Choice(["auto", "regression", "binary", "multiclass"]),
    default="auto",
    show_default=True,
    help="What the target calls for.",
)


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
    data: Sequence[str], target: str | None, task: str, declared: Mapping[str, Sequence[str]]
) -> tuple[RowGroups, Schema]:
    """Learn the schema of the data; its rows are streamed, never all in memory.

    Args:
        data: paths, globs or folders of CSV or Parquet files.
        target: the column to predict, or None.
        task: "auto", "regression", "binary" or "multiclass".
        declared: {option: columns} of the options that ``kind_options`` adds.

    Returns:
        The data's rows and its schema.

    Raises:
        DataError: for data that can't be read or learned from, or a column declared twice.
        LabelError: for a declared column that isn't there.
    """
    options = _option_of(declared)
    if target in options:
        raise DataError(f"--{options[target]} names the target {target!r}; say what the target is with --task")
    from ..io.streams import open_rows
    from ..schema.infer import infer_schema
    from ..schema.kinds import Categorical, Ignored, Numeric

    kinds: dict[str, type[ColumnKind]] = {"ignore": Ignored, "categorical": Categorical, "numeric": Numeric}
    rows = open_rows(list(data))
    for column, option in options.items():
        if column not in rows.names:
            closest = did_you_mean(column, rows.names)
            raise LabelError(f"--{option} names column {column!r}, which the data does not have; {closest}")
    chosen = {column: kinds[option]() for column, option in options.items()}
    return rows, infer_schema(rows, target, kinds=chosen, task=task)


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
