"""``tabembed neighbors``: the labels nearest to one label; no TensorFlow."""

from __future__ import annotations

__all__ = ["neighbors"]

from pathlib import Path

import click

from ..io.errors import LabelError
from ..io.names import did_you_mean
from .spoken import printable


# A label such as -5 is no option.
@click.command(
    epilog="Example: tabembed neighbors saved_models/flights dest BOS -k 3",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("model_dir")
@click.argument("column")
@click.argument("label")
@click.option("-k", type=click.IntRange(min=1), default=5, metavar="N", show_default=True, help="How many.")
def neighbors(model_dir: str, column: str, label: str, k: int) -> None:
    """List the labels of COLUMN nearest to LABEL, with their distances."""
    from ..serving.layout import read_tables, version_dir

    version = version_dir(model_dir)
    tables = read_tables(version)
    if column not in tables:
        raise LabelError(_no_table(column, version, list(tables)))
    found = tables[column].neighbors(label, k=k)
    from rich.cells import cell_len

    texts = [printable(other) for other, _ in found]
    width = max(map(cell_len, texts), default=0)
    for text, (_, distance) in zip(texts, found, strict=True):
        click.echo(f"{text}{' ' * (width - cell_len(text))}  {distance:.4f}")


def _no_table(column: str, version: Path, tables: list[str]) -> str:
    from ..serving.layout import read_schema

    schema = read_schema(version)
    known = f"is {schema[column].key} and has no table" if column in schema else f"has no table in {version}"
    return f"column {column!r} {known}; {did_you_mean(column, tables, 'columns with one')}"
