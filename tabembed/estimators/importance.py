"""Which columns a model's predictions hang on: columns, not the numbers of their vectors."""

from __future__ import annotations

__all__ = ["METHODS", "Importance", "importance"]

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..io.errors import DataError, require
from ..io.frames import to_arrow
from ..nn.attribution import integrated_gradients
from ..nn.packed import run_packed, trace_packed
from ..nn.seeds import Seeds
from ..schema.ragged import Encoded
from ..schema.schema import Schema
from .metrics import evaluate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

METHODS = ("permutation", "integrated_gradients")
_HIGHER = ("r2", "accuracy", "auc")
"""Metrics of which more is better."""


@dataclass(frozen=True, eq=False)
class Importance:
    """What each column counts for, the most important first; made by ``te.importance``.

    Args:
        columns: names, sorted by falling value.
        values: (columns,) the importances.
        spread: (columns,) of permutations the standard deviation over the repeats, of integrated gradients the standard
            error over the rows.
        method: one of ``METHODS``.
        unit: what the values are.
        attributions: (n, columns) of integrated gradients, in the columns' order: what each adds to a row's output.
        outputs: (n,) of integrated gradients: the rows' outputs.
        baseline: (n,) of integrated gradients: the output where all columns are average.
    """

    columns: tuple[str, ...]
    values: np.ndarray
    spread: np.ndarray
    method: str
    unit: str
    attributions: np.ndarray | None = None
    outputs: np.ndarray | None = None
    baseline: np.ndarray | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a frame with the columns ``importance`` and ``spread``, a row a column."""
        import pandas as pd

        index = pd.Index(self.columns, name="column")
        return pd.DataFrame({"importance": self.values, "spread": self.spread}, index=index)

    def __repr__(self) -> str:
        wide = max(len(name) for name in self.columns)
        lines = zip(self.columns, self.values, self.spread, strict=True)
        shown = [f"{name:<{wide}}  {value:10.4g} ± {spread:.2g}" for name, value, spread in lines]
        return "\n".join([f"Importance ({self.method}): {self.unit}", *shown])

    def plot(self, ax: Axes | None = None, top: int = 20) -> Axes:
        """Draw a bar for each of the ``top`` columns, with its spread (extra ``plot``).

        Args:
            ax: to draw into; None for a new one.
            top: at most so many columns.

        Returns:
            The axes.
        """
        shown = slice(min(top, len(self.columns)))
        names, values, spread = self.columns[shown][::-1], self.values[shown][::-1], self.spread[shown][::-1]
        if ax is None:
            size = (7.0, 1.2 + 0.3 * len(names))
            ax = require("matplotlib.pyplot", "plot").subplots(figsize=size, layout="constrained")[1]
        bars = ax.barh(range(len(names)), values, xerr=spread, height=0.7, error_kw={"elinewidth": 1, "ecolor": "0.35"})
        # Beside one long bar the others are too short to read.
        ax.bar_label(bars, [f"{value:.3g}" for value in values], padding=4, fontsize=8)
        ax.margins(x=0.12)
        ax.set_yticks(range(len(names)), [name if len(name) <= 32 else f"{name[:31]}…" for name in names])
        for label in ax.get_yticklabels():
            label.set_parse_math(False)
        ax.axvline(0, color="0.35", linewidth=0.8)
        ax.set_xlabel(self.unit)
        more = len(self.columns) - len(names)
        ax.set_title(f"Importance by {self.method.replace('_', ' ')}" + (f" ({more} more columns)" if more else ""))
        ax.spines[["top", "right"]].set_visible(False)
        return ax


def importance(
    model: Any,
    schema: Schema,
    df: Any,
    *,
    method: str = "permutation",
    metric: str | None = None,
    n_repeats: int = 5,
    max_samples: int = 10_000,
    random_state: Any = None,
) -> Importance:
    """Say what each column counts for in a model's predictions.

    ``"permutation"`` shuffles a column's cells among the rows, best ones that the model wasn't trained on, and tells by
    how much the metric worsens. ``"integrated_gradients"`` splits each row's output less an average row's among the
    columns, summed over a column's vector, and tells the mean size. A ``te.Cross`` is a column of its own.

    Args:
        model: built by ``build_model(schema)``, or a fitted estimator.
        schema: the same one; an estimator's ``schema_``.
        df: (n, columns) as in ``schema.encode``; with the target for permutations.
        method: one of ``METHODS``.
        metric: of permutations: one of ``metrics_``; None for ``r2``, or of classes ``log_loss``.
        n_repeats: shuffles of each column.
        max_samples: at most so many rows, drawn, are looked at.
        random_state: of the draws.

    Returns:
        The columns, most important first, with ``.plot()`` and ``.to_frame()``.

    Raises:
        DataError: for a method, metric or number that can't be, or data that isn't of the schema.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "BOS"] * 50, "day": [1, 2, 3, 4, 5] * 20})
        >>> est = te.TabularRegressor(preset="fast", epochs=9, random_state=0, verbose=0).fit(X, [5.5, -1.5] * 50)
        >>> te.importance(est, est.schema_, X, method="integrated_gradients").columns
        ('dest', 'day')

    Source: Breiman 2001, "Random Forests", section 10 (permutation); Sundararajan et al. 2017, arXiv 1703.01365.
    """
    _check(method, n_repeats=n_repeats, max_samples=max_samples)
    model, rng = _model_of(model), np.random.default_rng(Seeds(random_state).next())
    rows = _drawn((table := to_arrow(df)).num_rows, max_samples, rng)
    encoded = {name: values[rows] for name, values in schema.encode(table).items()}
    if method == "integrated_gradients":
        return _by_gradients(model, schema, encoded)
    _need_target(schema, table.column_names)
    return _by_permutation(_Scored(model, schema, schema.encode_target(table)[rows], metric), encoded, n_repeats, rng)


def _check(method: str, **numbers: Any) -> None:
    if method not in METHODS:
        raise DataError(f"`method` must be one of {', '.join(METHODS)}, however: method={method!r}")
    for argument, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise DataError(f"`{argument}` must be a whole number of 1 or more, however: {argument}={value!r}")


def _model_of(model: Any) -> Any:
    """Return an estimator's model, or the model."""
    model = getattr(model, "model_", model)
    if isinstance(model.output, Mapping):
        raise DataError(f"`model` must have one output, however: it has {', '.join(model.output)}; build one a target")
    return model


