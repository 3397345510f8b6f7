"""What a branch is built from."""

from __future__ import annotations

__all__ = ["Branch", "embedding_name"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...schema.column import Column
from ..seeds import Seeds


@dataclass(frozen=True)
class Branch:
    """What a branch is built from.

    Args:
        column: the learned column; one that shares its table, with the rows of all its columns (``whole_column``).
        safe: its safe name; the names of the branch's layers begin with it and a dot.
        inputs: {column: Keras input} of all parts of the schema, (batch, 1) or of lists (batch, longest).
        seeds: of the initializers and the random masks.
        dims: {key of a table: dimensions} where they are not the kind's own (a warm start).
        shared: {table: embedding layer} of the tables that columns share; the first one's branch adds its layer.
        steps: {safe name: steps (batch, longest, width), and which are there} that a sequence's branch puts there.
    """

    column: Column
    safe: str
    inputs: Mapping[str, Any]
    seeds: Seeds
    dims: Mapping[str, int]
    shared: dict[str, Any]
    steps: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def input(self) -> Any:
        """The one input of a column that has only one."""
        return self.inputs[self.column.name]


def embedding_name(safe: str) -> str:
    """Return the name of a column's embedding layer; no safe name holds a dot, so it is nobody else's.

    Example:
        >>> embedding_name("dest")
        'dest.embedding'
    """
    return f"{safe}.embedding"
