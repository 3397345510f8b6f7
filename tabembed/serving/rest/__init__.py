"""The server: an exported model answers over HTTP, as TensorFlow Serving's REST interface does."""

from __future__ import annotations

__all__: list[str] = []
