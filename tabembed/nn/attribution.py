"""Integrated gradients by column: what each column's branch adds to a prediction, against an average row."""

from __future__ import annotations

__all__ = ["Attributions", "integrated_gradients"]

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ..io.errors import DataError
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .bags import parts_of
from .networks.joined import JOIN
from .packed import run_packed, trace_packed
from .statistics_lookup import statistics_of

_CHUNK = 4_096


class Attributions(NamedTuple):
    """What columns add to predictions.

    Args:
        values: (n, columns) in the order of the schema's features; a row's sum is its output less the baseline's.
        outputs: (n,) the model's: the value, the probability of the second class or of the likeliest of several.
        baseline: (n,) the same output of the average row.
    """

    values: np.ndarray
    outputs: np.ndarray
    baseline: np.ndarray


def integrated_gradients(
    model: keras.Model, schema: Schema, encoded: Mapping[str, Encoded], *, steps: int = 50
) -> Attributions:
    """Integrate the gradient of the output from the average row to each row, and sum it over each column's values.

    The path is straight in what the branches give: labels have a place there, their vector, and what is between two of
    them is defined. The average row is the mean of each branch's output over the rows that are given.

    Args:
        model: built by ``build_model(schema)``.
        schema: the same one.
        encoded: what ``schema.encode`` gave.
        steps: of the integral (midpoints).

    Raises:
        DataError: when the model isn't one of this schema.

    Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", arXiv 1703.01365, section 3.
    """
    halves = [_halves(part, schema) for part in parts_of(model)]
    step = _Step([rest for _, rest in halves], steps, schema.need_target().is_classification)
    run = trace_packed(
        lambda inputs: tf.concat(
            [values for branches, _ in halves for values in branches(inputs, training=False)], axis=1
        ),
        schema,
    )
    values = run_packed(run, schema, encoded, (sum(map(sum, step.widths)),))
    start = values.mean(axis=0, dtype=np.float64).astype(np.float32)
    chunks = [step(values[at : at + _CHUNK], start) for at in range(0, len(values), _CHUNK)]
    by_value, outputs, baseline = (np.concatenate(found) for found in zip(*chunks, strict=True))
    ends = np.cumsum([sum(widths) for widths in step.widths])
    of_parts = zip(np.split(by_value, ends[:-1], axis=1), step.widths, parts_of(model), strict=True)
    by_column = sum(_by_column(values, widths, part, schema) for values, widths, part in of_parts)
    return Attributions(np.asarray(by_column), outputs, baseline)


def _by_column(by_value: np.ndarray, widths: list[int], model: keras.Model, schema: Schema) -> np.ndarray:
    """Return (n, columns); what the statistics of several columns add is split evenly among them."""
    names = list(schema.features)
    found = np.add.reduceat(by_value, np.cumsum([0, *widths[:-1]]), axis=1)[:, : len(names)]
    statistics = statistics_of(model)
    if statistics is not None:
        of_group = by_value[:, -widths[-1] :].reshape(len(by_value), len(statistics.groups), -1).sum(axis=2)
        for group, added in zip(statistics.groups, of_group.T, strict=True):
            for name in group:
                found[:, names.index(name)] += added / len(group)
    return found


def _halves(model: keras.Model, schema: Schema) -> tuple[keras.Model, keras.Model]:
    """Return the model up to its branches' outputs, and from there on."""
    try:
        joined = model.get_layer(JOIN).input
    except ValueError:
        raise DataError("the model has no layer where its columns meet; was it built by te.build_model?") from None
    tensors = joined if isinstance(joined, list) else [joined]
    if len(tensors) - (statistics_of(model) is not None) != len(schema.features):
        raise DataError(
            f"the model must have the {len(schema.features)} columns of the schema, however: it has {len(tensors)}; "
            f"use the schema it was built from"
        )
    return keras.Model(model.inputs, tensors), keras.Model(tensors, model.output)


class _Step:
    """The integral over some rows, traced once; of a bag's models side by side, whose mean is the output."""

    def __init__(self, rests: list[keras.Model], steps: int, classes: bool) -> None:
        self._rests, self._steps, self._classes = rests, steps, classes
        self.widths = [[tensor.shape[-1] for tensor in rest.inputs] for rest in rests]
        self._sum = tf.function(self._summed, reduce_retracing=True, autograph=False)

    def __call__(self, values: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (n, width) attributions, and (n,) the outputs of the rows and of the start."""
        rows, begin = tf.constant(values), tf.constant(np.tile(start, (len(values), 1)))
        output = self._output(rows)
        # Of several classes, that which each row most likely is.
        most = tf.one_hot(tf.argmax(output, axis=1), output.shape[1])
        chosen = most if self._classes else tf.ones_like(output) / output.shape[1]
        gradients = sum(
            self._sum(begin + (rows - begin) * (at + 0.5) / self._steps, chosen).numpy().astype(np.float64)
            for at in range(self._steps)
        )
        ends = (tf.reduce_sum(found * chosen, axis=1).numpy() for found in (output, self._output(begin)))
        return (values - start) * gradients / self._steps, *ends

    def _output(self, values: Any) -> Any:
        given = iter(tf.split(values, [width for widths in self.widths for width in widths], axis=1))
        outputs = [
            rest([next(given) for _ in widths], training=False)
            for rest, widths in zip(self._rests, self.widths, strict=True)
        ]
        return sum(outputs) / len(outputs)

    def _summed(self, values: Any, chosen: Any) -> Any:
        """Return the gradient of each row's output at its values."""
        with tf.GradientTape() as tape:
            tape.watch(values)
            output = tf.reduce_sum(self._output(values) * chosen)
        return tape.gradient(output, values)
