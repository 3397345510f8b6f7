"""What an exported graph gives, and what it takes: names and answers, the same in a SavedModel and in ONNX."""

from __future__ import annotations

__all__ = ["check_inputs", "outputs"]

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from ..io.errors import DataError
from ..schema.target import Target, class_array
from ..schema.targets import AnyTarget
from .layout import answer_name


def check_inputs(model: keras.Model, names: Sequence[str]) -> None:
    """Refuse a model of another schema.

    Args:
        model: to export.
        names: of the schema's model inputs.

    Raises:
        DataError: when the model takes others.
    """
    inputs = getattr(model, "input", None)
    taken = list(inputs) if isinstance(inputs, dict) else []
    if set(taken) != set(names):
        raise DataError(
            f"the model must take the schema's inputs {', '.join(names)}, however: it takes "
            f"{', '.join(taken) or 'no inputs by name'}; export it with the schema it was built from"
        )


def outputs(output: Any, target: AnyTarget) -> dict[str, tf.Tensor]:
    """Return what the graph gives, named ``prediction`` and ``probabilities``, or by each of several targets.

    Args:
        output: what the model gives, a tensor or {output: tensor}.
        target: of the schema.
    """
    if isinstance(target, Target):
        return _answers(output, target)
    found: dict[str, tf.Tensor] = {}
    for part in target.parts:
        name = target.output_names[part.name]
        answers = _answers(output[name], part)
        found |= {answer_name(name, answer): tensor for answer, tensor in answers.items()}
    return found


def _answers(output: tf.Tensor, target: Target) -> dict[str, tf.Tensor]:
    if not target.is_classification:
        return {"prediction": output if target.quantiles else output[:, 0]}
    probabilities = tf.concat([1 - output, output], axis=1) if target.task == "binary" else output
    if target.task == "multilabel":
        return {"prediction": tf.cast(probabilities >= 0.5, tf.int64), "probabilities": probabilities}
    if target.task == "ordinal":
        position = tf.reduce_sum(tf.cast(tf.cumsum(probabilities, axis=1)[:, :-1] < 0.5, tf.int64), axis=1)
    else:
        position = tf.argmax(probabilities, axis=1)
    classes = tf.constant(class_array(target.classes))
    return {"prediction": tf.gather(classes, position), "probabilities": probabilities}
