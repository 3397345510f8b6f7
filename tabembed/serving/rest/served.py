"""One version of a model that answers requests."""

from __future__ import annotations

__all__ = ["ServedVersion"]

from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from ...io.errors import DataError
from ..predictor import load
from .batches import Batches
from .encoder import Encoder
from .metrics import Metrics
from .questions import DEFAULT, Limits, Question, Reader
from .raw_signatures import RawSignature, signature_defs

_WARM = (1, 32, 64)


class ServedVersion:
    """A version, loaded and warmed up.

    Args:
        path: its folder.
        limits: of one request.
        metrics: which count its rows.
        executor: a thread for large requests.

    Raises:
        DataError: when it can't be loaded, or can't answer.
    """

    def __init__(self, path: Path, limits: Limits, metrics: Metrics, executor: Executor) -> None:
        self.path = path
        self.version = int(path.name) if path.name.isdecimal() else 1
        self.predictor = load(path)
        self.schema = self.predictor.schema
        self.reader = Reader(self.schema, limits)
        self._encoder = Encoder(self.schema)
        self.definitions = signature_defs(path)
        self._metrics = metrics
        self.executor = executor
        self._raw: dict[str, RawSignature] = {}
        # Lists that are made of the rows that come along must not see other requests' rows.
        together = not any(kind.needs_rows for kind in self.schema.features.values())
        self.batches = Batches(self._answer, executor, together=together)
        self._warm_up()

    def _warm_up(self) -> None:
        try:
            for rows in _WARM:
                missing: dict[str, list[Any]] = {name: [None] * rows for name in self.reader.cells}
                self.predictor.answers(self._encoder.encode(missing))
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"{self.path} can't answer: {str(error).splitlines()[0]}; export it again") from error

    def _answer(self, columns: dict[str, list[Any]]) -> Mapping[str, np.ndarray]:
        encoded = self._encoder.encode(columns)
        answers = self.predictor.answers(encoded)
        self._metrics.count(encoded, len(next(iter(columns.values()))))
        return answers

    async def ask(self, data: dict[str, Any], size: int) -> tuple[Mapping[str, np.ndarray], bool]:
        """Return {output: (n, ...)} of a body's rows, and whether they came row by row.

        Args:
            data: the body's JSON object.
            size: its bytes.

        Raises:
            Refused: for rows that aren't of the schema.
        """
        name = data.get("signature_name") or DEFAULT
        if name == DEFAULT:
            question: Question = self.reader.read(data, size)
            return await self.batches.ask(question), question.by_row
        return await self._signature(name).ask(data, self.executor), "instances" in data

    def _signature(self, name: str) -> RawSignature:
        if name not in self._raw:
            self._raw[name] = RawSignature(name, self.predictor.signatures, self.reader)
        return self._raw[name]
