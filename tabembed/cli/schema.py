"""``tabembed schema``: what each column is read as, and why."""

from __future__ import annotations

__all__ = ["schema"]

from collections.abc import Sequence

import click

from ..io.errors import DataError
from .options import aims, data_argument, kind_options, learn, target_options


@click.command(epilog="Example: tabembed schema flights.csv --target arr_delay")
@data_argument
@click.option("--target", multiple=True, metavar="COL", help="The column to predict. May be repeated.")
@target_options
@kind_options
@click.option("--output", metavar="FILE.json", help="Write the schema there, too.")
def schema(
    data: Sequence[str],
    target: Sequence[str],
    task: str,
    loss: str | None,
    quantile: Sequence[float],
    power: float | None,
    ignore: Sequence[str],
    categorical: Sequence[str],
    numeric: Sequence[str],
    output: str | None,
) -> None:
    """Show what each column of DATA is read as, and why."""
    if not target and task != "auto":
        raise click.UsageError(f"--task {task} says what the target is; name it with --target COL")
    if output is not None:
        from ..io.writes import check_writable

        if not output.casefold().endswith(".json"):
            raise DataError(f"output {output!r} must end in .json")
        check_writable(output)
    targets = aims(target, task, loss, quantile, power)
    _, found = learn(data, targets, {"ignore": ignore, "categorical": categorical, "numeric": numeric})
    click.echo(repr(found))
    if output is not None:
        found.to_json(output)
