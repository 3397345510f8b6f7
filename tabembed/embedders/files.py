"""A fitted embedder as a folder: settings as JSON, tables in Parquet; no pickle."""

from __future__ import annotations

__all__ = ["load", "save"]

from pathlib import Path
from typing import Any

from ..io.writes import write_aside
from ..schema.saved import read_state, write_state
from ..tables import load_tables, save_tables

_WHAT = "embedder"


def save(embedder: Any, path: Path) -> None:
    """Write the folder aside and rename it; see ``Embedder.save``."""
    with write_aside(path, directory=True, replace_directory=(path / f"{_WHAT}.json").exists()) as aside:
        write_state(embedder, aside, _WHAT, embedder._learned)
        for name in embedder._tables:
            save_tables(getattr(embedder, name), aside / name.rstrip("_"))
        embedder._save_more(aside)


def load(cls: Any, path: Path) -> Any:
    """Read the folder; see ``Embedder.load``."""
    embedder = read_state(cls, path, _WHAT)
    vars(embedder).update({name: load_tables(path / name.rstrip("_")) for name in cls._tables})
    embedder._load_more(path)
    return embedder
