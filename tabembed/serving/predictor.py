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
from ..tables import EmbeddingTable
from .layout import EXTRA, METRICS, read_schema, read_tables, version_dir
from .served import Served


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


class Predictor(Served):
    """An exported model with its schema and tables; made by ``te.load``.

    Args:
        path: the folder of one version.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(read_schema(path))
        self.path = path
        try:
            # The restored object owns the variables; without it the function alone would lose them.
            self._restored = tf.saved_model.load(str(path))
        except (OSError, ValueError, IndexError, tf.errors.OpError) as error:
            raise DataError(
                f"the SavedModel in {path} can't be loaded: {str(error).splitlines()[0]}; export it again"
            ) from error
        self._functions: dict[str, Callable[..., tf.Tensor]] = {}

    def __repr__(self) -> str:
        return f"Predictor({str(self.path)!r}: {self._said()})"

    @cached_property
    def tables(self) -> dict[str, EmbeddingTable]:
        """{column: EmbeddingTable}, read when first used."""
        return read_tables(self.path)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What ``export(metrics=)`` kept."""
        found: dict[str, Any] = json.loads((self.path / EXTRA / METRICS).read_text(encoding="utf-8"))
        return found

    def _read(self, data: Any) -> dict[str, Encoded]:
        return self.schema.encode(data)

    def _run(self, rows: Mapping[str, Encoded], output: str, shape: tuple[int, ...]) -> np.ndarray:
        return run_packed(self._function(output), self.schema, rows, shape)

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
