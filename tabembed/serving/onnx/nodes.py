"""The part of an ONNX graph that stands in front of the model, node by node."""

from __future__ import annotations

__all__ = ["Front"]

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...io.errors import require
from .takes import Take


class Front:
    """Nodes from the graph's inputs to the model's; made once, read by ``export_onnx``.

    Args:
        takes: {input name: what it takes}.
    """

    def __init__(self, takes: dict[str, Take]) -> None:
        self._onnx = require("onnx", "onnx")
        self.opset = 0  # what the nodes need at the least
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs = [self._input(name, take) for name, take in takes.items()]
        self._names = {take: name for name, take in takes.items()}

    def _input(self, name: str, take: Take) -> Any:
        dtype = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype("O" if take.dtype == "string" else take.dtype))
        return self._onnx.helper.make_tensor_value_info(name, dtype, ["rows", None] if take.lists else ["rows"])

    def __getitem__(self, take: Take) -> str:
        """Return the name of an input."""
        return self._names[take]

    def add(self, operator: str, *inputs: str, output: str | None = None, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return its name.

        Args:
            operator: ONNX' name of it.
            *inputs: names.
            output: its name; None for one of its own.
            domain: of the operator.
            **attributes: the operator's own.
        """
        name = f"raw/{len(self.nodes)}"
        node = self._onnx.helper.make_node(
            operator, list(inputs), [output or name], name=name, domain=domain, **attributes
        )
        self.nodes.append(node)
        return output or name

    def constant(self, values: Any, dtype: str = "int64") -> str:
        """Add a constant and return its name."""
        name = f"raw/constant_{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def split(self, texts: str, separator: str) -> str:
        """Return (n, longest) parts of (n,) texts, right-padded with ""."""
        parts = self.add("StringSplit", texts, delimiter=separator)
        self.nodes[-1].output.append(f"{parts}.counts")
        self.opset = 20  # onnxruntime 1.17 (2024) and later
        return parts

    def lookup(self, texts: str, labels: Sequence[str], values: Sequence[int], default: int) -> str:
        """Return int64 of texts, the shape kept.

        Args:
            texts: name.
            labels: distinct ones.
            values: of each label.
            default: of any other text.
        """
        return self.add(
            "LabelEncoder",
            texts,
            domain="ai.onnx.ml",
            keys_strings=list(labels),
            values_int64s=list(values),
            default_int64=default,
        )
