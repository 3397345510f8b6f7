"""A fitted estimator as a folder: settings and schema as JSON, the model as ``.keras``; no pickle."""

from __future__ import annotations

__all__ = ["load", "save"]

from pathlib import Path
from typing import Any, TypeVar

import keras

from ..io.errors import DataError
from ..io.writes import write_aside
from ..schema.saved import read_state, write_state
from ..schema.schema import Schema

_WHAT, _LEARNED = "estimator", ("history_", "n_epochs_", "metrics_", "network_options_")
Estimator = TypeVar("Estimator")


def save(estimator: Any, path: Path) -> None:
    """Write the folder aside and rename it; see ``TabularEstimator.save``."""
    with write_aside(path, directory=True, replace_directory=(path / f"{_WHAT}.json").exists()) as aside:
        write_state(estimator, aside, _WHAT, _LEARNED)
        estimator.schema_.to_json(aside / "schema.json")
        estimator.model_.save(aside / "model.keras")


def load(cls: type[Estimator], path: Path) -> Estimator:
    """Read the folder; see ``TabularEstimator.load``."""
    estimator: Any = read_state(cls, path, _WHAT)
    estimator._set_model(Schema.from_json(path / "schema.json"), _read_model(path / "model.keras"))
    loaded: Estimator = estimator
    return loaded


def _read_model(path: Path) -> keras.Model:
    try:
        return keras.saving.load_model(path)
    except (OSError, ValueError) as error:
        raise DataError(f"the model in {path} can't be loaded: {str(error).splitlines()[0]}; save it again") from error
