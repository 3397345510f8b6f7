"""The numeric kind: float32, standardised in the model, missing told apart."""

from __future__ import annotations

__all__ = ["FLOAT32_TINY", "Numeric", "indistinct", "numbers_of"]

import math
import warnings
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError, DataWarning
from ..io.few import Cells
from .kind import ColumnKind, Part
from .moments import Moments

_FLOAT32_MAX = float(np.finfo(np.float32).max)
FLOAT32_TINY = float(np.finfo(np.float32).tiny)
"""The smallest positive number that float32 holds at full precision."""


def numbers_of(values: pa.Array | pa.ChunkedArray, name: str, dtype: type = np.float32) -> np.ndarray:
    """Return an Arrow column as floats, NaN where missing.

    Args:
        values: (n,) numbers or bools.
        name: the column's name, for errors.
        dtype: float32 or float64.

    Returns:
        (n,) floats.

    Raises:
        DataError: for another type, for infinities and for numbers that float32 can't hold.

    Example:
        >>> numbers_of(pa.array([1, None, 3]), "stops").tolist()
        [1.0, nan, 3.0]
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if values.null_count == len(values):  # whatever its type is: a frame of one row can't know it
        return np.full(len(values), np.nan, dtype)
    if pa.types.is_boolean(values.type) or pa.types.is_float16(values.type):
        values = values.cast(pa.float32())
    elif pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    elif not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise DataError(_not_numeric(values, name))
    if values.null_count:
        floats = values.type if pa.types.is_floating(values.type) else pa.float64()
        values = pc.fill_null(values.cast(floats, safe=False), math.nan)
    numbers = values.to_numpy() if isinstance(values, pa.ChunkedArray) else values.to_numpy(zero_copy_only=False)
    _refuse_infinite(numbers, name)
    return numbers.astype(dtype, copy=False)


def _refuse_infinite(numbers: np.ndarray, name: str) -> None:
    if numbers.dtype.kind != "f" or not len(numbers):
        return
    high, low = np.fmax.reduce(numbers), np.fmin.reduce(numbers)
    if high <= _FLOAT32_MAX and low >= -_FLOAT32_MAX:
        return
    bad = np.abs(numbers) > _FLOAT32_MAX
    row = int(np.argmax(bad))
    what = "infinite" if math.isinf(numbers[row]) else "beyond float32"
    raise DataError(
        f"column {name!r} must hold finite numbers, however: {int(bad.sum()):,} of {len(numbers):,} are {what}, "
        f"first {float(numbers[row])!r} in row {row}; replace them (with NaN where they mean missing)"
    )


def _not_numeric(values: pa.Array | pa.ChunkedArray, name: str) -> str:
    row = next((at for at in range(len(values)) if values[at].is_valid), None)
    came = f"its type is {values.type}" + ("" if row is None else f", first {values[row].as_py()!r} in row {row}")
    return f"column {name!r} must hold numbers, however: {came}; convert it, or declare another kind with kinds={{...}}"


def indistinct(what: str, mean: float, scale: float) -> str:
    """Return the warning for values that differ by less than float32 can tell.

    Example:
        >>> indistinct("column 'id'", 1e9, 0.5)
        "column 'id': float32 can't tell its values apart well (mean 1e+09, standard deviation 0.5); subtract ..."
    """
    return (
        f"{what}: float32 can't tell its values apart well (mean {mean:.6g}, standard deviation {scale:.3g}); "
        f"subtract a constant first, or multiply"
    )


@dataclass(frozen=True)
class Numeric(ColumnKind):
    """A column of numbers; its model branch standardises and puts 0 for missing, with an indicator where any was.

    Args:
        mean: subtracted; learned from the present values.
        scale: divided by; the standard deviation of the present values (1 for a constant column).
        indicator: whether the column had missing values, so the branch tells them apart.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> te.infer_schema(pd.DataFrame({"km": [0.5, 1.5, None]}), kinds={"km": te.Numeric()})["km"]
        Numeric(mean=1.0, scale=0.5, indicator=True)
    """

    mean: float | None = None
    scale: float | None = None
    indicator: bool = False

    key: ClassVar[str] = "numeric"

    @property
    def learned(self) -> bool:
        """Whether mean and scale are there."""
        return self.mean is not None and self.scale is not None

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Take mean and standard deviation of the present values, in float64."""
        moments = Moments.of(numbers_of(values, name, np.float64))
        return self.of_moments(moments, name), moments.rows - moments.present

    def of_moments(self, moments: Moments, name: str) -> Self:
        """Return this kind with the statistics that the moments tell."""
        mean, scale = moments.mean, moments.scale
        if scale < max(abs(mean) * 1e-5, FLOAT32_TINY) and moments.low < moments.high:
            warnings.warn(indistinct(f"column {name!r}", mean, scale), DataWarning, stacklevel=5)
        scale = scale if scale > max(abs(mean) * 1e-12, FLOAT32_TINY) else 1.0
        return replace(self, mean=mean, scale=scale, indicator=moments.present < moments.rows)

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another numeric column."""
        if not isinstance(previous, Numeric):
            return None
        return self if self.learned else replace(self, **asdict(previous))

    def parts(self, name: str) -> dict[str, Part]:
        """Return the one input of numbers."""
        return {name: Part("float32")}

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> np.ndarray:
        """Return (n,) float32 in the column's own unit, NaN where missing; the model standardises."""
        return numbers_of(values, name)

    def encode_few(self, cells: Cells) -> np.ndarray | None:
        """Return the values of a few plain ones, None where one is no number that float32 holds."""
        numbers = [math.nan if cell is None else cell for cell in cells]
        if any(isinstance(number, str) or abs(number) > _FLOAT32_MAX for number in numbers):
            return None
        return np.array(numbers, np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        return cls(**data)

    def describe(self) -> tuple[str, str]:
        """Return no labels, and one dense value (two with the indicator)."""
        return "", "1 + missing" if self.indicator else "1"
