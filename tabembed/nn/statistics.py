"""Target statistics: what the target was, on average, where a label stood, and where labels stood together.

They are frozen tables: a label, or two or three of them together, has a short vector of smoothed means and of its count
beside its learned one. While a model is trained, each row's vectors come from the other folds' targets, or the network
would read the row's own answer in them (``learn_statistics``); afterwards they are looked up (``StatisticsLookup``).
"""

from __future__ import annotations

__all__ = ["Group", "TargetStatistics", "codes_of", "starts_of"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

Group = tuple[str, ...]
"""One column, or two or three whose labels count together."""


@dataclass(frozen=True, eq=False)
class TargetStatistics:
    """The frozen vectors of some groups' labels.

    Args:
        groups: whose labels they are.
        sizes: {column: rows of its table}.
        keys: (m,) int64, rising: a label, or labels together, of a group (``codes_of`` plus ``starts_of``).
        vectors: (m, width) float32: smoothed means in the target's standard deviations, or in log-odds, and the count.
        counts: (m,) rows that had the label, or all of them.
        default: (groups, width) float32, the vectors of what has no key.
    """

    groups: tuple[Group, ...]
    sizes: Mapping[str, int]
    keys: np.ndarray
    vectors: np.ndarray
    counts: np.ndarray
    default: np.ndarray

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, in order."""
        return tuple(dict.fromkeys(column for group in self.groups for column in group))

    def of(self, encoded: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return (n, groups * width) float32 the vectors of rows, as the model looks them up.

        Args:
            encoded: {column: (n,) ids}.
        """
        parts = []
        for group, start, default in zip(self.groups, starts_of(self.groups, self.sizes), self.default, strict=True):
            wanted = codes_of(encoded, self.sizes, group) + start
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            parts.append(np.where((self.keys[at] == wanted)[:, None], self.vectors[at], default))
        found: np.ndarray = np.concatenate(parts, axis=1)
        return found

    def ids_of(self, at: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (k, columns) the ids of a group's labels, and (k,) where they stand among the keys.

        Args:
            at: which group.
        """
        starts = [*starts_of(self.groups, self.sizes), np.iinfo(np.int64).max]
        places = np.arange(*np.searchsorted(self.keys, starts[at : at + 2]))
        codes, parts = self.keys[places] - starts[at], []
        for name in reversed(self.groups[at][1:]):
            codes, ids = np.divmod(codes, self.sizes[name])
            parts.append(ids)
        return np.stack([codes, *reversed(parts)], axis=1), places

    def moved(self, sizes: Mapping[str, int], ids: Mapping[str, np.ndarray]) -> TargetStatistics:
        """Return the statistics for vocabularies that have grown.

        Args:
            sizes: {column: rows of its table} now.
            ids: {column: (rows before,) the new id of each old one, -1 where it has none any more}.
        """
        keys, places = [], []
        for at, (group, start) in enumerate(zip(self.groups, starts_of(self.groups, sizes), strict=True)):
            old, held = self.ids_of(at)
            new = {name: ids[name][old[:, i]] for i, name in enumerate(group)}
            here = np.all([part >= 0 for part in new.values()], axis=0)
            keys.append(codes_of({name: part[here] for name, part in new.items()}, sizes, group) + start)
            places.append(held[here])
        order = np.argsort(joined := np.concatenate(keys), kind="stable")
        held = np.concatenate(places)[order]
        return replace(self, sizes=sizes, keys=joined[order], vectors=self.vectors[held], counts=self.counts[held])


def codes_of(encoded: Mapping[str, np.ndarray], sizes: Mapping[str, int], group: Sequence[str]) -> np.ndarray:
    """Return (n,) int64, one number for the labels of a group.

    Args:
        encoded: {column: (n,) ids}.
        sizes: {column: rows of its table}.
        group: columns.

    Example:
        >>> codes_of({"a": np.array([1, 2]), "b": np.array([0, 3])}, {"a": 5, "b": 4}, ("a", "b")).tolist()
        [4, 11]
    """
    codes: np.ndarray = np.asarray(encoded[group[0]]).astype(np.int64)
    for name in group[1:]:
        codes = codes * sizes[name] + np.asarray(encoded[name]).astype(np.int64)
    return codes


def starts_of(groups: Sequence[Group], sizes: Mapping[str, int]) -> list[int]:
    """Return where each group's keys begin.

    Args:
        groups: in order.
        sizes: {column: rows of its table}.

    Example:
        >>> starts_of([("a",), ("a", "b"), ("b",)], {"a": 5, "b": 4})
        [0, 5, 25]
    """
    starts = [0]
    for group in groups:
        room = 1
        for name in group:
            room *= int(sizes[name])
        starts.append(starts[-1] + room)
    return starts[:-1]
