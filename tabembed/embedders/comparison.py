"""Several ways to make tables, side by side on the same rows: what each costs, and what its vectors are good for."""

from __future__ import annotations

__all__ = ["EmbedderComparison", "compare_embedders", "neighbour_agreement"]

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..estimators.rows import with_targets
from ..io.errors import DataError, require
from ..io.frames import to_arrow
from ..schema.learn_target import learn_target
from ..tables.table import EmbeddingTable
from .base import Embedder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEIGHBOURS = 30  # of the KNN model


@dataclass(frozen=True, eq=False)
class EmbedderComparison:
    """What ``te.compare_embedders`` found.

    Args:
        frame: a row a way, the index ``way``: ``seconds`` of its fit on all rows; the scores of ``KNN``, ``linear`` and
            ``trees``, means over the folds; where a side was given, ``agreement``, and ``chance`` beside it.
        spread: the scores' standard deviations over the folds.
        metric: what the scores are: "R2", "AUC" or "accuracy".
        embedders: {way: fitted on all rows}.
    """

    frame: pd.DataFrame
    spread: pd.DataFrame
    metric: str
    embedders: dict[str, Embedder]

    def __repr__(self) -> str:
        return f"EmbedderComparison ({self.metric})\n{self.frame.round(4)}"

    def plot(self, axes: Any = None) -> Any:
        """Draw a panel each for the scores, the agreement where there is one, and the seconds (extra ``plot``).

        Args:
            axes: as many as there are panels, or None for new ones.

        Returns:
            (panels,) the axes.
        """
        models = [str(name) for name in self.spread]
        panels: list[tuple[list[str], str, pd.DataFrame | None]] = [
            (models, self.metric, self.spread),
            (["seconds"], "seconds to fit", None),
        ]
        if "agreement" in self.frame:
            panels.insert(1, (["agreement"], "neighbours of one side", None))
        if axes is None:
            pyplot = require("matplotlib.pyplot", "plot")
            size = (3.4 * len(panels), 1.4 + 0.55 * len(self.frame))
            axes = pyplot.subplots(1, len(panels), figsize=size, layout="constrained", sharey=True, squeeze=False)[1][0]
        for ax, (columns, title, spread) in zip(axes, panels, strict=True):
            _bars(ax, self.frame.loc[:, columns], spread)
            ax.set_xlabel(title)
        if "agreement" in self.frame:
            axes[1].axvline(float(self.frame["chance"].mean()), color="0.35", linewidth=0.8, linestyle=":")
        return np.asarray(axes)


def _bars(ax: Axes, values: pd.DataFrame, spread: pd.DataFrame | None) -> None:
    """Draw a group of bars for each way, the first on top."""
    places, height = np.arange(len(values)), 0.8 / values.shape[1]
    for at, name in enumerate(values):
        error = None if spread is None else spread[name]
        offset = (at - (values.shape[1] - 1) / 2) * height
        bars = ax.barh(places + offset, values[name], xerr=error, height=0.9 * height, label=name)
        ax.bar_label(bars, [f"{value:.3g}" for value in values[name]], padding=3, fontsize=7)
    ax.set_yticks(places, list(values.index))
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()
    ax.margins(x=0.2)
    ax.spines[["top", "right"]].set_visible(False)
    if values.shape[1] > 1:
        ax.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=values.shape[1], frameon=False)


def compare_embedders(
    X: Any,
    y: Any,
    embedders: Iterable[Embedder] | Mapping[str, Embedder],
    *,
    side: Mapping[str, Mapping[Any, Any]] | None = None,
    k: int = 5,
    cv: int = 3,
    task: str = "auto",
    random_state: Any = 0,
) -> EmbedderComparison:
    """Compare ways to make tables: seconds, what simple models score on their vectors, and who is whose neighbour.

    Of each fold the tables are learned on the other rows alone, and so are the models: k nearest neighbours, ridge or
    logistic regression, boosted trees. They take the vectors and the columns of numbers that pass through.

    Args:
        X: (n, columns) a frame.
        y: (n,) numbers or classes; none may be missing.
        embedders: of any kind, not fitted; a mapping names them.
        side: {column: {label: what its neighbours should share}}, as {"dest": {"LAX": "Pacific", ...}}: the share of
            the ``k`` nearest labels with the same one, in the mean over these labels.
        k: neighbours looked at.
        cv: folds.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``.
        random_state: of the folds.

    Returns:
        The figures, with ``.frame`` and ``.plot()``.

    Raises:
        DataError: without an embedder, for a side that no table has labels of, or data that can't be learned from.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "SFO", "BOS", "JFK"] * 30, "day": list("abcde") * 24})
        >>> y = [3.5, 3.0, -1.0, -1.5] * 30
        >>> found = te.compare_embedders(X, y, [te.PCAEmbedder(dim=1), te.LDAEmbedder(dim=1)])
        >>> found.metric, found.frame.index.tolist(), found.frame.columns.tolist()
        ('R2', ['PCA', 'LDA'], ['seconds', 'KNN', 'linear', 'trees'])

    Source: Guo & Berkhahn 2016, arXiv 1604.06737, section IV (tables in other models).
    """
    ways = _named(embedders)
    frame = X if isinstance(X, pd.DataFrame) else to_arrow(X).to_pandas()
    whole, names = with_targets(to_arrow(frame), y)
    if len(names) > 1:
        raise DataError(f"compare_embedders takes one target, however: y holds {', '.join(names)}; call it for each")
    target = learn_target(whole.column(names[0]), names[0], task)
    truth = np.asarray(target.encode(whole.column(names[0])))
    classes = int(truth.max()) + 1 if target.is_classification else 0
    metric = "R2" if not classes else "AUC" if classes == 2 else "accuracy"
    folds = list(
        (StratifiedKFold if classes else KFold)(cv, shuffle=True, random_state=random_state).split(frame, truth)
    )
    answers = pd.Series(np.asarray(y))
    figures, spreads, fitted = {}, {}, {}
    for name, way in ways.items():
        started = time.perf_counter()
        fitted[name] = clone(way).fit(frame, answers)
        seconds = time.perf_counter() - started
        scores = pd.DataFrame([_scores(way, frame, answers, truth, classes, fold) for fold in folds])
        figures[name] = {"seconds": seconds, **scores.mean(), **_agreement(fitted[name], side, k)}
        spreads[name] = scores.std(ddof=0)
    table = pd.DataFrame.from_dict(figures, orient="index").rename_axis("way")
    return EmbedderComparison(table, pd.DataFrame(spreads).T.rename_axis("way"), metric, fitted)


