"""``load``: an exported model answers frames and files."""

from __future__ import annotations

__all__ = ["Predictor", "load"]

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from ..nn.packed import pack_spec, run_packed
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from ..schema.target import Target
from ..schema.targets import Targets
from ..tables import EmbeddingTable
from .layout import EXTRA, METRICS, answer_name, read_schema, read_tables, version_dir


def load(path: str | Path) -> Predictor:
    """Load an exported model.

    Args:
        path: ``saved_models/NAME`` (its newest version) or one version of it.

    Raises:
        DataError: when there is none, or it wasn't written by ``te.export``.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> _ = te.export(te.build_model(schema), schema, "saved_models/flights")
        >>> te.load("saved_models/flights").predict(df).shape
        (3,)
    """
    return Predictor(version_dir(path))


class Predictor:
    """An exported model with its schema and tables; made by ``te.load``.

    Args:
        path: the folder of one version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.schema: Schema = read_schema(path)
        self._target = self.schema.need_targets()
        try:
            # The restored object owns the variables; without it the function alone would lose them.
            self._restored = tf.saved_model.load(str(path))
        except (OSError, ValueError, IndexError, tf.errors.OpError) as error:
            raise DataError(
                f"the SavedModel in {path} can't be loaded: {str(error).splitlines()[0]}; export it again"
            ) from error
        self._functions: dict[str, Callable[..., tf.Tensor]] = {}

    def __repr__(self) -> str:
        tasks = ", ".join(f"{part.task} of {part.name!r}" for part in self._target.parts)
        what = f"{tasks} from {len(self.schema.features)} columns"
        return f"Predictor({str(self.path)!r}: {what})"

    @cached_property
    def tables(self) -> dict[str, EmbeddingTable]:
        """{column: EmbeddingTable}, read when first used."""
        return read_tables(self.path)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What ``export(metrics=)`` kept."""
        found: dict[str, Any] = json.loads((self.path / EXTRA / METRICS).read_text(encoding="utf-8"))
        return found

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
        encoded = self.schema.encode(data)
        found = {part.name: self._prediction(encoded, part) for part in self._target.parts}
        return self._target.frame(found) if isinstance(self._target, Targets) else found[self._target.name]

    def _prediction(self, encoded: Mapping[str, Encoded], part: Target) -> np.ndarray:
        if part.is_classification:
            return part.choose(self._run(encoded, part, "probabilities", (len(part.classes),)))
        return self._run(encoded, part, "prediction", (len(part.quantiles),) if part.quantiles else ())

    def answers(self, encoded: Mapping[str, Encoded]) -> dict[str, np.ndarray]:
        """Return {output of ``serving_default``: (n, ...)} of rows that are encoded already.

        Args:
            encoded: what ``schema.encode`` gave.
        """
        found: dict[str, np.ndarray] = {}
        for part in self._target.parts:
            own = [self._output(part, answer) for answer in ("prediction", "probabilities")]
            if part.is_classification:
                shares = self._run(encoded, part, "probabilities", (len(part.classes),))
                found |= dict(zip(own, (part.choose(shares), shares), strict=True))
            else:
                found[own[0]] = self._prediction(encoded, part)
        return found

    def predict_proba(self, data: Any) -> Any:
        """Return (n, classes) float32 probabilities; their order is ``classes_``. Of several targets {target: these}.

        Raises:
            DataError: for a regression model, or data as in ``predict``.
        """
        parts, encoded = self._with_classes(), self.schema.encode(data)
        found = {part.name: self._run(encoded, part, "probabilities", (len(part.classes),)) for part in parts}
        return found if isinstance(self._target, Targets) else found[self._target.name]

    def _with_classes(self) -> list[Target]:
        parts = [part for part in self._target.parts if part.is_classification]
        if not parts:
            raise DataError(f"this model predicts {self._target.name!r} by regression and has no classes; use predict")
        return parts

    def _run(self, encoded: Mapping[str, Encoded], part: Target, answer: str, shape: tuple[int, ...]) -> np.ndarray:
        return run_packed(self._function(self._output(part, answer)), self.schema, encoded, shape)

    def _output(self, part: Target, answer: str) -> str:
        if isinstance(self._target, Targets):
            return answer_name(self._target.output_names[part.name], answer)
        return answer

    @property
    def signatures(self) -> Mapping[str, Any]:
        """{name: function of tensors}, as ``tf.saved_model.load`` gives them."""
        found: Mapping[str, Any] = self._restored.signatures
        return found

    def _function(self, output: str) -> Callable[..., tf.Tensor]:
        """Return the function of one output, traced once: a call of it costs less than one of the signature."""
        if output not in self._functions:
            encoded = self._restored.signatures["encoded"]
            specs = {spec.name: spec for spec in pack_spec(self.schema)}
            traced = tf.function(lambda **packed: encoded(**packed)[output], autograph=False)
            self._functions[output] = traced.get_concrete_function(**specs)
        return self._functions[output]
