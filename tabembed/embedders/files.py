"""A fitted embedder as a folder: settings as JSON, tables in Parquet; no pickle."""

from __future__ import annotations

__all__ = ["load", "save"]

from pathlib import Path
from typing import Any, TypeVar

from ..io.writes import write_aside
from ..schema.saved import read_state, write_state
from ..tables import load_tables, save_tables

_WHAT = "embedder"
Embedder = TypeVar("Embedder")


def save(embedder: Any, path: Path) -> None:
    """Write the folder aside and rename it; see ``Embedder.save``."""
    with write_aside(path, directory=True, replace_directory=(path / f"{_WHAT}.json").exists()) as aside:
        write_state(embedder, aside, _WHAT, embedder._learned)
        save_tables(embedder.tables_, aside / "tables")
        embedder._save_more(aside)


def load(cls: type[Embedder], path: Path) -> Embedder:
    """Read the folder; see ``Embedder.load``."""
    embedder: Any = read_state(cls, path, _WHAT)
    embedder.tables_ = load_tables(path / "tables")
    embedder._load_more(path)
    loaded: Embedder = embedder
    return loaded
