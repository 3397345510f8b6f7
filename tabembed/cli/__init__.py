"""The ``tabembed`` command; importing it loads nothing heavy."""

from __future__ import annotations

__all__: list[str] = []
