"""Training one model on one set of rows after another, each time from its first weights, as folds are."""

from __future__ import annotations

__all__ = ["Again"]

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .recipe import Recipe, epoch_steps, train


class Again:
    """A model that starts anew at each training, and is traced anew only where the batches are not as many as before.

    On few rows tracing takes most of a training: four of five folds are spared it.

    Args:
        model: built by ``build_model(schema)``, not trained yet.
        schema: the same one.
    """

    def __init__(self, model: keras.Model, schema: Schema) -> None:
        self.model, self.schema = model, schema
        self._first = [(variable, variable.numpy()) for variable in model.variables]
        self._compiled_for: tuple[Any, ...] | None = None

    def train(
        self,
        encoded: Mapping[str, Encoded],
        target: np.ndarray,
        recipe: Recipe,
        *,
        random_state: Any = None,
        sample_weight: np.ndarray | None = None,
    ) -> keras.Model:
        """Return the model as training from its first weights leaves it, until the next training.

        Args:
            encoded: what ``schema.encode`` gave.
            target: what ``schema.encode_target`` gave.
            recipe: the settings, with a ``validation_fraction`` of 0.
            random_state: of the batches' order.
            sample_weight: (n,) or None.
        """
        batch = recipe.batch_rows(len(target))
        wanted = (recipe, batch, epoch_steps(len(target), batch))
        compiled = wanted == self._compiled_for
        for variable, value in self._first:
            variable.assign(value)
        if compiled:
            for variable in self.model.optimizer.variables:  # its steps, moments and stamps all start at zero
                variable.assign(keras.ops.zeros_like(variable))
        self._compiled_for = wanted
        how = {"random_state": random_state, "sample_weight": sample_weight, "compiled": compiled}
        train(self.model, self.schema, encoded, target, recipe, **how)
        return self.model
