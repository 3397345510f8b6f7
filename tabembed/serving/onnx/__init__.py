"""The model as one ONNX file that takes raw labels, and the predictor that runs it without TensorFlow."""

from __future__ import annotations

__all__: list[str] = []
