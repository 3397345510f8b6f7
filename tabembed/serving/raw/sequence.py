"""The lookups of a sequence's step columns."""

from __future__ import annotations

__all__ = ["sequence"]

from collections.abc import Callable, Mapping

import tensorflow as tf

from ...schema.kinds import Boolean, Categorical, ColumnKind, Numeric, Sequence
from .base import RawInput
from .boolean import boolean
from .categorical import categorical
from .numeric import numeric

_STEPS: dict[type[ColumnKind], Callable[..., RawInput]] = {
    Categorical: categorical,
    Numeric: numeric,
    Boolean: boolean,
}


def sequence(kind: Sequence, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return ids and numbers of lists (n, longest), right-padded with "" and NaN."""
    steps = {step: _STEPS[type(own)](own, step, safe) for step, own in kind.named.items()}

    def encode(*lists: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the cells of lists, each (n, longest)."""
        inputs: dict[str, tf.Tensor] = {}
        for raw, values in zip(steps.values(), lists, strict=True):
            for part, cells in raw.encode(tf.reshape(values, [-1])).items():
                inputs[part] = tf.reshape(cells, tf.shape(values))
        return inputs

    specs = [tf.TensorSpec((None, None), spec.dtype, name=spec.name) for raw in steps.values() for spec in raw.specs]
    resources = tuple(resource for raw in steps.values() for resource in raw.resources)
    return RawInput(
        tuple(specs), encode, resources, {key: ids for raw in steps.values() for key, ids in raw.ids.items()}
    )
