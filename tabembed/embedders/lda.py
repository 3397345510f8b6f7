"""``LDAEmbedder``: the directions in which the classes of the target lie apart."""

from __future__ import annotations

__all__ = ["LDAEmbedder", "discriminants"]

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, eigsh

from ..io.errors import DataError
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from .counted import CountingEmbedder, allowed_dims, upright
from .labelled import groups_of, labelled_columns
from .profiles import group_ids
from .targets import one_target

_DENSE = 1_500  # ids: up to here the matrices are solved whole


class LDAEmbedder(CountingEmbedder):
    """Learn a vector for each label by linear discriminant analysis: the projection that separates the classes of y.

    A column's labels, as a one-hot code, are projected where the classes' means lie far apart in units of the spread
    within them. A number as target is cut into ``bins`` classes of equal size. Each column is looked at alone. What was
    never seen gets the projection of the mean row.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None leaves it to the kind's rule. A
            column gets at most one less than there are classes or labels (``dims_``).
        shrinkage: how far the spread within classes is drawn to equal spread in all labels, in (0, 1): it keeps labels
            of few rows from the far ends. Without it the one-hot code's spread can't be inverted.
        bins: classes that a number is cut into.
        task: ``"auto"``, ``"regression"``, ``"binary"`` or ``"multiclass"``.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.

    Attributes:
        tables_: {column: EmbeddingTable}.
        dims_: {column: the dimensions its vectors got}.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        DataError: in ``fit``, without y, for a shrinkage outside (0, 1) or a dim that no column allows.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "SFO", "BOS", "JFK"] * 9})
        >>> embedder = te.LDAEmbedder(dim=1).fit(X, ["west", "west", "east", "east"] * 9)
        >>> embedder.tables_["dest"].neighbors("LAX", k=1)[0][0]
        'SFO'

    Source: Fisher 1936, Annals of Eugenics 7; Rao 1948, Journal of the Royal Statistical Society B 10, section 9;
    equal to scikit-learn's ``LinearDiscriminantAnalysis(solver="eigen", shrinkage=...)`` on the one-hot code.
    """

    def __init__(
        self,
        dim: int | None = None,
        *,
        shrinkage: float = 0.1,
        bins: int = 10,
        task: str = "auto",
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
    ) -> None:
        self.dim = dim
        self.shrinkage = shrinkage
        self.bins = bins
        self.task = task
        self.schema = schema
        self.kinds = kinds

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the tables.

        Args:
            X: (n, columns) a frame or a 2-D array; or files.
            y: (n,) the classes, or numbers; none may be missing. Of files the name of their column.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        if y is None:
            raise DataError("LDAEmbedder requires y to be passed, but the target y is None: call it with X and y")
        self._check()
        table = self._prepared(X, target=y if isinstance(y, str) else None)
        target, truth = one_target("LDAEmbedder", table, y, self.task, X)
        classes = truth if target.is_classification else _binned(truth, self.bins)
        encoded, labelled = self.schema_.encode(table), labelled_columns(self.schema_)
        counts = {
            group: _counted(group_ids(encoded, group), np.tile(classes, len(group)), labelled[group[0]].size)
            for group in groups_of(self.schema_)
        }
        most = {
            group: max(1, min(count.shape[1], int((count.sum(1) > 0).sum())) - 1) for group, count in counts.items()
        }
        why = "there are at most as many directions as classes less one, and as labels less one"
        dims = allowed_dims(self.schema_, self.dim, most, why)
        self._finish({group: self._vectors(count, dims[group]) for group, count in counts.items()})
        return self

    def _check(self) -> None:
        share, bins = self.shrinkage, self.bins
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise DataError(f"`shrinkage` must be a number in (0, 1), however: shrinkage={share!r}")
        if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or bins < 2:
            raise DataError(f"`bins` must be a whole number of 2 or more, however: bins={bins!r}")

    def _vectors(self, counts: np.ndarray, dim: int) -> np.ndarray:
        """Return (size, dim) vectors by id."""
        seen = counts.sum(1) > 0
        found = discriminants(counts[seen], dim, float(self.shrinkage))
        vectors = np.empty((len(counts), dim), np.float32)
        vectors[seen] = found
        vectors[~seen] = counts[seen].sum(1) @ found / counts.sum()
        return vectors

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may pass: y is needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def discriminants(counts: np.ndarray, dim: int, shrinkage: float) -> np.ndarray:
    """Return where each label's one-hot code is projected.

    The spread within the classes is a diagonal less a product of as many columns as there are classes, so that nothing
    of labels times labels is needed for many of them.

    Args:
        counts: (labels, classes) rows that hold each label, all above 0 in sum.
        dim: directions wanted, the strongest first.
        shrinkage: in (0, 1).

    Returns:
        (labels, dim); the largest entry of each direction is positive.
    """
    rows, of_class = counts.sum(), counts.sum(0)
    shares, priors = counts / of_class, of_class / rows
    overall = counts.sum(1) / rows
    kept, size = 1 - shrinkage, len(counts)
    # Classes of one label each have no spread, which can't be inverted.
    within = max(float(priors @ (1 - np.square(shares).sum(0))), 1e-4) / size
    between = (1 - float(overall @ overall)) / size - within
    diagonal = kept * overall + shrinkage * within
    low = shares * np.sqrt(kept * priors)
    apart = (shares - overall[:, None]) * np.sqrt(kept * priors)
    more = shrinkage * between
    if size <= _DENSE or dim >= size - 1:
        spread = np.diag(diagonal) - low @ low.T
        found = linalg.eigh(apart @ apart.T + more * np.eye(size), spread, subset_by_index=[size - dim, size - 1])[1]
        return upright(found[:, ::-1])
    inner = np.linalg.inv(np.eye(low.shape[1]) - low.T @ (low / diagonal[:, None]))

    def undo(x: np.ndarray) -> np.ndarray:
        """Return the inverse of the spread times x, by Woodbury's identity."""
        scaled = x / diagonal
        return scaled + (low @ (inner @ (low.T @ scaled))) / diagonal

    def operator(product: Any) -> LinearOperator:
        """Return a matrix that is known by its products."""
        return LinearOperator((size, size), matvec=product, dtype=np.float64)

    values, found = eigsh(
        operator(lambda x: apart @ (apart.T @ x) + more * x),
        dim,
        operator(lambda x: diagonal * x - low @ (low.T @ x)),
        Minv=operator(undo),
        which="LA",
        v0=overall,
    )
    return upright(found[:, np.argsort(-values)])


def _counted(ids: np.ndarray, classes: np.ndarray, size: int) -> np.ndarray:
    """Return (size, classes) rows; a class without any is left out."""
    wide = int(classes.max()) + 1
    counts = np.bincount(ids.astype(np.int64) * wide + classes, minlength=size * wide).reshape(size, wide)
    return counts[:, counts.any(axis=0)].astype(np.float64)


def _binned(values: np.ndarray, bins: int) -> np.ndarray:
    """Return (n,) which of ``bins`` parts of equal size a number is in; equal numbers are in one."""
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return np.searchsorted(edges, values, side="right")
