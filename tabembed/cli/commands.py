"""The group of commands: a user's mistake is one line on stderr and exit code 2; a real bug shows its traceback."""

from __future__ import annotations

__all__ = ["Commands"]

import os
import sys
import warnings
from typing import Any, TextIO

import click

from ..io.errors import DataError, DataWarning
from ..io.names import did_you_mean
from .spoken import in_options, one_line

_WRONG, _INTERRUPTED = 2, 130


class Commands(click.Group):
    """A ``click.Group`` that answers a mistake with one line and exit code 2, and Ctrl-C with one line and 130."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command that the arguments name, and exit.

        Args:
            *args: as ``click.Command.main``; ``sys.argv`` where there are none.
            **extra: the same.
        """
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # what the terminal can't show must not end the command
                stream.reconfigure(errors="backslashreplace")
        with warnings.catch_warnings():
            warnings.simplefilter("default", DataWarning)
            warnings.showwarning = _show_warning
            try:
                code = super().main(*args, **{**extra, "standalone_mode": False})
            except click.ClickException as error:
                code = _refuse(error.format_message())
            except DataError as error:
                code = _refuse(str(error))
            except ImportError as error:
                if "pip install" not in str(error):  # not an extra that isn't installed
                    raise
                code = _refuse(str(error))
            except OSError as error:
                code = _refuse(f"{_path(error)}{error.strerror or error}")
        sys.exit(code or 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C ends it with one line."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _say("interrupted")
            # After Ctrl-C inside an exec of text (TensorFlow's import has some) Python itself dies of the signal;
            # another exec takes that back, so that the exit code is ours.
            exec("")
            ctx.exit(_INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names in the order they were added, not by the alphabet."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names, or say which one is closest.

        Raises:
            click.UsageError: when there is none of this name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise click.UsageError(f"no command {name!r}; {did_you_mean(name, self.commands, 'commands')}")
        return super().resolve_command(ctx, args)


def _refuse(message: str) -> int:
    _say(f"error: {in_options(message)}")
    return _WRONG


def _say(message: str) -> None:
    click.echo(one_line(message), err=True)


def _path(error: OSError) -> str:
    return "" if error.filename is None else f"{os.fsdecode(error.filename)!r}: "


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Take the place of ``warnings.showwarning``: the sentence alone, not where in our code it was said."""
    _say(f"warning: {in_options(str(message))}")
