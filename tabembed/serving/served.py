"""A model with its schema that answers frames and files, whatever runs it; imports no TensorFlow."""

from __future__ import annotations

__all__ = ["Served"]

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..io.errors import DataError
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import Targets
from .layout import answer_name


class Served(ABC):
    """What ``te.load`` and ``te.load_onnx`` give: raw rows in, values, classes and probabilities out.

    Args:
        schema: of the model.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._target = schema.need_targets()

    @abstractmethod
    def _read(self, data: Any) -> Any:
        """Return data as ``_run`` takes it."""

    @abstractmethod
    def _run(self, rows: Any, output: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return one output of the graph, (n, *shape) float32."""

    def _said(self) -> str:
        tasks = ", ".join(f"{part.task} of {part.name!r}" for part in self._target.parts)
        return f"{tasks} from {len(self.schema.features)} columns"

    @property
    def classes_(self) -> Any:
        """The class labels in the order of the probabilities' columns; of several targets {target: labels}.

        Raises:
            DataError: for a regression model.
        """
        classes = {part.name: part.decode(np.arange(len(part.classes))) for part in self._with_classes()}
        return classes if isinstance(self._target, Targets) else classes[self._target.name]

    def predict(self, data: Any) -> Any:
        """Return (n,) values in the target's unit, or class labels.

        Quantiles are (n, quantiles), several labels a row (n, labels) of 0 and 1. Of several targets a DataFrame: a
        column for each, or for each quantile or label of it.

        Args:
            data: a frame, an Arrow stream, a dict of columns or files; the target and unknown columns are left alone.

        Raises:
            DataError: for a column that is missing or of another kind.
        """
        rows = self._read(data)
        found = {part.name: self._prediction(rows, part) for part in self._target.parts}
        return self._target.frame(found) if isinstance(self._target, Targets) else found[self._target.name]

    def _prediction(self, rows: Any, part: Target) -> np.ndarray:
        if part.is_classification:
            return part.choose(self._answer(rows, part, "probabilities", (len(part.classes),)))
        return self._answer(rows, part, "prediction", (len(part.quantiles),) if part.quantiles else ())

    def predict_proba(self, data: Any) -> Any:
        """Return (n, classes) float32 probabilities; their order is ``classes_``. Of several targets {target: these}.

        Raises:
            DataError: for a regression model, or data as in ``predict``.
        """
        parts, rows = self._with_classes(), self._read(data)
        found = {part.name: self._answer(rows, part, "probabilities", (len(part.classes),)) for part in parts}
        return found if isinstance(self._target, Targets) else found[self._target.name]

    def _with_classes(self) -> list[Target]:
        parts = [part for part in self._target.parts if part.is_classification]
        if not parts:
            raise DataError(f"this model predicts {self._target.name!r} by regression and has no classes; use predict")
        return parts

    def answers(self, rows: Any) -> dict[str, np.ndarray]:
        """Return {output of ``serving_default``: (n, ...)} of rows that are encoded already.

        Args:
            rows: what ``schema.encode`` gave.
        """
        found: dict[str, np.ndarray] = {}
        for part in self._target.parts:
            if part.is_classification:
                shares = self._answer(rows, part, "probabilities", (len(part.classes),))
                found[self._output(part, "prediction")] = part.choose(shares)
                found[self._output(part, "probabilities")] = shares
            else:
                found[self._output(part, "prediction")] = self._prediction(rows, part)
        return found

    def _answer(self, rows: Any, part: Target, answer: str, shape: tuple[int, ...]) -> np.ndarray:
        return self._run(rows, self._output(part, answer), shape)

    def _output(self, part: Target, answer: str) -> str:
        if isinstance(self._target, Targets):
            return answer_name(self._target.output_names[part.name], answer)
        return answer
