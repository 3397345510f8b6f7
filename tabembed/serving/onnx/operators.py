"""TensorFlow operators that tf2onnx 1.17 writes otherwise than they compute."""

from __future__ import annotations

__all__ = ["HANDLERS"]

from collections.abc import Callable
from typing import Any

# onnx.TensorProto's numbers of the types.
_FLOATS, _WHOLE = {1, 11}, {6, 7}


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


HANDLERS: dict[str, tuple[Callable[..., None], list[Any]]] = {
    "FloorDiv": (_floor_div, []),
    "FloorMod": (_floor_mod, []),
    "Select": (_select, []),
    "SelectV2": (_select, []),
}
"""What ``tf2onnx.convert`` takes as ``custom_op_handlers``."""
