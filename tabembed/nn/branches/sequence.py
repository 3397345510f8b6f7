"""The branch of a sequence: each step's vectors and numbers side by side, then a recurrent network over the steps."""

from __future__ import annotations

__all__ = ["sequence"]

from collections.abc import Callable
from typing import Any

import keras

from ...schema.column import Column
from ...schema.kinds import Boolean, Categorical, ColumnKind, Numeric, Sequence
from ..steps import FoldSteps, StartState, StepAttention, StepInputs, UnfoldSteps
from .base import Branch
from .boolean import boolean
from .categorical import vectors_of
from .numeric import numeric

_NUMBERS: dict[type[ColumnKind], Callable[..., Any]] = {Numeric: numeric, Boolean: boolean}


def sequence(branch: Branch, kind: Sequence) -> Any:
    """Return the state after the last step, (batch, units)."""
    safe = branch.safe
    there, *cells = StepInputs(name=f"{safe}.steps")([branch.inputs[step] for step in kind.named])
    values = [
        _step(branch, column, f"{safe}.{kind.layer_name(column.name)}", ids_or_numbers, there)
        for column, ids_or_numbers in zip(kind.columns, cells, strict=True)
    ]
    if len(values) > 1:
        values = [keras.layers.Concatenate(name=f"{safe}.concatenate")(values)]
    branch.steps[safe] = values[0], there
    return StartState(name=f"{safe}.start")(_state(branch, kind, values[0], there), there)


def _step(branch: Branch, column: Column, safe: str, cells: Any, there: Any) -> Any:
    """Return a step column's part of every step, (batch, longest, width)."""
    own = Branch(column, safe, {column.name: cells}, branch.seeds, branch.dims, branch.shared)
    if isinstance(column.kind, Categorical):
        return vectors_of(own, column.kind, cells, there)
    # A cell of a step is as one of a row: the kind's own branch reads all of them as one long column.
    fold = FoldSteps(name=f"{safe}.fold")(cells)
    folded = Branch(column, safe, {column.name: fold}, branch.seeds, branch.dims, branch.shared)
    return UnfoldSteps(name=f"{safe}.unfold")(_NUMBERS[type(column.kind)](folded, column.kind), cells)


def _state(branch: Branch, kind: Sequence, steps: Any, there: Any) -> Any:
    """Return what the cell makes of the steps, read one after the other or all at once."""
    name, seeds = f"{branch.safe}.{kind.cell}", branch.seeds
    if kind.cell == "attention":
        return StepAttention(kind.units, dropout=kind.dropout, seed=seeds.next(), name=name)(steps, there)
    layer = keras.layers.LSTM if kind.cell == "lstm" else keras.layers.GRU
    return layer(
        kind.units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seeds.next()),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seeds.next()),
        dropout=kind.dropout,
        seed=seeds.next(),
        name=name,
    )(steps, mask=there)
