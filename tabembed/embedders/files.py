"""A fitted embedder as a folder: settings as JSON, tables in Parquet; no pickle."""

from __future__ import annotations

__all__ = ["load", "save"]

import json
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..io.errors import DataError
from ..io.writes import write_aside
from ..schema.kinds import KINDS
from ..schema.schema import Schema
from ..tables import load_tables, save_tables

_FORMAT, _VERSION, _FILE = "tabembed.embedder", 1, "embedder.json"
Embedder = TypeVar("Embedder")


def save(embedder: Any, path: Path) -> None:
    """Write the folder aside and rename it; see ``Embedder.save``."""
    state = {
        "format": _FORMAT,
        "version": _VERSION,
        "class": type(embedder).__name__,
        "params": {name: _as_plain(value) for name, value in embedder.get_params(deep=False).items()},
        "fitted": {name: getattr(embedder, name) for name in ("n_features_in_", *embedder._learned)},
        "feature_names_in_": list(getattr(embedder, "feature_names_in_", [])),
    }
    with write_aside(path, directory=True, replace_directory=(path / _FILE).exists()) as aside:
        (aside / _FILE).write_text(json.dumps(state, indent=1, default=_number) + "\n", encoding="utf-8")
        save_tables(embedder.tables_, aside / "tables")


def _as_plain(value: Any) -> Any:
    """Return a setting as JSON holds it: a schema, and kinds, by their own dicts."""
    if isinstance(value, Schema):
        return {"schema": value.to_dict()}
    if isinstance(value, dict) and any(type(kind) in KINDS.values() for kind in value.values()):
        return {"kinds": {name: {"kind": kind.key, **kind.to_dict()} for name, kind in value.items()}}
    return value


def _of_plain(value: Any) -> Any:
    if isinstance(value, dict) and list(value) == ["schema"]:
        return Schema.from_dict(value["schema"])
    if isinstance(value, dict) and list(value) == ["kinds"]:
        return {name: KINDS[kind.pop("kind")].from_dict(kind) for name, kind in value["kinds"].items()}
    return value


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise DataError(
        f"an embedder is saved with plain settings only, however: {value!r}; set that argument to a number or a text"
    )


def load(cls: type[Embedder], path: Path) -> Embedder:
    """Read the folder; see ``Embedder.load``."""
    state = _read_state(path)
    if state["class"] != cls.__name__:
        raise DataError(
            f"{path} holds a {state['class']}, however: {cls.__name__}.load was called; use te.{state['class']}.load"
        )
    embedder: Any = cls(**{name: _of_plain(value) for name, value in state["params"].items()})
    vars(embedder).update(state["fitted"], tables_=load_tables(path / "tables"))
    if state["feature_names_in_"]:
        embedder.feature_names_in_ = np.array(state["feature_names_in_"], dtype=object)
    loaded: Embedder = embedder
    return loaded


def _read_state(path: Path) -> dict[str, Any]:
    try:
        state: Any = json.loads((path / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"no embedder in {path}: {error}; write one with save({str(path)!r})") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT or state.get("version") != _VERSION:
        raise DataError(f"{path} must hold an embedder of version {_VERSION}, however: its {_FILE} is another")
    return state
