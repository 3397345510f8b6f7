"""Tables made from tables: grown, narrower, whitened, side by side."""

from __future__ import annotations

__all__ = ["DerivableVectors"]

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..io.errors import DataError
from .base import LabelledVectors
from .grow import grown
from .reduce import Axes, principal_axes, whitening


class DerivableVectors(LabelledVectors):
    """Labelled vectors from which other tables can be made.

    Example:
        >>> DerivableVectors(["a", "b"], [[0.0, 5.0], [0.0, 7.0]]).reduce(1).dim
        1
    """

    def grow(self, neighbours: Mapping[Any, Any]) -> Self:
        """Return a table with new labels appended, counted 0 times; a model can start from it (``init=``).

        Args:
            neighbours: new label -> the known labels it resembles, whose mean vector it gets; None for ``unknown``.

        Raises:
            LabelError: when a neighbour isn't in the table, with the closest ones.
            DataError: for a label that is in the table already, or an empty list of neighbours.

        Example:
            >>> t = DerivableVectors(["a", "b"], [[1.0], [3.0]], unknown=[9.0])
            >>> t.grow({"c": ["a", "b"], "d": None}).vectors.tolist()
            [[1.0], [3.0], [2.0], [9.0]]
        """
        return type(self)(**grown(self, neighbours))

    def reduce(self, dim: int) -> Self:
        """Return a narrower table: principal components of the vectors, missing and unknown turned along.

        Distances are kept as well as ``dim`` directions can; for the metrics cosine and dot the origin stays.

        Args:
            dim: from 1 to the table's own dim.

        Raises:
            DataError: for another dim.

        Example:
            >>> DerivableVectors(["a", "b"], [[0.0, 5.0], [0.0, 7.0]]).reduce(1).vectors.tolist()
            [[-1.0], [1.0]]
        """
        return self._along(principal_axes(self.vectors, dim, centred=self.metric == "euclidean"))

    def whiten(self) -> Self:
        """Return the table turned and stretched so that all its directions weigh the same.

        The labels' vectors get mean 0, variance 1 in each dimension and no correlation; directions in which they do
        not differ are left out, so the dim may be smaller. Missing and unknown go along.

        Raises:
            DataError: for fewer than two labels, or labels that all have the same vector.

        Example:
            >>> DerivableVectors(["a", "b"], [[0.0, 5.0], [0.0, 7.0]]).whiten().vectors.tolist()
            [[-1.0], [1.0]]

        Source: Kessy et al. 2018, arXiv 1512.00809, section 2.3 (PCA whitening).
        """
        if len(self) < 2 or not np.ptp(self.vectors, axis=0).any():
            raise DataError(
                f"a table must have labels that differ to be whitened, however: {self._called} has {len(self)} "
                f"labels with the same vector"
            )
        return self._along(whitening(self.vectors))

    def concat(self, *others: LabelledVectors) -> Self:
        """Return a table whose vectors are these and the others' end to end: what several ways learned of a label.

        It has the labels of all; where a table lacks one, its unknown vector stands. Counts, name and metric stay as
        they are here. A table of longer vectors decides the distances: ``whiten`` the tables first to weigh them alike.

        Args:
            *others: tables of the same column, of any dim.

        Raises:
            DataError: for a table that shares no label with this one, as of another column.

        Example:
            >>> a, b = DerivableVectors(["x"], [[1.0]]), DerivableVectors(["x", "y"], [[5.0], [7.0]])
            >>> a.concat(b).labels, a.concat(b).vectors.tolist()
            (('x', 'y'), [[1.0, 5.0], [1.0, 7.0]])
        """
        tables: list[LabelledVectors] = [self, *others]
        labels = list(dict.fromkeys(label for table in tables for label in table.labels))
        for table in others:
            if len(table) and len(self) and not any(label in self for label in table.labels):
                raise DataError(
                    f"tables to put side by side must share labels, however: {table._called} has none of "
                    f"{self._called}: {tuple(table.labels[:3])}, {tuple(self.labels[:3])}"
                )
        counts = np.zeros(len(labels), np.int64)
        counts[: len(self)] = self.counts
        return self.replace(
            labels=labels,
            vectors=np.hstack([table.lookup(labels) for table in tables]),
            counts=counts,
            missing=np.concatenate([table.missing for table in tables]),
            unknown=np.concatenate([table.unknown for table in tables]),
        )

    def _along(self, axes: Axes) -> Self:
        """Return the table in other axes."""
        return self.replace(
            vectors=axes.of(self.vectors),
            missing=axes.of(self.missing[None])[0],
            unknown=axes.of(self.unknown[None])[0],
        )