def _drawn(rows: int, most: int, rng: np.random.Generator) -> np.ndarray:
    if not rows:
        raise DataError("`df` must hold a row, however: it has none")
    return np.sort(rng.permutation(rows)[:most])


def _need_target(schema: Schema, names: list[str]) -> None:
    target = schema.need_target().name
    if target not in names:
        raise DataError(
            f"`df` must hold the target {target!r} for method='permutation', however: it has {', '.join(names[:5])}; "
            f"add it, or choose method='integrated_gradients'"
        )


def _by_gradients(model: Any, schema: Schema, encoded: Mapping[str, Encoded]) -> Importance:
    found = integrated_gradients(model, schema, encoded)
    sizes = np.abs(found.values)
    values = sizes.mean(axis=0)
    order = np.argsort(-values, kind="stable")
    names = list(schema.features)
    target = schema.need_target()
    of = "probability" if target.is_classification else target.name
    return Importance(
        tuple(names[at] for at in order),
        values[order],
        sizes.std(axis=0)[order] / np.sqrt(len(sizes)),
        "integrated_gradients",
        f"mean size of what it adds to {of}",
        found.values[:, order],
        found.outputs,
        found.baseline,
    )


class _Scored:
    """A model and the metric it is judged by."""

    def __init__(self, model: Any, schema: Schema, truth: np.ndarray, metric: str | None) -> None:
        self.schema, self._truth, self._metric = schema, truth, metric
        self._run = trace_packed(partial(model, training=False), schema)

    def __call__(self, encoded: Mapping[str, Encoded]) -> float:
        """Return the metric, turned so that less is better."""
        target = self.schema.need_target()
        output = target.outputs(run_packed(self._run, self.schema, encoded, (target.output_width,)))
        found: dict[str, float] = evaluate(target, self._truth, output)["model"]
        self._metric = self._metric or next((name for name in ("r2", "log_loss") if name in found), next(iter(found)))
        if self._metric not in found:
            raise DataError(f"`metric` must be one of {', '.join(found)}, however: metric={self._metric!r}")
        return -found[self._metric] if self._metric in _HIGHER else found[self._metric]

    @property
    def unit(self) -> str:
        """What a difference is."""
        return f"{'drop' if self._metric in _HIGHER else 'rise'} of {self._metric} when shuffled"


def _by_permutation(
    scored: _Scored, encoded: Mapping[str, Encoded], n_repeats: int, rng: np.random.Generator
) -> Importance:
    features, rows = scored.schema.features, len(next(iter(encoded.values())))
    before = scored(encoded)
    worse = np.empty((len(features), n_repeats))
    for at, (name, kind) in enumerate(features.items()):
        for repeat in range(n_repeats):
            order = rng.permutation(rows)
            shuffled = {part: encoded[part][order] for part in kind.parts(name)}
            worse[at, repeat] = scored({**encoded, **shuffled}) - before
    values = worse.mean(axis=1)
    order = np.argsort(-values, kind="stable")
    columns = tuple(list(features)[at] for at in order)
    return Importance(columns, values[order], worse.std(axis=1)[order], "permutation", scored.unit)
