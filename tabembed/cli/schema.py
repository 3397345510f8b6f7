"""``tabembed schema``: what each column is read as, and why."""

from __future__ import annotations

__all__ = ["schema"]

from collections.abc import Sequence

import click

from ..io.errors import DataError
from .options import data_argument, kind_options, learn, task_option


@click.command(epilog="Example: tabembed schema flights.csv --target arr_delay")
@data_argument
@click.option("--target", metavar="COL", help="The column to predict.")
@task_option
@kind_options
@click.option("--output", metavar="FILE.json", help="Write the schema there, too.")
def schema(
    data: Sequence[str],
    target: str | None,
    task: str,
    ignore: Sequence[str],
    categorical: Sequence[str],
    numeric: Sequence[str],
    output: str | None,
) -> None:
    """Show what each column of DATA is read as, and why."""
    if target is None and task != "auto":
        raise click.UsageError(f"--task {task} says what the target is; name it with --target COL")
    if output is not None:
        from ..io.writes import check_writable

        if not output.casefold().endswith(".json"):
            raise DataError(f"output {output!r} must end in .json")
        check_writable(output)
    _, found = learn(data, target, task, {"ignore": ignore, "categorical": categorical, "numeric": numeric})
    click.echo(repr(found))
    if output is not None:
        found.to_json(output)
