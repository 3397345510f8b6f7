"""What each label adds to the target on its own: one linear model of all columns' labels at once."""

from __future__ import annotations

__all__ = ["PRIOR_ROWS", "Effects"]

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from ..schema.moments import Moments
from ..schema.schema import Schema
from .labelled import groups_of, labelled_columns

PRIOR_ROWS = 10.0
"""A label's effect is drawn to 0 as though it had so many more rows of no effect."""


class Effects:
    """Fit ridge or logistic regression on the labels of all columns, one-hot, beside the numbers.

    A network's linear path shares the effects with the deep path and stops with it, often after two or three passes;
    this fit is convex and comes to its end. The prior weighs ``PRIOR_ROWS`` rows in both models: a row's curvature is 1
    for a standardised target, and the variance of the classes for log-odds.

    Args:
        schema: of the columns, with a target.
        encoded: what ``schema.encode`` gave.
        truth: (n,) what ``schema.encode_target`` gave.
        weights: (n,) or None.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"dest": ["LAX", "BOS"] * 50, "delay": [5.5, -4.5] * 50})
        >>> schema = te.infer_schema(df, target="delay", task="regression")
        >>> effects = Effects(schema, schema.encode(df), schema.encode_target(df), None)
        >>> effects.of(np.arange(100))[("dest",)].round(1).ravel().tolist()  # missing, unknown, BOS, LAX
        [0.0, 0.0, -0.8, 0.8]

    Source: Hastie & Tibshirani 1986, "Generalized Additive Models", Statistical Science 1; the prior as in
    Micci-Barreca 2001, SIGKDD Explorations 3, section 3.
    """

    def __init__(
        self, schema: Schema, encoded: Mapping[str, np.ndarray], truth: np.ndarray, weights: np.ndarray | None
    ) -> None:
        self._target = schema.need_target()
        self._matrix, self._places = _design(schema, encoded)
        self._weights = None if weights is None else weights / max(float(weights.max()), 1e-30)
        if self._target.is_classification:
            self._truth = truth
            shares = np.asarray(self._target.shares)
            self._prior = PRIOR_ROWS * max(float((shares * (1 - shares)).mean()), 1e-6)
        else:
            self._truth, self._prior = (truth - self._target.mean) / self._target.scale, PRIOR_ROWS

    def of(self, rows: np.ndarray) -> dict[tuple[str, ...], np.ndarray]:
        """Return the effects that some rows show.

        Args:
            rows: their numbers.

        Returns:
            {columns of a table: (size, outputs) float64}: one output, or one a class where there are more than two;
            0 for labels without a row, which is what a new label gets.
        """
        weights = None if self._weights is None else self._weights[rows]
        found = self._fitted(self._matrix[rows], self._truth[rows], weights)
        return {columns: found[start:stop] for columns, (start, stop) in self._places.items()}

    def _fitted(self, matrix: Any, truth: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return (width, outputs) coefficients."""
        if not self._target.is_classification:
            model = Ridge(self._prior, solver="sparse_cg").fit(matrix, truth, weights)
            return np.asarray(model.coef_).reshape(-1, 1)
        outputs = 1 if self._target.task == "binary" else len(self._target.classes)
        coefficients = np.zeros((outputs, matrix.shape[1]))
        if len(np.unique(truth)) > 1:
            with warnings.catch_warnings():  # a hundred steps are near enough to the end
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = LogisticRegression(C=1 / self._prior, tol=1e-3).fit(matrix, truth, weights)
            own = model.coef_ if outputs == 1 or len(model.classes_) > 2 else np.vstack([-model.coef_, model.coef_])
            coefficients[model.classes_ if outputs > 1 else slice(None)] = own
        return coefficients.T


def _design(schema: Schema, encoded: Mapping[str, Any]) -> tuple[Any, dict[tuple[str, ...], tuple[int, int]]]:
    """Return (n, width) sparse, the tables' rows first, and {columns of a table: (start, stop)} of theirs."""
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    width, parts, blocks = 0, [], []
    for columns in groups_of(schema):
        places[columns] = (width, width + labelled_columns(schema)[columns[0]].size)
        parts += [encoded[name].astype(np.int64) + width for name in columns]
        width = places[columns][1]
    cells = np.stack(parts, axis=1).ravel()
    shape = (len(parts[0]), width)
    labels = sparse.csr_matrix((np.ones(len(cells)), cells, np.arange(0, len(cells) + 1, len(parts))), shape=shape)
    for name, part in schema.parts.items():
        if not part.ragged and not any(name in columns for columns in places):
            blocks.append(_one_hot(encoded[name]) if part.dtype == "int32" else _standardised(encoded[name]))
    return sparse.hstack([labels, *blocks]).tocsr(), places


def _one_hot(ids: np.ndarray) -> Any:
    """Return (n, ids) of labels that have no table."""
    rows = len(ids)
    return sparse.csr_matrix((np.ones(rows), ids.astype(np.int64), np.arange(rows + 1)))


def _standardised(values: np.ndarray) -> np.ndarray:
    """Return (n, 1) numbers or times of mean 0 and variance 1; 0 where missing."""
    values = np.where(np.isnan(values), np.nan, values.astype(np.float64))  # times that are missing are no NaN
    return Moments.of(values).standardised(values)[:, None]
