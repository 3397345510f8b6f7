"""From a model to a service: the SavedModel that takes raw rows, and the predictor that loads it."""

from __future__ import annotations

__all__: list[str] = []
