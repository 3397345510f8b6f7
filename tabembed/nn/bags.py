"""Bags: models of one schema that were trained apart and answer as one, the mean of their answers.

Members within one network (``members.py``) share its layers and its course of training; models that start from other
seeds err in other places, and their mean errs less.
"""

from __future__ import annotations

__all__ = ["bag_of", "parts_of"]

from collections.abc import Sequence
from typing import Any

import keras

_PART = "bag_"


def bag_of(models: Sequence[keras.Model]) -> keras.Model:
    """Return the model whose answer is the mean of the models' answers; of one model, that one.

    Args:
        models: built by ``build_model`` from one schema; they become parts of the bag, under other names.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS", "LAX"], "delay": [4.5, -1.5, 7.0]})
        >>> schema = te.infer_schema(df, target="delay")
        >>> bag = bag_of([te.build_model(schema, random_state=seed) for seed in range(3)])
        >>> bag.predict(schema.inputs(df), verbose=0).shape, len(parts_of(bag))
        ((3, 1), 3)

    Source: Lakshminarayanan, Pritzel & Blundell 2017, "Simple and Scalable Predictive Uncertainty Estimation using Deep
    Ensembles", arXiv 1612.01474, section 2.4 (all rows to each, other seeds; no draws of rows).
    """
    first = models[0]
    if len(models) == 1:
        return first
    inputs = {
        tensor.name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name) for tensor in first.inputs
    }
    for at, model in enumerate(models, 1):
        model.name = f"{_PART}{at}"  # the names that they are saved and found by
    answers = [model(inputs) for model in models]
    mean = keras.tree.map_structure(lambda *parts: keras.layers.Average(dtype="float32")(list(parts)), *answers)
    return keras.Model(inputs, mean, name="tabembed_bag")


def parts_of(model: Any) -> list[keras.Model]:
    """Return the models of a bag; of any other model, itself.

    Args:
        model: built by ``build_model`` or ``bag_of``.
    """
    found = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name.startswith(_PART)]
    return found or [model]
