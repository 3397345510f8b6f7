"""The command line in this process, which has TensorFlow already."""

from __future__ import annotations

from click.testing import CliRunner, Result

from tabembed.cli.main import main


def run_here(*arguments: object) -> Result:
    """Run `tabembed` with the arguments; an exception that isn't an exit is raised here."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], "", None, False, prog_name="tabembed")
