"""Sentences for the command line: in one line, and a fix that the library names in Python as an option."""

from __future__ import annotations

__all__ = ["in_options", "one_line", "printable"]

import re

_NAME = r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_OPTIONS = (
    (rf"kinds=\{{{_NAME}: te\.Ignored\(\)\}}", r"--ignore \1"),
    (r"with te\.Ignored\(\)", "with --ignore COL"),
    (r"declare another kind with kinds=\{\.\.\.\}", "fit with --categorical COL"),
    (r"declare te\.Categorical\(\)", "fit with --categorical COL"),
    (rf" \(df\.dropna\(subset=\[{_NAME}\]\)\)", ""),
    (r"\btask='(\w+)'", r"--task \1"),
    (r"pass another task\b(, or use te\.\w+)?", "pass another --task"),
)


def in_options(text: str) -> str:
    """Return a sentence in which arguments of Python calls are options of the command line.

    Args:
        text: what a ``DataError`` or ``DataWarning`` says.

    Returns:
        The sentence; unchanged where it names no such argument.

    Example:
        >>> in_options("column 'a b' is empty; leave it out with kinds={'a b': te.Ignored()}")
        "column 'a b' is empty; leave it out with --ignore 'a b'"
    """
    for pattern, option in _OPTIONS:
        text = re.sub(pattern, option, text)
    return text


def one_line(text: str) -> str:
    r"""Return a text without line breaks.

    Example:
        >>> one_line("choose from:\n\tcsv,\n\tparquet")
        'choose from: csv, parquet'
    """
    return " ".join(part for line in text.splitlines() if (part := line.strip()))


def printable(text: str) -> str:
    r"""Return a label as one line of a list: what can't be printed is escaped.

    Example:
        >>> printable("a\nb"), printable("größe")
        ('a\\nb', 'größe')
    """
    return text if text.isprintable() else repr(text)[1:-1]
