"""Which columns of a schema get a vector in the place of their label."""

from __future__ import annotations

__all__ = ["groups_of", "labelled_columns"]

from ..schema.kinds import Categorical
from ..schema.schema import Schema
from ..schema.shared import sharing


def labelled_columns(schema: Schema) -> dict[str, Categorical]:
    """Return {column: kind} of the columns that hold a label a row and have a table.

    A list of labels is no column of vectors, and a one-hot code has no table.

    Args:
        schema: of the columns.
    """
    found = {name: kind for name, kind in schema.features.items() if isinstance(kind, Categorical)}
    return {name: kind for name, kind in found.items() if kind.tables(name) and not schema.parts[name].ragged}


def groups_of(schema: Schema) -> list[tuple[str, ...]]:
    """Return the labelled columns, those that share a table together."""
    labelled = labelled_columns(schema)
    return list(dict.fromkeys(tuple(n for n in sharing(schema.features, name) if n in labelled) for name in labelled))
