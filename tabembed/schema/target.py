"""The target: its task, its scale or its classes."""

from __future__ import annotations

__all__ = [
    "FEW_CLASSES",
    "TASKS",
    "Target",
    "check_repeats",
    "is_number",
    "is_real",
    "learn_target",
    "regression_target",
]

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError, DataWarning
from .labels import factorize, label_of
from .moments import Moments
from .numeric import indistinct, numbers_of

TASKS = ("regression", "binary", "multiclass")
FEW_CLASSES = 20


@dataclass(frozen=True)
class Target:
    """The column to predict.

    Args:
        name: the column's name.
        task: ``"regression"``, ``"binary"`` or ``"multiclass"``.
        reason: why the task was read so.
        mean: of the values (regression); the baseline prediction.
        scale: standard deviation of the values (regression).
        classes: the class labels as they came (str, int, float or bool), sorted.
        counts: rows of each class.
    """

    name: str
    task: str
    reason: str = "declared"
    mean: float = 0.0
    scale: float = 1.0
    classes: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def is_classification(self) -> bool:
        """Whether the target has classes."""
        return self.task != "regression"

    @property
    def shares(self) -> np.ndarray:
        """(classes,) each one's share of the rows; a class that was declared and has no row yet counts as one row."""
        rows = np.maximum(np.asarray(self.counts, dtype=np.float64), 1)
        shares: np.ndarray = rows / rows.sum()
        return shares

    @property
    def loss(self) -> str:
        """The Keras loss that fits the model's output."""
        return {"regression": "mse", "binary": "binary_crossentropy"}.get(self.task, "sparse_categorical_crossentropy")

    @property
    def loss_weight(self) -> float | None:
        """1 / variance, by which the recipe weighs the loss so that targets of any scale train alike, or None."""
        return None if self.is_classification else 1 / self.scale**2

    @property
    def metrics(self) -> list[str]:
        """The Keras metrics that fit the model's output."""
        return {"regression": ["mae", "R2Score"], "binary": ["accuracy", "AUC"]}.get(self.task, ["accuracy"])

    def encode(self, values: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """Return (n,) float32 values, or int32 positions in ``classes``.

        Raises:
            DataError: for missing cells (with their count) and for a class that was not there when the schema was made.
        """
        values = _without_dictionary(values)
        _refuse_missing(values, self.name)
        if not self.is_classification:
            return numbers_of(values, self.name)
        codes, labels = factorize(values, self.name)
        positions = {label_of(c): at for at, c in enumerate(self.classes)}
        unseen = [label for label in labels if label not in positions]
        if unseen:
            raise DataError(
                f"target {self.name!r} must be one of the {len(self.classes)} classes of the schema, however: "
                f"{unseen[0]!r} in row {int(np.argmax(codes == labels.index(unseen[0])))}; "
                f"make the schema from data with every class"
            )
        return np.asarray([positions[label] for label in labels], dtype=np.int32)[codes]

    def decode(self, positions: np.ndarray) -> np.ndarray:
        """Return the class labels at (n,) positions, in the type they came in."""
        return class_array(self.classes)[positions]

    def to_dict(self) -> dict[str, Any]:
        """Return the target as plain JSON values."""
        return {**asdict(self), "classes": list(self.classes), "counts": list(self.counts)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the target that ``to_dict`` gave."""
        return cls(**{**data, "classes": tuple(data["classes"]), "counts": tuple(data["counts"])})


def class_array(classes: Sequence[Any]) -> np.ndarray:
    """Return classes as an array of their own type: bool, int64, float64 or object (strings)."""
    return np.array(classes, dtype=object if classes and isinstance(classes[0], str) else None)


def learn_target(
    values: pa.Array | pa.ChunkedArray,
    name: str,
    task: str,
    *,
    tally: np.ndarray | None = None,
    moments: Moments | None = None,
) -> Target:
    """Read the target's task (unless given) and its statistics.

    Args:
        values: (n,) Arrow column.
        name: its name.
        task: ``"auto"`` or one of ``TASKS``.
        tally: (n,) rows that hold each value, where ``values`` are the distinct ones of a column.
        moments: of that column's numbers.

    Raises:
        DataError: for missing cells, a constant target, or values that don't fit the task.
    """
    if task not in ("auto", *TASKS):
        raise DataError(f"`task` must be auto, {', '.join(TASKS)}, however: task={task!r}")
    values = _without_dictionary(values)
    _refuse_missing(values, name)
    reason = "declared"
    if task == "auto":
        task, reason = _guess(values, name, len(values) if tally is None else int(tally.sum()))
    if task == "regression":
        return _regression(values, name, reason, moments)
    return _classification(values, name, task, reason, tally)


def _without_dictionary(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return plain values: a dictionary may list labels that no row holds."""
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def is_number(kind: pa.DataType) -> bool:
    """Say whether a type is one of numbers."""
    return pa.types.is_integer(kind) or is_real(kind)


def is_real(kind: pa.DataType) -> bool:
    """Say whether a type is one of numbers with fractions."""
    return pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _refuse_missing(values: pa.Array | pa.ChunkedArray, name: str) -> None:
    missing = values.null_count
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        codes, _ = factorize(values, name)  # an empty text is missing too
        missing = int((codes < 0).sum())
    if missing:
        raise _missing(name, missing, len(values))


def _missing(name: str, missing: int, rows: int) -> DataError:
    return DataError(
        f"target {name!r} must be there in every row, however: {missing:,} of {rows:,} rows miss it; "
        f"drop them first (df.dropna(subset=[{name!r}]))"
    )


def _regression(values: pa.Array | pa.ChunkedArray, name: str, reason: str, moments: Moments | None = None) -> Target:
    if not is_number(values.type):
        raise DataError(
            f"target {name!r} must hold numbers for regression, however: its type is {values.type}; "
            f"pass another task, or use te.TabularClassifier"
        )
    moments = moments or Moments.of(numbers_of(values, name, np.float64))
    return regression_target(moments, name, reason)


def regression_target(moments: Moments, name: str, reason: str) -> Target:
    """Return a target of numbers.

    Args:
        moments: of its values, none missing.
        name: its name.
        reason: why it is read as numbers.

    Raises:
        DataError: for a constant target, or a spread that float32 can't square.
    """
    if moments.low == moments.high:
        raise _constant(name, moments.low, "n_samples = 1" if moments.rows == 1 else "")
    mean, scale = moments.mean, moments.scale
    if not 1e-15 < scale < 1e15:  # float32 holds its square, the unit of the loss, up to 1e38
        raise DataError(
            f"target {name!r} must have a standard deviation between 1e-15 and 1e15, however: it is {scale:.3g}; "
            f"multiply it by a constant first"
        )
    if scale < abs(mean) * 1e-5:
        warnings.warn(indistinct(f"target {name!r}", mean, scale), DataWarning, stacklevel=4)
    return Target(name, "regression", reason, mean, scale)


def _classification(
    values: pa.Array | pa.ChunkedArray, name: str, task: str, reason: str, tally: np.ndarray | None
) -> Target:
    if is_real(values.type):
        numbers_of(values, name, np.float64)  # refuses infinities
    codes, labels = factorize(values, name)
    classes = [_class_value(label, values.type) for label in labels]
    order = sorted(range(len(classes)), key=classes.__getitem__)
    if len(classes) < 2:
        raise _constant(name, classes[0], "1 class")
    if task == "binary" and len(classes) != 2:
        raise DataError(
            f"target {name!r} must have 2 classes for task='binary', however: it has {len(classes)}; "
            f"pass task='multiclass'"
        )
    counts = np.bincount(codes, tally, minlength=len(classes))
    return Target(
        name, task, reason, classes=tuple(classes[i] for i in order), counts=tuple(int(counts[i]) for i in order)
    )


def _class_value(label: str, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return label == "True"
    if pa.types.is_integer(kind):
        return int(label)
    if is_real(kind):
        return float(label)
    return label


def _constant(name: str, value: Any, what: str) -> DataError:
    return DataError(
        f"target {name!r} must take two values or more, however: it is {value!r} in every row"
        f"{what and f' ({what})'}; choose another target"
    )


def _guess(values: pa.Array | pa.ChunkedArray, name: str, rows: int) -> tuple[str, str]:
    """Return the task and the reason for it."""
    if is_real(values.type):
        numbers = numbers_of(values, name, np.float64)
        if len(numbers) and not np.array_equal(numbers, np.round(numbers)):
            return "regression", "real numbers"
    _, labels = factorize(values, name)
    distinct = len(labels)
    by_count = "binary" if distinct <= 2 else "multiclass"
    if not is_number(values.type):
        check_repeats(name, distinct, rows, lambda: labels[0])
        return by_count, f"{distinct} classes"
    whole = sorted(math.floor(float(label)) for label in labels)
    if distinct == 2 and whole == [0, 1]:
        return "binary", "0 and 1"
    if distinct > FEW_CLASSES:
        return "regression", f"whole numbers, {distinct:,} distinct"
    if distinct >= 2 and whole != list(range(distinct)):
        guess = "binary" if distinct == 2 else "regression"
        other = "regression" if distinct == 2 else "multiclass"
        warnings.warn(
            f"target {name!r} has {distinct} distinct whole numbers ({whole[0]} to {whole[-1]}): read as {guess}; "
            f"pass task={guess!r} to confirm, or task={other!r}",
            DataWarning,
            stacklevel=4,
        )
        return guess, f"{distinct} distinct whole numbers"
    return by_count, f"class codes 0 to {distinct - 1}"


def check_repeats(name: str, distinct: int, rows: int, first: Callable[[], str]) -> None:
    """Refuse a target of texts that hardly repeat.

    Args:
        name: the target's.
        distinct: labels.
        rows: that hold them.
        first: returns the first label.

    Raises:
        DataError: for more than 20 labels and more than one in two rows.
    """
    if distinct > max(FEW_CLASSES, rows // 2):
        raise DataError(
            f"target {name!r} must be numbers or classes that repeat, however: {distinct:,} distinct values in "
            f"{rows:,} rows (first {first()!r}); convert it to numbers, or pass task='multiclass'"
        )
