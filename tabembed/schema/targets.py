"""Several targets at once: the same face as one target, its parts side by side."""

from __future__ import annotations

__all__ = ["AnyTarget", "Targets", "declared_targets", "target_from"]

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from ..io.errors import DataError
from .names import safe_names
from .target import Target


@dataclass(frozen=True)
class Targets:
    """Several columns to predict at once; a row may miss some of them.

    Args:
        parts: the targets, two or more.

    Example:
        >>> both = Targets((Target("delay", "regression", scale=2.0), Target("late", "binary", classes=(0, 1))))
        >>> both.loss, both.loss_weight
        ({'delay': 'mse', 'late': 'binary_crossentropy'}, {'delay': 0.25, 'late': 1.0})
    """

    parts: tuple[Target, ...]

    @property
    def name(self) -> str:
        """The targets' names, one after the other."""
        return ", ".join(part.name for part in self.parts)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that hold them."""
        return tuple(column for part in self.parts for column in part.columns)

    @property
    def is_classification(self) -> bool:
        """Whether all of them have classes."""
        return all(part.is_classification for part in self.parts)

    @property
    def output_names(self) -> dict[str, str]:
        """{target: name of the model's output}; the same name where it is safe already."""
        return safe_names(part.name for part in self.parts)

    @property
    def loss(self) -> dict[str, Any]:
        """{output: the Keras loss that fits it}."""
        return {self.output_names[part.name]: part.loss for part in self.parts}

    @property
    def loss_weight(self) -> dict[str, float]:
        """{output: the weight of its loss}: the target's own, over the loss of the best constant."""
        return {self.output_names[part.name]: part.weight / part.loss_unit for part in self.parts}

    @property
    def loss_unit(self) -> float:
        """Each loss is told in its own unit."""
        return 1.0

    @property
    def metrics(self) -> dict[str, list[str]]:
        """{output: the Keras metrics that fit it}, for ``weighted_metrics``: a missing answer weighs 0."""
        return {self.output_names[part.name]: part.metrics for part in self.parts}

    def encode_table(self, table: pa.Table) -> np.ndarray:
        """Return (n, sum of the targets' widths) float32, NaN where an answer is missing.

        Args:
            table: holds the columns.

        Raises:
            DataError: as ``Target.encode``.
        """
        parts = [part.encode_table(table, gaps=True).astype(np.float32) for part in self.parts]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)

    def split(self, values: Any, widths: Iterable[int]) -> dict[str, Any]:
        """Cut (n, sum of the widths) into {target: (n, width)}.

        Args:
            values: an array or a tensor.
            widths: of each target.
        """
        found, start = {}, 0
        for part, width in zip(self.parts, widths, strict=True):
            found[part.name] = values[:, start : start + width]
            start += width
        return found

    def truths(self, matrix: Any) -> dict[str, Any]:
        """Cut what ``encode_table`` gave into {target: (n, width)}."""
        return self.split(matrix, [part.truth_width for part in self.parts])

    def outputs(self, answer: np.ndarray) -> dict[str, np.ndarray]:
        """Return {target: what ``Target.outputs`` gives}, of the model's outputs side by side."""
        found = self.split(answer, [part.output_width for part in self.parts])
        return {part.name: part.outputs(found[part.name]) for part in self.parts}

    def frame(self, predictions: Mapping[str, np.ndarray]) -> pd.DataFrame:
        """Return predictions as a frame: a column for each target, or for each of its quantiles or labels.

        Args:
            predictions: {target: (n,) or (n, width)}.
        """
        return pd.DataFrame({k: v for part in self.parts for k, v in columns_of(part, predictions[part.name]).items()})

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the targets as plain JSON values."""
        return [part.to_dict() for part in self.parts]


AnyTarget: TypeAlias = Target | Targets


def columns_of(target: Target, prediction: np.ndarray) -> dict[str, np.ndarray]:
    """Return {column: (n,)} of a prediction, named by the target and by its quantiles or labels."""
    if prediction.ndim == 1:
        return {target.name: prediction}
    names = target.quantiles or target.classes
    return {f"{target.name}_{name}": prediction[:, at] for at, name in enumerate(names)}


def target_from(data: Any) -> AnyTarget | None:
    """Return the target, or the targets, that ``to_dict`` gave; None for None."""
    if isinstance(data, list):
        return Targets(tuple(Target.from_dict(part) for part in data))
    return None if data is None else Target.from_dict(data)


def declared_targets(target: Any, task: str) -> tuple[Target, ...]:
    """Return the targets that are asked for, not learned yet.

    Args:
        target: a column's name, a ``Target``, several of these, or None.
        task: of those that don't say their own.

    Raises:
        DataError: for no target in a list, one named twice, or what is no name.

    Example:
        >>> [part.task for part in declared_targets(["delay", Target("late", "binary")], "auto")]
        ['auto', 'binary']
    """
    if target is None:
        return ()
    several = isinstance(target, list | tuple)
    if several and task == "multilabel" and not any(isinstance(one, Target) for one in target):
        return (Target("labels", task, labels=tuple(map(str, target))),)
    # As the frame's own names: pandas numbers unnamed columns.
    found = [one if isinstance(one, Target) else Target(str(one), task) for one in (target if several else [target])]
    found = [replace(one, task=task) if one.task == "auto" else one for one in found]
    columns = [column for one in found for column in one.columns]
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None or not found:
        raise DataError(f"`target` must name each column once, however: {twice or 'none'!r}; target={target!r}")
    return tuple(found)
