"""``PCAEmbedder``: principal components of what stands beside each label."""

from __future__ import annotations

__all__ = ["PCAEmbedder"]

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA

from ..io.errors import DataError
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from ..schema.vocabulary import FIRST_ID
from .counted import CountingEmbedder, Group, allowed_dims
from .labelled import groups_of, labelled_columns
from .profiles import group_ids, profiles

_DENSE = 2_000_000  # cells: up to here the matrix is decomposed whole


class PCAEmbedder(CountingEmbedder):
    """Learn a vector for each label from the labels and numbers of the other columns, without a target.

    A label's profile is the share of its rows that hold each label in every other column, and the mean of every other
    number. The vectors are the profiles' principal components, most variance first: labels that keep the same company
    come near each other. A label's rows count as one profile, however many they are (``min_count`` keeps rare ones
    out). What is missing, or below ``min_count``, gets the components of its own profile; what was never seen gets
    the mean of the labels' vectors.

    Args:
        dim: dimensions of every column's vectors, unless its kind declares them; None leaves it to the kind's rule. A
            column of few labels gets fewer (``dims_``): one less than it has labels.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.
        random_state: of the start of the search, where the matrix is too large to be decomposed whole.

    Attributes:
        tables_: {column: EmbeddingTable}.
        dims_: {column: the dimensions its vectors got}.
        explained_variance_ratio_: {column: the share of the variance that each dimension has}.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        DataError: in ``fit``, without a second column to learn from, or for a dim that no column allows.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> X = pd.DataFrame({"dest": ["LAX", "SFO", "BOS", "LAX"] * 9, "carrier": ["UA", "UA", "B6", "UA"] * 9})
        >>> embedder = te.PCAEmbedder(dim=1).fit(X)
        >>> embedder.tables_["dest"].neighbors("LAX", k=1)[0][0]
        'SFO'

    Source: Pearson 1901, "On lines and planes of closest fit", Philosophical Magazine 2; Halko et al. 2011, arXiv
    0909.4061, for large matrices scikit-learn's implicitly centred solver.
    """

    _learned = ("dims_", "explained_variance_ratio_")

    def __init__(
        self,
        dim: int | None = None,
        *,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
        random_state: Any = None,
    ) -> None:
        self.dim = dim
        self.schema = schema
        self.kinds = kinds
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the tables.

        Args:
            X: (n, columns) a frame or a 2-D array; or files, a path, a glob or a list of these.
            y: not read.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data that can't be learned from; the sentence names the column.
        """
        table = self._prepared(X)
        encoded = self.schema_.encode(table)
        labelled = labelled_columns(self.schema_)
        sizes = {name: kind.size for name, kind in labelled.items()}
        matrices = {group: profiles(encoded, group, sizes) for group in groups_of(self.schema_)}
        seen = {group: np.bincount(group_ids(encoded, group), minlength=sizes[group[0]]) for group in matrices}
        for group, matrix in matrices.items():
            if not matrix.shape[1]:
                raise DataError(
                    f"column {group[0]!r} must stand beside another one of labels or numbers to learn from, however: "
                    f"there is none (n_features = {self.n_features_in_}); give more columns, or use te.EntityEmbedder "
                    f"with a target"
                )
        most = {
            group: max(1, min(int((seen[group][FIRST_ID:] > 0).sum()) - 1, matrix.shape[1]))
            for group, matrix in matrices.items()
        }
        why = "a column has at most one dimension less than labels, and as many as labels and numbers stand beside it"
        dims = allowed_dims(self.schema_, self.dim, most, why)
        rows: dict[Group, np.ndarray] = {}
        shares: dict[str, list[float]] = {}
        for group, matrix in matrices.items():
            rows[group], ratio = self._components(matrix, seen[group] > 0, dims[group])
            shares |= dict.fromkeys(group, ratio.tolist())
        self.explained_variance_ratio_ = shares
        self._finish(rows)
        return self

    def _components(self, matrix: sparse.csr_matrix, seen: np.ndarray, dim: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (size, dim) vectors by id and (dim,) shares of the variance."""
        labels = np.flatnonzero(seen[FIRST_ID:]) + FIRST_ID
        if matrix.shape[0] * matrix.shape[1] <= _DENSE or dim >= min(len(labels), matrix.shape[1]):
            matrix, solver = matrix.toarray(), "full"
        else:
            solver = "arpack"
        with np.errstate(invalid="ignore"):  # labels that all keep the same company have no variance to share out
            found = PCA(dim, svd_solver=solver, random_state=self.random_state).fit(matrix[labels])
        vectors = np.where(seen[:, None], found.transform(matrix), 0.0)
        ratio = np.nan_to_num(found.explained_variance_ratio_)
        return vectors.astype(np.float32), ratio
