"""What `make test` leaves to `make test-all`."""

from __future__ import annotations

from typing import Any

import pytest

LATER = {"resnet", "dcn", "deepfm", "wide_deep", "linear"}
"""What a few networks show in `make test`, `make test-all` asks of these, too."""


def some_later(networks: list[str], *more: str) -> list[Any]:
    """Return the parameters of a test of networks; those in ``LATER`` and a few more are marked as slow."""
    return [pytest.param(name, marks=pytest.mark.slow if name in {*LATER, *more} else ()) for name in networks]
