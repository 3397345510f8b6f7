"""``TextEmbedder``: vectors from what a label says."""

from __future__ import annotations

__all__ = ["TextEmbedder"]

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..io.errors import DataError, DataWarning
from ..schema.kinds import ColumnKind
from ..schema.schema import Schema
from ..tables.reduce import principal_axes
from ..tables.table import EmbeddingTable
from .counted import CountingEmbedder, Group
from .labelled import groups_of, labelled_columns
from .text_sources import PACKAGED, source_of
from .unseen import UnseenLabels


class TextEmbedder(UnseenLabels, CountingEmbedder):
    r"""Give each label the vector of its text: nothing is learned from the rows; new labels have vectors too.

    As ``init=`` of a model it lets labels begin where their names say, those without rows as well. A label of which
    the source knows no word gets the unknown vector, the mean of the others, with a warning; so does what is missing.
    For labels that ``fit`` didn't see, ``transform`` reads the source again.

    Args:
        source: a file of word vectors (word2vec text or binary, GloVe, fastText ``.vec``), the folder of a KerasHub
            preset (extra ``text``) or of a sentence-transformers model (extra ``sentence``), or
            ``"all-MiniLM-L6-v2"``, whose weights that extra brings.
        dim: dimensions: the principal axes of the labels' vectors; None leaves them as wide as the source's, unless a
            kind declares its own.
        texts: {column: {label: text}} for labels that don't say what they are, as airports' codes; others speak for
            themselves.
        schema: a ``te.Schema`` that says what the columns are; None infers it.
        kinds: {column: kind} for the columns you declare yourself, when there is no ``schema``.

    Attributes:
        tables_: {column: EmbeddingTable}, measured by cosines.
        dims_: {column: the dimensions its vectors got}.
        axes_: {column: [(dim of the source,) for each dimension]} where there are fewer than the source's.
        schema_: the ``te.Schema`` of X (not kept by ``save``).

    Raises:
        DataError: in ``fit``, for a source that can't be read, or a column of whose labels it knows no word.

    Example:
        >>> import pandas as pd, tabembed as te, tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "words.vec"
        >>> _ = file.write_text("red 1 0\nblue 0 1\ndark 1 1\n")
        >>> X = pd.DataFrame({"colour": ["red", "blue", "Dark_Red", "red"]})
        >>> te.TextEmbedder(file).fit(X).tables_["colour"]["Dark_Red"].tolist()
        [1.0, 0.5]

    Source: Wieting et al. 2016, arXiv 1511.08198 (means of word vectors); Reimers & Gurevych 2019, arXiv 1908.10084.
    """

    _learned = ("dims_", "axes_")

    def __init__(
        self,
        source: str | os.PathLike[str] = PACKAGED,
        dim: int | None = None,
        *,
        texts: Mapping[str, Mapping[str, str]] | None = None,
        schema: Schema | None = None,
        kinds: Mapping[str, ColumnKind] | None = None,
    ) -> None:
        self.source = source
        self.dim = dim
        self.texts = texts
        self.schema = schema
        self.kinds = kinds

    def fit(self, X: Any, y: Any = None) -> Self:
        """Read the labels' vectors.

        Args:
            X: (n, columns) a frame or a 2-D array; or files, a path, a glob or a list of these.
            y: not read.

        Returns:
            Itself, fitted.

        Raises:
            DataError: for data or a source that can't be read; the sentence names the column or the file.
        """
        self._prepared(X)
        groups = groups_of(self.schema_)
        labels, counts = zip(*(self.schema_.tables[group[0]][1].read() for group in groups), strict=True)
        spoken = [self._text(group, label) for group, of in zip(groups, labels, strict=True) for label in of]
        vectors, known = source_of(self.source).vectors(spoken)
        ends = np.cumsum([len(of) for of in labels])[:-1]
        self.tables_ = {}
        self.axes_: dict[str, list[list[float]]] = {}
        for group, *parts in zip(groups, labels, counts, np.split(vectors, ends), np.split(known, ends), strict=True):
            self.tables_ |= dict.fromkeys(group, self._table(group, *parts))
        self.dims_ = {name: table.dim for name, table in self.tables_.items()}
        self._check_names_out()
        return self

    def _text(self, group: Group, label: str) -> str:
        """Return what a label says."""
        told = (texts[label] for name in group if label in (texts := (self.texts or {}).get(name, {})))
        return next(told, label.replace("_", " "))

    def _tell(self, group: Group, labels: Sequence[str], known: np.ndarray) -> None:
        """Warn of labels that the source doesn't know; refuse a column of nothing else."""
        unknown = [label for label, there in zip(labels, known.tolist(), strict=True) if not there]
        if len(unknown) == len(labels):
            raise DataError(
                f"column {group[0]!r} must have labels whose words are in {str(self.source)!r}, however: none has, "
                f"as {', '.join(map(repr, unknown[:3]))}; say what they mean with texts={{{group[0]!r}: ...}}, or "
                f"leave the column out"
            )
        if unknown:
            warnings.warn(
                f"column {group[0]!r}: {len(unknown)} of {len(labels)} labels have no word in {str(self.source)!r} and "
                f"get the unknown vector: {', '.join(map(repr, unknown[:5]))}; texts= may say what they mean",
                DataWarning,
                stacklevel=3,
            )

    def _table(
        self, group: Group, labels: Sequence[str], counts: np.ndarray, vectors: np.ndarray, known: np.ndarray
    ) -> EmbeddingTable:
        """Return the table of a group's columns, in fewer dimensions where that is wanted."""
        self._tell(group, labels, known)
        kind = labelled_columns(self.schema_)[group[0]]
        wanted = (kind.dim if self.dim is not None or kind.pinned else None) or vectors.shape[1]
        if wanted > vectors.shape[1]:
            raise DataError(
                f"column {group[0]!r} must have a dim of at most {vectors.shape[1]}, what {str(self.source)!r} has, "
                f"however: {wanted}"
            )
        if wanted < vectors.shape[1]:
            axes = principal_axes(vectors[known], wanted, centred=False)
            self.axes_ |= dict.fromkeys(group, axes.directions.T.tolist())
            vectors = axes.of(vectors)
        unknown = vectors[known].mean(axis=0)
        vectors = np.where(known[:, None], vectors, unknown)
        name = self.schema_.tables[group[0]][1].name
        return EmbeddingTable(labels, vectors, counts=counts, unknown=unknown, name=name, metric="cosine")

    def _unseen(self, column: str, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return what the source says of labels that no row held; where it isn't there any more, nothing."""
        try:
            vectors, known = source_of(self.source).vectors([self._text((column,), label) for label in labels])
        except (DataError, ImportError) as error:
            warnings.warn(
                f"column {column!r}: {len(labels)} labels that fit didn't see get the unknown vector, since the source "
                f"can't be read: {error}",
                DataWarning,
                stacklevel=4,
            )
            return np.zeros((len(labels), self.dims_[column]), np.float32), np.zeros(len(labels), bool)
        return vectors @ np.array(self.axes_[column], np.float32).T if column in self.axes_ else vectors, known
