"""What a network starts from: the branches' outputs, one behind the other, and which values belong to which column."""

from __future__ import annotations

__all__ = ["JOIN", "Joined"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import keras

from ..column_dropout import ColumnDropout
from ..seeds import Seeds

JOIN = "network.concatenate"
"""The layer where all columns meet, in every model, in the order of the schema's features."""


@dataclass(frozen=True)
class Joined:
    """The branches' outputs.

    Args:
        columns: {safe name: (batch, width)} what each column's branch gives.
        dropout: {safe name: share of rows in which deep layers should not see the column}.
        declared: the columns whose kind declares that share.
        crossed: the columns that are crosses of others.
        steps: {safe name of a sequence: its steps (batch, longest, width), and which are there (batch, longest)}.
        name: of the layer that puts them one behind the other.
    """

    columns: Mapping[str, Any]
    dropout: Mapping[str, float]
    declared: frozenset[str] = frozenset()
    crossed: frozenset[str] = frozenset()
    steps: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    name: str = JOIN

    @property
    def widths(self) -> tuple[int, ...]:
        """How many values each column has."""
        return tuple(values.shape[-1] for values in self.columns.values())

    @cached_property
    def values(self) -> Any:
        """The columns one behind the other, (batch, sum of the widths)."""
        return keras.layers.Concatenate(name=self.name)(list(self.columns.values()))

    def seen_deep(self, seeds: Seeds, network: str, linear: bool = True) -> Any:
        """Return the values as deep layers should see them, (batch, sum of the widths).

        Columns of many labels are dropped whole from some rows, so that deep layers don't learn rows by their rare
        labels. Without a path beside these layers, which sees every column always, none is but by declaration.

        Args:
            seeds: of the draws.
            network: its name, the prefix of its layers' names.
            linear: whether there is a path beside the deep layers.
        """
        rates = [self.dropout[name] if linear or name in self.declared else 0.0 for name in self.columns]
        if not any(rates):
            return self.values
        return ColumnDropout(rates, self.widths, seed=seeds.next(), name=f"{network}.column_dropout")(self.values)

    def only(self, wanted: Callable[[str], bool], name: str) -> Joined:
        """Return some of the columns, or all where none is wanted.

        Args:
            wanted: takes a safe name.
            name: of the layer that puts them one behind the other.
        """
        some = {column: values for column, values in self.columns.items() if wanted(column)}
        return replace(self, columns=some, name=name) if some and len(some) < len(self.columns) else self

    def instead(self, values: Mapping[str, Any]) -> Joined:
        """Return the columns with other values of some.

        Args:
            values: {safe name: (batch, width)}.
        """
        return replace(self, columns={**self.columns, **values})

    def beside(self, name: str, values: Any) -> Joined:
        """Return the columns and one more behind them.

        Args:
            name: of the new one.
            values: (batch, width).
        """
        return replace(self, columns={**self.columns, name: values}, dropout={**self.dropout, name: 0.0})
