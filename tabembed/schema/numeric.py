"""The numeric kind: float32, scaled in the model, missing told apart; on request embedded."""

from __future__ import annotations

__all__ = ["EMBEDDINGS", "FLOAT32_TINY", "TRANSFORMS", "Numeric", "indistinct", "interval_key", "numbers_of"]

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..io.errors import DataError, DataWarning
from ..io.few import Cells
from .bins import interval_labels, intervals_of, knots_of, quantile_edges, robust_of, sampled, tree_edges
from .dims import DEFAULT_RULE, dim_for
from .kind import ColumnKind, Part, TableSpec
from .moments import Moments
from .vocabulary import FIRST_ID

_FLOAT32_MAX = float(np.finfo(np.float32).max)
TRANSFORMS = ("standard", "robust", "quantile", "log", "auto")
EMBEDDINGS = {"ple": 16, "periodic": 24, "pbld": 4, "buckets": 0}
"""Each numeric embedding with its usual dim; that of buckets goes by how many there are."""
_FAR = 40
"""Standard deviations from the mean at which a number is scaled by its rank: one such row moves all weights. Training
rows, seeds 10 and 11: a wind of 1,048 in the weather (R2 .974 to .990, .970 to .989), films of 5,220 minutes (.266 to
.268, .245 to .280), AUC of covid .708 to .725, .721 to .725; delays of flights, that add up, lie within 32."""
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
    if not (high > _FLOAT32_MAX or low < -_FLOAT32_MAX):  # NaN where all are missing
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
    """A column of numbers; its model branch scales it and puts 0 for missing, with an indicator where any was.

    Args:
        mean: subtracted; learned from the present values (the median for ``"robust"``).
        scale: divided by; the standard deviation of the present values (1 for a constant column), for ``"robust"`` the
            range between their quartiles.
        indicator: whether the column had missing values, so the branch tells them apart.
        transform: ``"standard"``; ``"robust"`` (quartiles, and a smooth clip to -3..3); ``"quantile"`` (the quantile of
            a normal distribution at the value's rank); ``"log"`` (sign(x) log(1 + abs(x)), then standardised);
            ``"auto"``: ``"quantile"`` where one value fills more than half of the rows or one lies 40 standard
            deviations from the mean, ``"standard"`` elsewhere.
        embedding: None for the plain value; ``"ple"`` (piecewise linear), ``"periodic"`` (PLR), ``"pbld"``, or
            ``"buckets"``: an embedding of the interval that holds the value, with a table of its own.
        dim: dimensions of the embedding; None for 16, 24 or 4, and for buckets by how many there are.
        n_bins: intervals of ``"ple"`` and ``"buckets"`` at most.
        bins: where they end: ``"quantile"``, or ``"target"`` for the splits of a decision tree that predicts the target
            from this column.
        frequency_scale: standard deviation of the first frequencies of ``"periodic"`` and ``"pbld"``.
        edges: the borders of the bins; learned.
        knots: values with known ranks, for ``"quantile"``; learned.
        levels: their ranks, from 0 to 1; learned.
        counts: rows in each bucket; learned.

    Quantiles and trees are learned from 262,144 rows by chance where there are more, the same ones from a frame and
    from files; means, standard deviations and counts from all.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> te.infer_schema(pd.DataFrame({"km": [0.5, 1.5, None]}), kinds={"km": te.Numeric()})["km"]
        Numeric(mean=1.0, scale=0.5, indicator=True)
        >>> kind = te.Numeric(embedding="buckets", n_bins=2)
        >>> te.infer_schema(pd.DataFrame({"km": [0.5, 1.5, 2.5]}), kinds={"km": kind})["km"].labels
        ['(-inf, 1.5)', '[1.5, inf)']

    Source: Gorishniy et al. 2022, arXiv 2203.05556, section 3; Holzmüller et al. 2024, arXiv 2407.04491, section 3.
    """

    mean: float | None = None
    scale: float | None = None
    indicator: bool = False
    transform: str = "standard"
    embedding: str | None = None
    dim: int | None = None
    n_bins: int = 48
    bins: str = "quantile"
    frequency_scale: float = 0.1
    edges: tuple[float, ...] = ()
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    key: ClassVar[str] = "numeric"
    decisive: ClassVar[tuple[str, ...]] = ("transform", "embedding", "n_bins", "bins")

    def __post_init__(self) -> None:
        _check_choice("transform", self.transform, TRANSFORMS)
        _check_choice("embedding", self.embedding, (None, *EMBEDDINGS))
        _check_choice("bins", self.bins, ("quantile", "target"))
        _check_whole("n_bins", self.n_bins, 2)
        if not 0 < self.frequency_scale < math.inf:
            raise DataError(
                f"`frequency_scale` must be a number above 0, however: frequency_scale={self.frequency_scale!r}"
            )
        if self.dim is not None:
            _check_whole("dim", self.dim, 2 if self.embedding == "pbld" else 1)
            if self.embedding is None:
                raise DataError(f"`dim` is the embedding's, however: dim={self.dim!r} without one; set `embedding`")
        if self.bins == "target" and self.embedding not in ("ple", "buckets"):
            raise DataError(f"`bins` are those of 'ple' and 'buckets', however: embedding={self.embedding!r}")
        if self.embedding == "buckets" and self.transform != "standard":
            raise DataError(f"buckets hold values as they are, however: transform={self.transform!r}; leave it out")

    def __repr__(self) -> str:
        shown = [f for f in fields(self) if f.name in _STATISTICS[:3] or getattr(self, f.name) != f.default]
        return f"Numeric({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"

    @property
    def learned(self) -> bool:
        """Whether mean and scale are there, and the bins where there are any."""
        return self.mean is not None and self.scale is not None and (bool(self.edges) or not self.binned)

    @property
    def binned(self) -> bool:
        """Whether the embedding has bins."""
        return self.embedding in ("ple", "buckets")

    @property
    def reads_target(self) -> bool:
        """Whether the bins are those of a tree."""
        return self.binned and self.bins == "target"

    @property
    def pinned(self) -> bool:
        """Whether ``dim`` was declared."""
        return self.dim is not None

    @property
    def width(self) -> int:
        """Dimensions of the embedding, 1 without one."""
        if self.embedding is None:
            return 1
        usual = EMBEDDINGS[self.embedding] or dim_for(DEFAULT_RULE, len(self.labels), sum(self.counts))
        return self.dim or usual

    @property
    def labels(self) -> list[str]:
        """The intervals of the buckets, in the order of their ids (2, 3, ...)."""
        return interval_labels(self.edges) if self.embedding == "buckets" and self.edges else []

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Take the statistics of the present values, in float64."""
        return self.learn_with(values, None, name)

    def learn_with(self, values: pa.Array | pa.ChunkedArray, target: np.ndarray | None, name: str) -> tuple[Self, int]:
        """Take the statistics of the present values, in float64; the target is for ``bins="target"``."""
        numbers = numbers_of(values, name, np.float64)
        chosen = None if target is None else sampled([target], len(target))
        return self.learn_parts(lambda: [numbers], chosen, name)

    def learn_parts(
        self, parts: Callable[[], Iterable[np.ndarray]], target: np.ndarray | None, name: str
    ) -> tuple[Self, int]:
        """Learn from a column in parts, read once or several times.

        Args:
            parts: returns (n,) float64 arrays, NaN where missing.
            target: the sampled cells of the target (``bins.sampled``), whole numbers for classes; None without one.
            name: the column's name, for errors.

        Raises:
            DataError: for ``bins="target"`` without a target.
        """
        moments = Moments.gathered(Moments.of(self._logged(numbers)) for numbers in parts())
        learned = self.of_moments(moments, name)
        if moments.present and (self.binned or self.transform in ("robust", "quantile", "auto")):
            learned = learned._cut(sampled(parts(), moments.rows), moments, target, name)
        elif self.transform == "auto":
            learned = replace(learned, transform="standard")
        if learned.embedding == "buckets":
            held = [intervals_of(numbers[~np.isnan(numbers)], learned.edges) for numbers in parts()]
            counts = sum(np.bincount(at, minlength=len(learned.labels)) for at in held)
            learned = replace(learned, counts=tuple(np.asarray(counts).tolist()))
        return learned, moments.rows - moments.present

    def _logged(self, numbers: np.ndarray) -> np.ndarray:
        return np.sign(numbers) * np.log1p(np.abs(numbers)) if self.transform == "log" else numbers

    def _cut(self, sample: np.ndarray, moments: Moments, target: np.ndarray | None, name: str) -> Self:
        """Return this kind with the quantiles and bins of a sample, NaN where missing; the moments are of all rows."""
        held = ~np.isnan(sample)
        present = sample[held] if held.any() else np.zeros(1)
        learned = self
        if self.transform == "auto":
            # The standard deviation tells how often other values come, not how far apart they are; or it is one row's.
            spiked = held.any() and np.mean(present == np.median(present)) > 0.5
            far = max(moments.high - moments.mean, moments.mean - moments.low) > _FAR * (self.scale or 1.0)
            learned = replace(learned, transform="quantile" if spiked or far else "standard")
        if learned.transform == "robust":
            median, spread = robust_of(present)
            learned = replace(learned, mean=median, scale=max(spread, FLOAT32_TINY))
        if learned.transform == "quantile":
            knots, levels = knots_of(present)
            learned = replace(learned, mean=0.0, scale=1.0, knots=knots, levels=levels)
        if self.reads_target:
            if target is None:
                raise DataError(f"column {name!r} takes its bins from the target, however: there is none; set `target`")
            edges = tree_edges(present, target[held], self.n_bins) if held.any() else (0.0, 1.0)
            return replace(learned, edges=edges)
        return replace(learned, edges=quantile_edges(present, self.n_bins)) if self.binned else learned

    def of_moments(self, moments: Moments, name: str) -> Self:
        """Return this kind with the statistics that the moments tell."""
        mean, scale = moments.mean, moments.scale
        if scale < max(abs(mean) * 1e-5, FLOAT32_TINY) and moments.low < moments.high:
            warnings.warn(indistinct(f"column {name!r}", mean, scale), DataWarning, stacklevel=7)
        scale = scale if scale > max(abs(mean) * 1e-12, FLOAT32_TINY) else 1.0
        return replace(self, mean=mean, scale=scale, indicator=moments.present < moments.rows)

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Take the statistics of another numeric column, where its transform and its bins are these."""
        if not isinstance(previous, Numeric):
            return None
        if self.learned:
            return self
        own = ("standard", "quantile") if self.transform == "auto" else (self.transform,)
        alike = previous.transform in own
        if self.binned:
            needed = "labels" if self.embedding == "buckets" else "edges"
            alike &= bool(getattr(previous, needed)) and (previous.n_bins, previous.bins) == (self.n_bins, self.bins)
        learned = {name: getattr(previous, name) for name in ("transform", *_STATISTICS)}
        return replace(self, **learned) if alike else None

    def parts(self, name: str) -> dict[str, Part]:
        """Return the one input of numbers."""
        return {name: Part("float32")}

    def number_sources(self, name: str) -> tuple[str, ...]:
        """Return the column itself."""
        return (name,)

    def tables(self, name: str) -> dict[str, TableSpec]:
        """Return the buckets' embedding as ``NAME.interval``, if there are any.

        Under the column's own name a ``TableEncoder`` would look for its numbers among the intervals.
        """
        labels, key = self.labels, interval_key(name)
        if not labels:
            return {}
        return {key: TableSpec(len(labels) + FIRST_ID, "embedding", key, lambda: (labels, np.array(self.counts)))}

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
        """Return the statistics, and what isn't as usual."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        usual = {f.name: f.default for f in fields(self)}
        shown = {name: value for name, value in values.items() if name in _STATISTICS[:3] or value != usual[name]}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
        return cls(**values)

    def describe(self) -> tuple[str, str]:
        """Return how many buckets there are, and how many values the branch has, with what makes them."""
        how = ", ".join(word for word in (self.transform, self.embedding or "") if word not in ("", "standard"))
        missing = " + missing" if self.indicator and self.embedding != "buckets" else ""
        return f"{len(self.labels) or ''}", f"{self.width if self.learned else ''}{f' ({how})' if how else ''}{missing}"


def interval_key(name: str) -> str:
    """Return what a column's table of buckets is called.

    Example:
        >>> interval_key("km")
        'km.interval'
    """
    return f"{name}.interval"


_STATISTICS = ("mean", "scale", "indicator", "edges", "knots", "levels", "counts")


def _check_choice(argument: str, value: Any, choices: tuple[Any, ...]) -> None:
    if value not in choices:
        raise DataError(f"`{argument}` must be one of {', '.join(map(repr, choices))}, however: {argument}={value!r}")


def _check_whole(argument: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DataError(f"`{argument}` must be a whole number of {least} or more, however: {argument}={value!r}")
