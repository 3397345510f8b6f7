"""The versions of a model on disk: the newest answers, and a newer one takes over as requests come."""

from __future__ import annotations

__all__ = ["Versions"]

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...io.errors import DataError
from ..layout import version_dir, versions
from .metrics import Metrics
from .refusals import Refused
from .served import ServedVersion

_log = logging.getLogger("tabembed.serve")


class Versions:
    """Watches the folder of a model.

    A version is loaded and warmed up beside the one that answers, which goes on until the new one takes its place;
    requests that it has begun it also ends. A version that can't be loaded, such as one that is still being copied, is
    tried again when its files have changed.

    Args:
        path: ``saved_models/NAME``, or one version of it, which is never replaced.
        load: from the folder of a version to what answers.
        metrics: which count loads.

    Raises:
        DataError: when no version of it can be loaded.
    """

    def __init__(self, path: Path, load: Callable[[Path], ServedVersion], metrics: Metrics) -> None:
        path = path.expanduser().resolve()
        self._fixed = (path / "saved_model.pb").exists()
        self._load, self._metrics = load, metrics
        self._failed: dict[Path, tuple[Any, str]] = {}
        self.folder = path.parent if self._fixed and path.name.isdecimal() else path
        self.served = self._first(path)
        self._say_served()

    @property
    def name(self) -> str:
        """The model's name: its folder's."""
        return self.folder.name

    def _first(self, path: Path) -> ServedVersion:
        if self._fixed or not path.is_dir() or not versions(path):
            return self._load(version_dir(path))
        errors = []
        for version in reversed(versions(path)):
            found, error = self._tried(path / str(version))
            if found is not None:
                return found
            errors.append(error)
        raise next(filter(None, errors))  # why the newest can't be loaded

    def of(self, name: str, version: str | None) -> ServedVersion:
        """Return what answers for a model.

        Raises:
            Refused: with 404 for another model, or a version that doesn't answer.
        """
        if name != self.name:
            raise Refused(404, f"no model {name[:100]!r} here; the model is {self.name!r}")
        if version is not None and version != str(self.served.version):
            raise Refused(
                404, f"version {version[:20]} of model {name!r} is not served; the version is {self.served.version}"
            )
        return self.served

    def poll(self) -> bool:
        """Look for another version, load it and let it take over; return whether one did. Runs beside the requests."""
        if self._fixed:
            return False
        for version in reversed(versions(self.folder) if self.folder.is_dir() else []):
            path = self.folder / str(version)
            if version == self.served.version:
                return False
            found, _ = self._tried(path)
            if found is not None:
                self.served = found
                self._say_served()
                return True
        return False

    def _tried(self, path: Path) -> tuple[ServedVersion | None, DataError | None]:
        """Return a version, or why it can't be loaded; what failed before isn't tried until its files change."""
        before = _fingerprint(path)
        if self._failed.get(path, (None, ""))[0] == before:
            return None, None
        try:
            found = self._load(version_dir(path))
            if _fingerprint(path) != before:
                raise DataError(f"{path} changed while it was read; it is still being written")
        except DataError as error:
            self._failed[path] = before, str(error)
            self._metrics.reloads.labels("failed").inc()
            _log.warning("version not loaded", extra={"fields": {"path": str(path), "error": str(error)}})
            return None, error
        self._failed.pop(path, None)
        return found, None

    def _say_served(self) -> None:
        self._metrics.serve(self.served.version)
        said = {"model": self.name, "version": self.served.version, "path": str(self.served.path)}
        _log.info("version serves", extra={"fields": said})

    def status(self) -> list[dict[str, Any]]:
        """Return what TensorFlow Serving's status tells of each version."""
        fine = {"error_code": "OK", "error_message": ""}
        failed = [
            {
                "version": path.name,
                "state": "END",
                "status": {"error_code": "FAILED_PRECONDITION", "error_message": why},
            }
            for path, (_, why) in self._failed.items()
            if path.exists()
        ]
        return [{"version": str(self.served.version), "state": "AVAILABLE", "status": fine}, *failed]


def _fingerprint(path: Path) -> list[tuple[str, int, int]]:
    """Return the files of a folder with their sizes and times."""
    found = []
    for file in sorted(path.rglob("*")):
        try:
            told = file.stat()
        except OSError:  # gone again
            continue
        found.append((str(file.relative_to(path)), told.st_size if file.is_file() else 0, told.st_mtime_ns))
    return found
