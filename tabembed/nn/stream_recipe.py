"""The training recipe over files larger than memory."""

from __future__ import annotations

__all__ = ["StreamParts", "train_stream"]

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from ..io.row_groups import RowGroups
from ..schema.schema import Schema
from .recipe import Recipe, fit_model
from .seeds import Seeds
from .stream import Split, Stream
from .weights import Weights

_JUDGED = 500_000


@dataclass(frozen=True)
class StreamParts:
    """The sides of the split.

    Args:
        training: the rows to learn from.
        held: those to choose the best epoch by; None for none.
        judged: the rows that metrics are computed on: the held-out ones (training rows where there are none), or where
            these are many, half a million of them.
    """

    training: Stream
    held: Stream | None
    judged: Stream

    @classmethod
    def of(
        cls, schema: Schema, groups: RowGroups, fraction: float, seed: int, weights: Weights | None = None
    ) -> StreamParts:
        """Split files by a stable hash.

        Args:
            schema: with a target.
            groups: with the schema's columns.
            fraction: of the rows to hold out.
            seed: of the split.
            weights: how much rows count.
        """

        def side(split: Split | None) -> Stream:
            """Return one side of a split."""
            return Stream(schema, groups, split, weights)

        held = side(Split(fraction, seed, held=True))
        some = 0 < held.rows < groups.rows
        training = side(Split(fraction, seed, held=False) if some else None)
        whole = held if some else training
        if whole.rows <= _JUDGED:
            return cls(training, held if some else None, whole)
        share = (fraction if some else 1.0) * _JUDGED / whole.rows  # a smaller share is a part of the larger one
        return cls(training, held if some else None, side(Split(share, seed, held=True)))


def train_stream(
    model: keras.Model,
    schema: Schema,
    parts: StreamParts,
    recipe: Recipe,
    *,
    random_state: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Compile and fit a model of the schema by the recipe, the rows streamed; see ``recipe.train``.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.
        parts: of the files, which hold the schema's columns and its target.
        recipe: the settings.
        random_state: of the batches' order.
        callbacks: more of Keras' callbacks.

    Returns:
        Keras' history.

    Raises:
        DataError: when a file can't be read or isn't of the schema any more.
    """
    batch = recipe.batch_rows(parts.training.rows)
    steps = math.ceil(parts.training.rows / batch)
    batches = parts.training.dataset(batch, shuffle=True, seed=Seeds(random_state).next())
    judged = None if parts.held is None else parts.held.dataset(8192)
    try:
        return fit_model(model, schema.need_targets(), recipe, (steps, batch), batches, judged, callbacks)
    except tf.errors.OpError as error:
        streams = (parts.training, parts.held)
        cause = next((stream.error for stream in streams if stream is not None and stream.error), None)
        if cause is None:
            raise
        raise cause from error
