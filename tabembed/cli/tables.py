"""``tabembed tables``: a model's embedding tables as files; no TensorFlow."""

from __future__ import annotations

__all__ = ["tables"]

import json
from pathlib import Path

import click

from ..io.errors import DataError
from .spoken import printable

_FORMATS = ("parquet", "npz", "safetensors", "word2vec", "tensorboard")


@click.command(epilog="Example: tabembed tables saved_models/flights --output vectors --format word2vec")
@click.argument("model_dir")
@click.option("--output", required=True, metavar="DIR", help="A new or empty folder, or one that this command wrote.")
@click.option("--format", type=click.Choice(_FORMATS), default=_FORMATS[0], show_default=True, help="Of the files.")
def tables(model_dir: str, output: str, format: str) -> None:
    """Write a model's embedding tables as files.

    A file for each column, and tables.json, which says which is which.
    """
    from ..io.writes import check_writable
    from ..serving.layout import read_tables, version_dir
    from ..tables import save_tables

    check_writable(output, directory=True)
    version = version_dir(model_dir)
    found = read_tables(version)
    if not found:
        raise DataError(f"{version} has no tables: none of its columns is categorical; fit with --categorical COL")
    save_tables(found, output, format)
    files = json.loads((Path(output) / "tables.json").read_text(encoding="utf-8"))
    for column, table in found.items():
        click.echo(f"{printable(column)}: {len(table):,} labels x {table.dim} in {Path(output) / files[column]}")
