"""What Prometheus reads: how long requests took, and which share of the cells is new or missing."""

from __future__ import annotations

__all__ = ["Metrics"]

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from ...schema.ragged import Encoded, Ragged
from ...schema.vocabulary import MISSING_ID, UNKNOWN_ID

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Shares:
    """The shares since the start, worked out when they are read."""

    def __init__(self, cells: dict[str, list[int]]) -> None:
        self._cells = cells

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the share of each column's cells that is unknown, and missing."""
        for at, what in enumerate(("unknown", "missing"), 1):
            family = GaugeMetricFamily(
                f"tabembed_{what}_share",
                f"Share of a column's cells that were {what}, since the start",
                labels=["column"],
            )
            for column, counts in self._cells.items():
                family.add_metric([column], counts[at] / max(1, counts[0]))
            yield family


class Metrics:
    """The counts of one server.

    Args:
        model: the model's name, a label of every figure.
    """

    def __init__(self, model: str) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "tabembed_request_seconds",
            "Seconds from a predict request to its answer",
            ["code"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.rows = Counter("tabembed_rows", "Rows that were answered", registry=self.registry)
        self.version = Gauge("tabembed_model_version", "The version that answers", ["model"], registry=self.registry)
        self.reloads = Counter(
            "tabembed_reloads", "Versions that were loaded, or failed", ["state"], registry=self.registry
        )
        self._model = model
        self._cells: dict[str, list[int]] = {}
        self._children: dict[int, Any] = {}
        self.registry.register(_Shares(self._cells))

    def observe(self, code: int, seconds: float) -> None:
        """Count one request."""
        child = self._children.get(code)
        if child is None:
            child = self._children[code] = self.seconds.labels(str(code))
        child.observe(seconds)

    def serve(self, version: int) -> None:
        """Say which version answers from now on."""
        self.version.labels(self._model).set(version)
        self.reloads.labels("loaded").inc()

    def count(self, encoded: Mapping[str, Encoded], rows: int) -> None:
        """Count the cells of rows that were answered.

        Args:
            encoded: what ``schema.encode`` gave; a list counts as one cell, missing where it is empty.
            rows: how many.
        """
        self.rows.inc(rows)
        for column, values in encoded.items():
            counts = self._cells.setdefault(column, [0, 0, 0])
            counts[0] += rows
            if isinstance(values, Ragged):
                counts[2] += int((values.lengths == 0).sum())
                if values.dtype.kind in "iu":  # rows in which an item is unknown
                    unknown = np.flatnonzero(values.values == UNKNOWN_ID)
                    counts[1] += len(np.unique(np.searchsorted(values.offsets, unknown, side="right")))
            elif values.dtype.kind in "iu":
                counts[1] += int(np.count_nonzero(values == UNKNOWN_ID))
                counts[2] += int(np.count_nonzero(values == MISSING_ID))
            else:
                gone = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
                counts[2] += int(np.count_nonzero(gone))

    def text(self) -> bytes:
        """Return all in Prometheus' text format."""
        return generate_latest(self.registry)
