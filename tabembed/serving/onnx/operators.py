"""TensorFlow operators that tf2onnx 1.17 doesn't know, or writes otherwise than they compute."""

from __future__ import annotations

__all__ = ["HANDLERS"]

from collections.abc import Callable
from typing import Any

import numpy as np

# onnx.TensorProto's numbers of the types.
_FLOAT, _DOUBLE = 1, 11
_FLOATS, _WHOLE = {_FLOAT, _DOUBLE}, {6, 7}


def _select(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Choose among floats by ``Where``: tf2onnx multiplies by 0 and 1, which lets NaN and infinities through."""
    from tf2onnx.onnx_opset.controlflow import Select

    if graph.get_dtype(node.output[0]) in _FLOATS:
        node.type = "Where"
    else:  # right for the rest, and onnxruntime has no Where for booleans
        Select.version_7(graph, node)


def _floor_mod(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Take the remainder of whole numbers by ``Mod``, which has the divisor's sign; tf2onnx cuts towards 0."""
    from tf2onnx.onnx_opset.math import FloorMod

    if graph.get_dtype(node.input[0]) in _WHOLE:
        node.type = "Mod"
    else:
        FloorMod.version_7(graph, node)


def _floor_div(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Divide whole numbers down: less their remainder they divide evenly. tf2onnx cuts towards 0."""
    from tf2onnx.onnx_opset.math import FloorDiv

    if graph.get_dtype(node.input[0]) not in _WHOLE:
        FloorDiv.version_6(graph, node)
        return
    dividend, divisor = node.input
    rest = graph.make_node("Mod", [dividend, divisor]).output[0]
    even = graph.make_node("Sub", [dividend, rest]).output[0]
    node.type = "Div"
    graph.replace_inputs(node, [even, divisor])


class _Terms:
    """Writes a formula in the place of a node, in doubles, so that no digit of a float is lost."""

    def __init__(self, graph: Any, node: Any) -> None:
        self._graph, self._node = graph, node
        self.argument = self.of("Cast", node.input[0], to=_DOUBLE)

    def of(self, operator: str, *terms: Any, **attributes: Any) -> str:
        """Return the name of a new node's output; a number among the terms is a constant."""
        names = [term if isinstance(term, str) else self._constant(term) for term in terms]
        return str(self._graph.make_node(operator, names, attr=attributes).output[0])

    def _constant(self, number: float) -> str:
        from tf2onnx import utils

        return str(self._graph.make_const(utils.make_name("number"), np.array(number, np.float64)).output[0])

    def polynomial(self, argument: str, coefficients: tuple[float, ...]) -> str:
        """Return the value of a polynomial, its highest power first."""
        value: Any = coefficients[0]
        for coefficient in coefficients[1:]:
            value = self.of("Add", self.of("Mul", value, argument), coefficient)
        return str(value)

    def put(self, value: str) -> None:
        """Put a value in the node's place."""
        dtypes, shapes = self._node.output_dtypes, self._node.output_shapes
        self._graph.remove_node(self._node.name)
        self._graph.make_node(
            "Cast",
            [value],
            attr={"to": dtypes[0]},
            name=self._node.name,
            outputs=self._node.output,
            dtypes=dtypes,
            shapes=shapes,
        )


def _log1p(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Return log(1 + x)."""
    terms = _Terms(graph, node)
    terms.put(terms.of("Log", terms.of("Add", terms.argument, 1.0)))


_CENTRAL = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _erfinv(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Return the inverse of the error function, to a float's last digits.

    Source: Giles 2010, "Approximating the erfinv function", GPU Computing Gems 2, table 5.
    """
    terms = _Terms(graph, node)
    x = terms.argument
    both = terms.of("Mul", terms.of("Sub", 1.0, x), terms.of("Add", 1.0, x))
    w = terms.of("Neg", terms.of("Log", both))
    central = terms.polynomial(terms.of("Sub", w, 2.5), _CENTRAL)
    tail = terms.polynomial(terms.of("Sub", terms.of("Sqrt", w), 3.0), _TAIL)
    terms.put(terms.of("Mul", terms.of("Where", terms.of("Less", w, 5.0), central, tail), x))


HANDLERS: dict[str, tuple[Callable[..., None], list[Any]]] = {
    "Erfinv": (_erfinv, []),
    "FloorDiv": (_floor_div, []),
    "FloorMod": (_floor_mod, []),
    "Log1p": (_log1p, []),
    "Select": (_select, []),
    "SelectV2": (_select, []),
}
"""What ``tf2onnx.convert`` takes as ``custom_op_handlers``."""
