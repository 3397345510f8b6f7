"""What a fitted object was told and has learned, as readable JSON; estimators and embedders save by it, no pickle."""

from __future__ import annotations

__all__ = ["read_state", "settings_of", "write_state"]

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..io.errors import DataError
from .kinds import KINDS, ColumnKind
from .schema import Schema

_VERSION = 1
Fitted = TypeVar("Fitted")


def settings_of(fitted: Any) -> dict[str, Any]:
    """Return a scikit-learn object's arguments, kinds and schemas as plain values.

    Args:
        fitted: has ``get_params``.
    """
    settings: dict[str, Any] = fitted.get_params(deep=False)
    if settings.get("kinds"):
        settings["kinds"] = {name: {"kind": kind.key, **kind.to_dict()} for name, kind in settings["kinds"].items()}
    if settings.get("schema") is not None:
        settings["schema"] = settings["schema"].to_dict()
    return settings


def write_state(fitted: Any, folder: Path, what: str, learned: Iterable[str]) -> None:
    """Write ``what.json``: the class, its arguments, and what it has learned that is plain.

    Args:
        fitted: the object.
        folder: where the file will stand.
        what: "estimator" or "embedder".
        learned: names of fitted attributes; those that aren't there are left out.

    Raises:
        DataError: for an argument that isn't a plain value.
    """
    state = {
        "format": f"tabembed.{what}",
        "version": _VERSION,
        "class": type(fitted).__name__,
        "params": settings_of(fitted),
        "fitted": {name: getattr(fitted, name) for name in ("n_features_in_", *learned) if hasattr(fitted, name)},
        "feature_names_in_": list(getattr(fitted, "feature_names_in_", [])),
    }

    def plain(value: Any) -> Any:
        """Return a NumPy number as Python's, a path as text."""
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        raise DataError(
            f"an {what} is saved with plain settings only, however: {value!r}; set that argument to a number or a text"
        )

    (folder / f"{what}.json").write_text(json.dumps(state, indent=1, default=plain) + "\n", encoding="utf-8")


def read_state(cls: type[Fitted], folder: Path, what: str) -> Fitted:
    """Return an object with the arguments and the learned attributes that ``write_state`` wrote.

    Args:
        cls: its class.
        folder: where the file stands.
        what: "estimator" or "embedder".

    Raises:
        DataError: when there is no such file, it is of another version, or it holds another class.
    """
    state = _checked_state(folder, what)
    if state["class"] != cls.__name__:
        raise DataError(
            f"{folder} holds a {state['class']}, however: {cls.__name__}.load was called; use te.{state['class']}.load"
        )
    settings = state["params"]
    if settings.get("kinds"):
        settings["kinds"] = {name: _kind_of(kind) for name, kind in settings["kinds"].items()}
    if settings.get("schema") is not None:
        settings["schema"] = Schema.from_dict(settings["schema"])
    fitted = cls(**settings)
    vars(fitted).update(state["fitted"])
    if state["feature_names_in_"]:
        vars(fitted)["feature_names_in_"] = np.array(state["feature_names_in_"], dtype=object)
    return fitted


def _checked_state(folder: Path, what: str) -> dict[str, Any]:
    try:
        state: Any = json.loads((folder / f"{what}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"no {what} in {folder}: {error}; write one with save({str(folder)!r})") from error
    if not isinstance(state, dict) or (state.get("format"), state.get("version")) != (f"tabembed.{what}", _VERSION):
        raise DataError(f"{folder} must hold an {what} of version {_VERSION}, however: its {what}.json is another")
    return state


def _kind_of(data: dict[str, Any]) -> ColumnKind:
    return KINDS[data.pop("kind")].from_dict(data)