def _named(embedders: Iterable[Embedder] | Mapping[str, Embedder]) -> dict[str, Embedder]:
    """Return {name: embedder}; without names, those of the classes, numbered where one comes twice."""
    if isinstance(embedders, Mapping):
        named = dict(embedders)
    else:
        named = {}
        for way in embedders:
            kind = type(way).__name__.removesuffix("Embedder")
            count = sum(name.split(" ")[0] == kind for name in named)
            named[kind if not count else f"{kind} {count + 1}"] = way
    if not named or not all(isinstance(way, Embedder) for way in named.values()):
        raise DataError(f"`embedders` must be embedders, one or more, however: {list(named.values())!r:.200}")
    return named


def _scores(
    way: Embedder, X: pd.DataFrame, y: pd.Series, truth: np.ndarray, classes: int, fold: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """Return what each model scores on one fold."""
    train, test = fold
    embedder = clone(way)
    numbers = [
        np.asarray(part.select_dtypes(["number", "bool"]), np.float64)
        for part in (embedder.fit_transform(X.iloc[train], y.iloc[train]), embedder.transform(X.iloc[test]))
    ]
    found = {}
    for name, model in _models(classes).items():
        model.fit(numbers[0], truth[train])
        if classes == 2:
            found[name] = roc_auc_score(truth[test], model.predict_proba(numbers[1])[:, 1])
        else:
            found[name] = (accuracy_score if classes else r2_score)(truth[test], model.predict(numbers[1]))
    return found


def _models(classes: int) -> dict[str, Any]:
    """Return the models by name, ready to fit."""
    near = (KNeighborsClassifier if classes else KNeighborsRegressor)(_NEIGHBOURS)
    linear = LogisticRegression(max_iter=1000) if classes else Ridge()
    trees = (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(random_state=0)
    return {
        "KNN": make_pipeline(SimpleImputer(), StandardScaler(), near),
        "linear": make_pipeline(SimpleImputer(), StandardScaler(), linear),
        "trees": trees,
    }


def _agreement(embedder: Embedder, side: Mapping[str, Mapping[Any, Any]] | None, k: int) -> dict[str, float]:
    """Return the agreement and what chance gives, the mean over the columns that have a side."""
    if side is None:
        return {}
    absent = [name for name in side if name not in embedder.tables_]
    if absent:
        raise DataError(f"`side` must be of columns that have a table, however: {absent[0]!r} isn't one")
    found = [neighbour_agreement(embedder.tables_[name], labels, k) for name, labels in side.items()]
    agreement, chance = np.mean(found, axis=0)
    return {"agreement": float(agreement), "chance": float(chance)}


def neighbour_agreement(table: EmbeddingTable, side: Mapping[Any, Any], k: int = 5) -> tuple[float, float]:
    """Say how often a label's nearest neighbours are of its own side.

    Args:
        table: of one column.
        side: {label: what it is}; other labels of the table are left out.
        k: neighbours looked at.

    Returns:
        The share of the ``k`` nearest labels that are of the same side, the mean over the labels; and what labels drawn
        by chance would give.

    Raises:
        DataError: when fewer than k + 1 labels of the table have a side.

    Example:
        >>> t = EmbeddingTable(["LAX", "SFO", "BOS", "JFK"], [[0.0], [0.1], [5.0], [5.1]])
        >>> neighbour_agreement(t, {"LAX": "west", "SFO": "west", "BOS": "east", "JFK": "east"}, k=1)
        (1.0, 0.333...)
    """
    told = {label: what for label, what in side.items() if label in table}
    if len(told) <= k:
        raise DataError(
            f"`side` must tell of more than k={k} labels of column {table.name!r}, however: {len(told)} of its "
            f"{len(side)} labels are in the table"
        )
    part = table.subset(told)
    kinds = dict(zip(part.labels, told.values(), strict=True))
    near = part.neighbors(list(part.labels), k=k)
    agreement = np.mean(
        [kinds[other] == kinds[own] for own, found in zip(kinds, near, strict=True) for other, _ in found]
    )
    _, sizes = np.unique(np.array([str(what) for what in kinds.values()]), return_counts=True)
    chance = (sizes * (sizes - 1)).sum() / (len(kinds) * (len(kinds) - 1))
    return float(agreement), float(chance)
