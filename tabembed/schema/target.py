"""The target: its task, its scale or its classes, and the loss that fits it."""

from __future__ import annotations

__all__ = ["TASKS", "Target", "class_array"]

from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .cells import codes_of, indicators, label_matrix, missing_cells, plain
from .labels import label_of
from .numeric import numbers_of
from .objectives import OBJECTIVES, refuse_values

TASKS = ("regression", "binary", "multiclass", "ordinal", "multilabel")
_KERAS_LOSSES = {"mse": "mse", "mae": "mae"}
_QUANTILES = (0.1, 0.5, 0.9)
_ALWAYS = ("name", "task", "reason", "mean", "scale", "classes", "counts")
_TUPLES = ("classes", "counts", "quantiles", "start", "labels")


@dataclass(frozen=True)
class Target:
    """The column to predict: declared by its name, its task and what is minimised; ``te.infer_schema`` learns the rest.

    Args:
        name: the column's name.
        task: ``"auto"``, ``"regression"``, ``"binary"``, ``"multiclass"``, ``"ordinal"`` (classes in an order) or
            ``"multilabel"`` (any number of labels a row).
        reason: why the task was read so.
        mean: of the values (regression).
        scale: standard deviation of the values (regression).
        classes: the class labels as they came (str, int, float or bool), sorted; of an ordinal target in their order,
            which may be declared.
        counts: rows of each class.
        objective: of a regression: ``"mse"``, ``"mae"``, ``"huber"``, ``"log"`` and ``"log1p"`` (squared errors of the
            logarithm), ``"poisson"``, ``"gamma"``, ``"tweedie"`` (deviances) or ``"quantile"``.
        quantiles: to predict, rising, in (0, 1); naming some means ``objective="quantile"``.
        power: of the mean that a Tweedie variance goes by, in (1, 2).
        delta: where Huber's loss turns from squared to absolute, in standard deviations.
        weight: of this target's loss among several targets.
        start: the best constant prediction of an objective other than ``mse``; of labels their shares of the rows.
        unit: the loss of that prediction.
        labels: the columns of 0 and 1 that a multilabel target is read from; none where it is a column of lists.

    Raises:
        DataError: for an unknown task or objective, or an option out of range.

    Example:
        >>> Target("claims", objective="poisson").task, Target("delay", quantiles=(0.1, 0.9)).objective
        ('regression', 'quantile')
    """

    name: str
    task: str = "auto"
    reason: str = "declared"
    mean: float = 0.0
    scale: float = 1.0
    classes: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()
    objective: str = "mse"
    quantiles: tuple[float, ...] = ()
    power: float = 1.5
    delta: float = 1.35
    weight: float = 1.0
    start: tuple[float, ...] = ()
    unit: float = 0.0
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in _TUPLES:
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if self.quantiles and self.objective == "mse":
            object.__setattr__(self, "objective", "quantile")
        if self.objective == "quantile" and not self.quantiles:
            object.__setattr__(self, "quantiles", _QUANTILES)
        if self.objective != "mse" and self.task == "auto":
            object.__setattr__(self, "task", "regression")
        self._check()

    def _check(self) -> None:
        if self.task not in ("auto", *TASKS):
            raise DataError(f"`task` must be auto, {', '.join(TASKS)}, however: task={self.task!r}")
        if self.objective not in OBJECTIVES:
            raise DataError(
                f"the loss of target {self.name!r} must be one of {', '.join(OBJECTIVES)}, however: {self.objective!r}"
            )
        if self.objective != "mse" and self.task != "regression":
            raise DataError(
                f"target {self.name!r} must be a regression for loss {self.objective!r}, however: task={self.task!r}; "
                f"leave the loss out"
            )
        if self.quantiles and self.objective != "quantile":
            raise DataError(
                f"`quantiles` go with loss 'quantile', however: the loss of target {self.name!r} is "
                f"{self.objective!r}; leave one of them out"
            )
        levels = self.quantiles
        if not all(0 < level < 1 for level in levels) or any(a >= b for a, b in pairwise(levels)):
            raise DataError(
                f"`quantiles` of target {self.name!r} must be in (0, 1), each above the one before, however: {levels}"
            )
        if not 1 < self.power < 2:
            raise DataError(
                f"`power` of target {self.name!r} must be in (1, 2), however: {self.power!r}; "
                f"1 is loss 'poisson', 2 is 'gamma'"
            )
        for option in ("delta", "weight"):
            if not getattr(self, option) > 0:
                value = getattr(self, option)
                raise DataError(f"`{option}` of target {self.name!r} must be above 0, however: {value!r}")

    @property
    def parts(self) -> tuple[Target, ...]:
        """The targets: this one; of ``Targets`` each."""
        return (self,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that hold it."""
        return self.labels or (self.name,)

    @property
    def is_classification(self) -> bool:
        """Whether the target has classes."""
        return self.task != "regression"

    @property
    def shares(self) -> np.ndarray:
        """(classes,) each one's share of the rows; a class that was declared and has no row yet counts as one row."""
        if self.task == "multilabel":
            return np.asarray(self.start)
        rows = np.maximum(np.asarray(self.counts, dtype=np.float64), 1)
        shares: np.ndarray = rows / rows.sum()
        return shares

    @property
    def loss(self) -> Any:
        """The Keras loss, or its name, that fits the model's output."""
        if self.is_classification:
            two = self.task in ("binary", "multilabel")
            return "binary_crossentropy" if two else "sparse_categorical_crossentropy"
        if self.objective in _KERAS_LOSSES:
            return _KERAS_LOSSES[self.objective]
        from ..nn.losses import loss_of

        return loss_of(self.objective, quantiles=self.quantiles, power=self.power, delta=self.delta * self.scale)

    @property
    def loss_weight(self) -> float | None:
        """1 / the loss of the best constant, so that the recipe trains targets of any scale alike; None for 1."""
        if self.task == "multilabel":
            return float(len(self.classes))  # Keras takes the mean over the labels
        return None if self.is_classification else 1 / (self.unit or self.scale**2)

    @property
    def loss_unit(self) -> float:
        """What a row's loss is worth in the target's own terms."""
        return 1 / (self.loss_weight or 1)

    @property
    def metrics(self) -> list[str]:
        """The Keras metrics that fit the model's output."""
        if self.quantiles:
            return []
        return {"regression": ["mae", "R2Score"], "binary": ["accuracy", "AUC"], "multilabel": ["AUC"]}.get(
            self.task, ["accuracy"]
        )

    @property
    def baseline(self) -> tuple[float, ...]:
        """The best constant prediction of a regression."""
        return self.start or (self.mean,)

    @property
    def output_width(self) -> int:
        """How many values the model gives for a row."""
        if self.task == "regression":
            return max(1, len(self.quantiles))
        return 1 if self.task == "binary" else len(self.classes)

    @property
    def truth_width(self) -> int:
        """How many values ``encode`` gives for a row."""
        return len(self.classes) if self.task == "multilabel" else 1

    def encode(self, values: pa.Array | pa.ChunkedArray, *, gaps: bool = False) -> np.ndarray:
        """Return (n,) float32 values, int32 positions in ``classes``, or of lists (n, labels) float32 of 0 and 1.

        Args:
            values: (n,) Arrow column.
            gaps: whether cells may be missing, which are NaN then and positions float32.

        Raises:
            DataError: for missing cells (with their count), a value that the loss isn't made for, and a class that was
                not there when the schema was made.
        """
        values = plain(values)
        missing = missing_cells(values, self.name, refuse=not gaps)
        if self.task == "regression":
            numbers = numbers_of(values, self.name)
            refuse_values(self.objective, numbers, self.name)
            return numbers
        if self.task == "multilabel":
            encoded = label_matrix(values, self.name, [str(label_of(c)) for c in self.classes])
        else:
            positions = {str(label_of(c)): at for at, c in enumerate(self.classes)}
            encoded = codes_of(values, self.name, positions)
        if not gaps:
            return encoded
        encoded = encoded.astype(np.float32)
        encoded[missing] = np.nan
        return encoded

    def encode_table(self, table: pa.Table, *, gaps: bool = False) -> np.ndarray:
        """Return what ``encode`` gives of the target's column or columns.

        Args:
            table: holds them.
            gaps: as in ``encode``.
        """
        if not self.labels:
            return self.encode(table.column(self.name), gaps=gaps)
        return np.stack([indicators(table.column(name), name, gaps=gaps) for name in self.labels], axis=1)

    def outputs(self, answer: np.ndarray) -> np.ndarray:
        """Return the model's (n, width) as (n,) values, (n, quantiles) or (n, classes) probabilities."""
        if self.task == "binary":
            return np.concatenate([1 - answer, answer], axis=1)
        return answer[:, 0] if self.task == "regression" and not self.quantiles else answer

    def choose(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the class labels for (n, classes) probabilities; for several labels a row (n, labels) of 0 and 1.

        Of classes in an order the middle one (the median) is chosen, whose expected distance is smallest; of others
        the likeliest.
        """
        if self.task == "multilabel":
            return (probabilities >= 0.5).astype(np.int64)
        if self.task == "ordinal":
            return self.decode((np.cumsum(probabilities, axis=1)[:, :-1] < 0.5).sum(axis=1))
        return self.decode(probabilities.argmax(axis=1))

    def decode(self, positions: np.ndarray) -> np.ndarray:
        """Return the class labels at (n,) positions, in the type they came in."""
        return class_array(self.classes)[positions]

    def to_dict(self) -> dict[str, Any]:
        """Return the target as plain JSON values; what is as it would be anyway is left out."""
        values = {name: list(value) if name in _TUPLES else value for name, value in asdict(self).items()}
        usual = {
            f.name: list(f.default) if f.name in _TUPLES else f.default
            for f in fields(self)
            if f.default is not MISSING
        }
        return {name: value for name, value in values.items() if name in _ALWAYS or value != usual[name]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the target that ``to_dict`` gave."""
        return cls(**data)


def class_array(classes: Sequence[Any]) -> np.ndarray:
    """Return classes as an array of their own type: bool, int64, float64 or object (strings)."""
    return np.array(classes, dtype=object if classes and isinstance(classes[0], str) else None)
