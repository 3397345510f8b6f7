"""What each column is: kinds, vocabularies, inference with reasons, encoding, JSON."""

from __future__ import annotations

__all__: list[str] = []
