"""Training models of cells, and running them over all rows."""

from __future__ import annotations

__all__ = ["learn", "run"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...schema.ragged import Encoded
from ...schema.schema import Schema
from ..cycles import cosine
from ..dataset import make_dataset
from ..optimizer import RowwiseAdam
from ..packed import run_packed, trace_packed
from ..recipe import Recipe, epoch_steps, together, worth_xla
from .base import CellModel


def learn(model: CellModel, schema: Schema, encoded: Mapping[str, Encoded], recipe: Recipe, seed: int) -> list[float]:
    """Train a model of cells on rows, and return the mean cost of a told cell in each epoch, in nats.

    Args:
        model: of the schema.
        schema: of the columns.
        encoded: what ``schema.encode`` gave.
        recipe: its epochs, batch size, learning rate, weight decay and verbosity.
        seed: of the batches' order.
    """
    rows = len(next(iter(encoded.values())))
    batch = recipe.batch_rows(rows)
    steps = epoch_steps(rows, batch)
    schedule = cosine(recipe.learning_rate, [recipe.cycle], steps)
    model.compile(
        RowwiseAdam(schedule, weight_decay=recipe.weight_decay or None),
        steps_per_execution=together(steps),
        jit_compile=worth_xla(model.tokenize, recipe.cycle * steps, batch),
    )
    batches = make_dataset(schema, encoded, None, batch, shuffle=True, seed=seed, steps=steps)
    model.optimizer.build(model.trainable_variables)
    verbose = 2 if recipe.verbose else 0
    history = model.fit(batches, epochs=recipe.cycle, steps_per_epoch=steps, shuffle=False, verbose=verbose)
    return [float(loss) for loss in history.history["loss"]]


def run(
    function: Callable[[Any], Any], schema: Schema
) -> Callable[[Mapping[str, Encoded], tuple[int, ...]], np.ndarray]:
    """Return a function over all rows: of what ``schema.encode`` gave and the shape of one row's result, (n, *shape).

    Args:
        function: of {model input name: (batch, 1)}.
        schema: of the columns.
    """
    compiled = trace_packed(function, schema)
    return lambda encoded, shape: run_packed(compiled, schema, encoded, shape)
