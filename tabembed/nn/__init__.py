"""The Keras side: one branch a column, networks, heads, the row-wise optimizer, batches, the training recipe."""

from __future__ import annotations

__all__: list[str] = []
