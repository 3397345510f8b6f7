"""The files a table can stand in, one module each; none of them runs code from a file."""

from __future__ import annotations

__all__: list[str] = []
