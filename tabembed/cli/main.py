"""``tabembed``: the console script; a command stands in the file of its name and imports what it needs as it runs."""

from __future__ import annotations

__all__ = ["main"]

import click

from .. import __version__
from .commands import Commands
from .fit import fit
from .neighbors import neighbors
from .predict import predict
from .schema import schema
from .serve import serve
from .tables import tables


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tabembed", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Learned vectors for the categories of a table.

    DATA is CSV or Parquet: a path, a glob, a folder, or several of these. MODEL_DIR is saved_models/NAME (its newest
    version) or one version of it.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        raise click.UsageError(f"name a command: {', '.join(main.list_commands(ctx))}")


for command in (fit, predict, neighbors, tables, schema, serve):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="tabembed")
