"""Where things lie in ``saved_models/NAME/VERSION/``; imports no TensorFlow."""

from __future__ import annotations

__all__ = [
    "EXTRA",
    "METRICS",
    "SCHEMA",
    "TABLES",
    "TRAINING",
    "answer_name",
    "next_version",
    "read_schema",
    "read_tables",
    "version_dir",
    "versions",
]

from pathlib import Path
from typing import Any

from ..io.errors import DataError
from ..schema.schema import Schema

EXTRA = "assets.extra"
SCHEMA, TABLES, METRICS, TRAINING = "schema.json", "tables", "metrics.json", "training.json"


def answer_name(target: str, answer: str) -> str:
    """Return what a signature calls an answer where there are several targets.

    Args:
        target: the safe name of one of them.
        answer: "prediction" or "probabilities".

    Example:
        >>> answer_name("late", "prediction"), answer_name("late", "probabilities")
        ('late', 'late.probabilities')
    """
    return target if answer == "prediction" else f"{target}.{answer}"


def versions(path: Path) -> list[int]:
    """Return the numbers of the versions in a model's folder, rising."""
    return sorted(int(entry.name) for entry in path.iterdir() if entry.name.isdecimal() and entry.is_dir())


def version_dir(path: str | Path) -> Path:
    """Return the folder of one version: the path itself, or the newest version in it.

    Args:
        path: ``saved_models/NAME`` or ``saved_models/NAME/VERSION``.

    Raises:
        DataError: when the folder isn't there, holds no version, or wasn't exported by tabembed.
    """
    path = Path(path).expanduser()
    if not path.is_dir():
        raise DataError(
            f"no model at {path}; it must be a folder such as saved_models/NAME, written by te.export or `tabembed fit`"
        )
    if not (path / "saved_model.pb").exists():
        found = versions(path)
        if not found:
            raise DataError(
                f"{path} holds no version of a model (a folder such as {path / '1'} with a saved_model.pb in it)"
            )
        path = path / str(found[-1])
    if not (path / "saved_model.pb").exists():
        raise DataError(f"{path} holds no saved_model.pb; export the model again")
    if not (path / EXTRA / SCHEMA).exists():
        raise DataError(
            f"{path} is a SavedModel without {EXTRA}/{SCHEMA}, so not one that te.export wrote; "
            f"load it with tf.saved_model.load"
        )
    return path


def next_version(path: Path) -> int:
    """Return the number after the newest version, 1 for a new model.

    Example:
        >>> next_version(Path("saved_models/none_such"))
        1
    """
    return max(versions(path), default=0) + 1 if path.is_dir() else 1


def read_schema(path: str | Path) -> Schema:
    """Return the schema of an exported model."""
    return Schema.from_json(version_dir(path) / EXTRA / SCHEMA)


def read_tables(path: str | Path) -> dict[str, Any]:
    """Return {column: EmbeddingTable} of an exported model."""
    from ..tables import load_tables  # an ONNX file has none, and starts sooner without

    return load_tables(version_dir(path) / EXTRA / TABLES)
