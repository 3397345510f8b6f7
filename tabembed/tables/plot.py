"""A picture of a table: a point for each label, and the names of as many as fit without colliding."""

from __future__ import annotations

__all__ = ["plotted"]

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..io.errors import require
from .base import LabelledVectors
from .reduce import coordinates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

_SIDES = ((5, 0, "left", "center"), (-5, 0, "right", "center"), (0, 5, "center", "bottom"), (0, -5, "center", "top"))
_TRIED = 400  # names that are tried, at most: more would not fit, and each is measured
_AVOIDED = 5_000  # points that names keep clear of, at most


def plotted(table: LabelledVectors, labels: Iterable[Any] | None, ax: Axes | None, method: str) -> Axes:
    """Answer ``EmbeddingTable.plot``."""
    if ax is None:
        ax = require("matplotlib.pyplot", "plot").subplots(figsize=(8, 6), layout="constrained")[1]
    places = coordinates(table.vectors, 2, method, table.metric == "euclidean")
    ax.scatter(places[:, 0], places[:, 1], s=_areas(table.counts), alpha=0.6, linewidths=0)
    ax.margins(0.08)
    ax.set_aspect("equal", adjustable="datalim")  # as far apart on paper as in the two dimensions
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(f"{table.name or 'table'}: {len(table):,} labels, {table.dim} dimensions drawn in 2 ({method})")
    rows = np.argsort(-table.counts, kind="stable") if labels is None else table.rows(labels)
    _name(ax, places, [(row, table.labels[row]) for row in rows[:_TRIED].tolist()])
    return ax


def _areas(counts: np.ndarray) -> np.ndarray:
    """Return a point's area for each label, its root growing with the logarithm of the count."""
    share = np.log1p(counts) / max(float(np.log1p(counts.max(initial=0))), 1.0)
    areas: np.ndarray = np.square(3.0 + 5.0 * share)
    return areas


def _name(ax: Axes, places: np.ndarray, wanted: list[tuple[int, str]]) -> None:
    """Write names beside their points, in this order; one that finds no free side is left out."""
    ax.figure.canvas.figure.draw_without_rendering()  # so that the layout is final and texts can be measured
    points = ax.transData.transform(places[:_AVOIDED])
    taken: list[Bbox] = []
    for row, label in wanted:
        for side in _SIDES:
            text = _written(ax, places[row], label, side)
            box = text.get_window_extent()
            if _free(box, taken, ax.bbox, points):
                taken.append(box)
                break
            text.remove()


def _written(ax: Axes, place: np.ndarray, label: str, side: tuple[int, int, str, str]) -> Annotation:
    x, y, horizontal, vertical = side
    shown = label if len(label) <= 24 else f"{label[:23]}…"
    text = ax.annotate(
        shown,
        tuple(place),
        (x, y),
        textcoords="offset points",
        ha=horizontal,
        va=vertical,
        fontsize=8,
        parse_math=False,
    )
    text.set_in_layout(False)
    return text


def _free(box: Bbox, taken: list[Bbox], frame: Bbox, points: np.ndarray) -> bool:
    """Return whether a name lies inside the picture and covers neither another name nor a point."""
    inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    if not inside or box.count_overlaps(taken):
        return False
    return not ((points >= box.min) & (points <= box.max)).all(axis=1).any()
