"""A fitted estimator as a folder: settings and schema as JSON, the model as ``.keras``; no pickle."""

from __future__ import annotations

__all__ = ["load", "save"]

import json
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np

from ..io.errors import DataError
from ..io.writes import write_aside
from ..schema.kinds import KINDS
from ..schema.schema import Schema

_FORMAT, _VERSION = "tabembed.estimator", 1
_FITTED = ("history_", "n_epochs_", "metrics_", "n_features_in_")
Estimator = TypeVar("Estimator")


def save(estimator: Any, path: Path) -> None:
    """Write the folder aside and rename it; see ``TabularEstimator.save``."""
    kinds = estimator.kinds and {name: {"kind": kind.key, **kind.to_dict()} for name, kind in estimator.kinds.items()}
    state = {
        "format": _FORMAT,
        "version": _VERSION,
        "class": type(estimator).__name__,
        "params": {**estimator.get_params(deep=False), "kinds": kinds},
        "fitted": {name: getattr(estimator, name) for name in _FITTED if hasattr(estimator, name)},
        "feature_names_in_": list(getattr(estimator, "feature_names_in_", [])),
    }
    ours = (path / "estimator.json").exists()
    with write_aside(path, directory=True, replace_directory=ours) as aside:
        (aside / "estimator.json").write_text(json.dumps(state, indent=1, default=_plain) + "\n", encoding="utf-8")
        estimator.schema_.to_json(aside / "schema.json")
        estimator.model_.save(aside / "model.keras")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise DataError(
        f"an estimator is saved with plain settings only, however: {value!r}; set that argument to a number or a text"
    )


def load(cls: type[Estimator], path: Path) -> Estimator:
    """Read the folder; see ``TabularEstimator.load``."""
    state = _read_state(path)
    if state["class"] != cls.__name__:
        raise DataError(
            f"{path} holds a {state['class']}, however: {cls.__name__}.load was called; use te.{state['class']}.load"
        )
    params = state["params"]
    if params["kinds"] is not None:
        params["kinds"] = {name: _kind_of(dict(kind)) for name, kind in params["kinds"].items()}
    estimator: Any = cls(**params)
    estimator.schema_ = Schema.from_json(path / "schema.json")
    estimator.model_ = _read_model(path / "model.keras")
    vars(estimator).update(state["fitted"])
    if state["feature_names_in_"]:
        estimator.feature_names_in_ = np.array(state["feature_names_in_"], dtype=object)
    target = estimator.schema_.need_target()
    if target.is_classification:
        estimator.classes_ = target.decode(np.arange(len(target.classes)))
    loaded: Estimator = estimator
    return loaded


def _read_state(path: Path) -> dict[str, Any]:
    try:
        state: Any = json.loads((path / "estimator.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"no estimator in {path}: {error}; write one with save({str(path)!r})") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT or state.get("version") != _VERSION:
        raise DataError(f"{path} must hold an estimator of version {_VERSION}, however: its estimator.json is another")
    return state


def _read_model(path: Path) -> keras.Model:
    try:
        return keras.saving.load_model(path)
    except (OSError, ValueError) as error:
        raise DataError(f"the model in {path} can't be loaded: {str(error).splitlines()[0]}; save it again") from error


def _kind_of(data: dict[str, Any]) -> Any:
    return KINDS[data.pop("kind")].from_dict(data)
