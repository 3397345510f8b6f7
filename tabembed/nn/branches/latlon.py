"""The branch of a geographic column: a point of the sphere, and learned waves over it."""

from __future__ import annotations

__all__ = ["latlon"]

from typing import Any

from ...schema.kinds import LatLon
from ..numeric_embeddings import PeriodicLinear
from ..sphere import Sphere
from .base import Branch

_SCALE = 3.0
"""Of the first frequencies, where nothing has chosen one: houses in California need such waves."""


def latlon(branch: Branch, kind: LatLon) -> Any:
    """Return the waves and the point's coordinates, (batch, dim + 3), the indicator of missing behind them."""
    sphere = Sphere(kind.mean or (), kind.scale or (), kind.indicator, name=f"{branch.safe}.sphere")
    waves = PeriodicLinear(
        kind.dim,
        scale=_SCALE if kind.frequency_scale is None else kind.frequency_scale,
        features=3,
        keep=True,
        seed=branch.seeds.next(),
        name=f"{branch.safe}.waves",
    )
    return waves(sphere([branch.inputs[kind.lat], branch.inputs[kind.lon]]))
