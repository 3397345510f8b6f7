"""``EmbeddingTable``: labels and their learned vectors, kept apart from the model that made them."""

from __future__ import annotations

__all__ = ["EmbeddingTable"]

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..io.errors import DataError
from .ask import neighbors, similarity
from .base import LabelledVectors
from .compare import Comparison, compared
from .convert import KerasTable, TorchTable, gensim_of, keras_of, parts_of_gensim, parts_of_word2vec, torch_of
from .derived import DerivableVectors
from .files import read_table, write_projector, write_table
from .frame import frame_of, parts_of_frame, projection
from .plot import plotted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

AnyPath = str | os.PathLike[str]


class EmbeddingTable(DerivableVectors):
    """A vector for each label, and one each for missing and for unknown values; immutable.

    ``copy`` and ``deepcopy`` return the table itself, its arrays are read-only, and it pickles.

    Args:
        labels: (n,) distinct labels, or values that have one (7 is "7"); missing and unknown are not among them.
        vectors: (n, dim) finite numbers, kept as float32; a read-only float32 array is kept without a copy.
        counts: (n,) how many rows each label was learned from; None for "not counted", kept as zeros.
        missing: (dim,) the vector for missing values; None for the unknown one.
        unknown: (dim,) the vector for labels that aren't there; None for the mean vector, weighted by the counts.
        name: the column's name.
        metric: what ``neighbors`` measures by default: "euclidean", "cosine" or "dot".

    Attributes:
        labels: the tuple of labels (a read-only sequence over the file, when opened with ``mmap=True``).
        vectors: (n, dim) float32.
        counts: (n,) int64.
        dim: the width of the vectors.
        missing: (dim,) float32.
        unknown: (dim,) float32.
        norms: (n,) float64, the lengths of the vectors.
        name: the column's name, or None.
        metric: the default metric.

    Raises:
        DataError: for a label that is missing or comes twice, NaN or infinity, or shapes that don't go together.

    Example:
        >>> t = EmbeddingTable(["BOS", "LGA", "LAX"], [[0, 1], [0, 2], [5, 5]], counts=[1, 1, 2], name="dest")
        >>> t
        EmbeddingTable('dest', 3 labels x 2, euclidean: 'BOS', 'LGA', 'LAX')
        >>> t["BOS"].tolist(), "BOS" in t, t.neighbors("BOS", k=1)
        ([0.0, 1.0], True, [('LGA', 1.0)])
        >>> t.lookup(["LAX", "XXX", None]).tolist()
        [[5.0, 5.0], [2.5, 3.25], [2.5, 3.25]]
    """

    def neighbors(
        self, query: Any, k: int = 5, metric: str | None = None, exclude: Iterable[Any] = (), min_count: int = 0
    ) -> list[Any]:
        """Return the labels nearest to a label or a vector, exactly; never the label itself, missing or unknown.

        Args:
            query: a label; a list of labels; a vector, as a float array (dim,); or several, (m, dim).
            k: how many, at most.
            metric: "euclidean"; "cosine", 1 - similarity; "dot", minus the dot product, so that smaller is nearer here
                too; None for the table's own.
            exclude: labels that must not come.
            min_count: leave out labels that were learned from fewer rows.

        Returns:
            ``[(label, distance), ...]``, the nearest first, ties in table order; a list of these for several.

        Raises:
            LabelError: when a label isn't in the table.
            DataError: for a bad ``k`` or ``metric``, a vector of another width, or ``min_count`` without counts.

        Example:
            >>> t = EmbeddingTable(["a", "b", "c"], [[0.0], [1.0], [3.0]])
            >>> t.neighbors(["a", "c"], k=1)
            [[('b', 1.0)], [('b', 2.0)]]
        """
        return neighbors(self, query, k, metric, exclude, min_count)

    def similarity(self, a: Any, b: Any) -> float:
        """Return the cosine similarity of two labels or vectors, from -1 to 1; 0 where one has no length.

        Example:
            >>> EmbeddingTable(["a", "b"], [[0.0, 2.0], [3.0, 0.0]]).similarity("a", "b")
            0.0
        """
        return similarity(self, a, b)

    def project(self, dim: int = 2, method: str = "pca") -> pd.DataFrame:
        """Return places to draw: a frame with columns label, count, x, y (and z), in table order.

        Args:
            dim: 2 or 3.
            method: "pca", or "tsne" (scikit-learn's; seconds to minutes, local neighbourhoods kept).

        Raises:
            DataError: for another dim or method.

        Example:
            >>> EmbeddingTable(["a", "b"], [[0.0], [2.0]]).project()["x"].tolist()
            [-1.0, 1.0]
        """
        return projection(self, dim, method)

    def plot(self, labels: Iterable[Any] | None = None, ax: Axes | None = None, method: str = "pca") -> Axes:
        """Draw the table in the plane: a point a label, larger for more rows, and names where they don't collide.

        Args:
            labels: which to name, the most wanted first; None for the commonest. All are drawn.
            ax: where to draw; None for a new figure.
            method: as in ``project``.

        Raises:
            ImportError: when matplotlib isn't installed.
            LabelError: when a label isn't in the table.

        Example:
            >>> EmbeddingTable(["a", "b"], [[0.0], [2.0]], name="dest").plot().get_title()
            'dest: 2 labels, 1 dimensions drawn in 2 (pca)'
        """
        return plotted(self, labels, ax, method)

    def compare(self, other: LabelledVectors, k: int = 10) -> Comparison:
        """Turn another table onto this one (orthogonal Procrustes) and say how alike they are.

        Args:
            other: a table that shares at least three labels; its dim may differ.
            k: how many neighbours of each label to compare (of 2,000 labels at most, spread evenly).

        Returns:
            The figures: which labels moved most, neighbour overlap@k, the share explained by a rotation.

        Raises:
            DataError: when too few labels are shared, or k isn't smaller than their number.

        Example:
            >>> t = EmbeddingTable(["a", "b", "c"], [[0.0], [1.0], [5.0]])
            >>> t.compare(t, k=1).mean_overlap
            1.0
        """
        return compared(self, other, k)

    def to_frame(self, few: int = 10) -> pd.DataFrame:
        """Return a frame, a row a label in table order: label, count, norm, few, and the vector in v0, v1, ...

        ``few`` marks labels that were learned from fewer than ``few`` rows: their vectors say little. ``attrs`` keep
        missing, unknown, name and metric, so that ``from_frame`` gives the table back.

        Example:
            >>> EmbeddingTable(["a"], [[3.0, 4.0]], counts=[12]).to_frame().columns.tolist()
            ['label', 'count', 'norm', 'few', 'v0', 'v1']
        """
        return frame_of(self, few)

    @classmethod
    def from_frame(cls, frame: Any, label: str = "label") -> Self:
        """Return a table from any data frame (pandas, polars, Arrow, a dict of columns).

        Args:
            frame: a column of labels (or the index, in pandas), ``count`` where there are counts, and the vectors:
                lists in a column ``vector``, or else all other columns.
            label: the column with the labels.

        Raises:
            DataError: when these columns aren't there or hold something else.

        Example:
            >>> EmbeddingTable.from_frame({"zip": ["98101"], "lat": [47.6], "long": [-122.3]}, label="zip").dim
            2
        """
        return cls(**parts_of_frame(frame, label))

    def save(self, path: AnyPath) -> None:
        """Write the table into one file; every format keeps all of it, and the vectors to the bit.

        Args:
            path: ``.parquet`` (pandas, DuckDB), ``.npz`` (NumPy), ``.safetensors``, ``.csv``, ``.txt`` (also ``.vec``)
                or ``.bin`` (word2vec as text and binary, for gensim); missing folders are made.

        Raises:
            DataError: for another suffix, or a path that can't be written.

        Example:
            >>> EmbeddingTable(["a"], [[1.0]]).save("a.xlsx")
            Traceback (most recent call last):
            tabembed.io.errors.DataError: a table's file must end in one of .parquet, ...
        """
        write_table(self, Path(path))

    def save_projector(self, folder: AnyPath) -> None:
        """Write a folder that TensorBoard's projector shows (``tensorboard --logdir FOLDER``) and ``load`` reads.

        Raises:
            DataError: when the folder holds other files or can't be written.

        Example:
            >>> import tempfile
            >>> folder = tempfile.mkdtemp()
            >>> EmbeddingTable(["a"], [[1.0]]).save_projector(folder)
            >>> EmbeddingTable.load(folder).labels
            ('a',)
        """
        write_projector(self, Path(folder))

    @classmethod
    def load(cls, path: AnyPath, mmap: bool = False) -> Self:
        """Load what ``save`` or ``save_projector`` wrote, or another hand's file in one of these formats. Runs no code.

        Args:
            path: the file or the projector's folder.
            mmap: open a ``.npz`` or ``.safetensors`` file without reading it: vectors and labels stay in the file and
                are read where they are asked for. Files of ``save`` are finite; this isn't checked again.

        Raises:
            DataError: when the file isn't there, isn't whole, or isn't what its suffix says.

        Example:
            >>> EmbeddingTable.load("nowhere.npz")
            Traceback (most recent call last):
            tabembed.io.errors.DataError: there is no file 'nowhere.npz' to load a table from
        """
        parts = read_table(Path(path), mmap)
        try:
            return cls(**parts)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error

    def to_keras(self, trainable: bool = False) -> KerasTable:
        """Return a ``keras.layers.Embedding`` with its ``StringLookup``: ids 0 missing, 1 unknown, 2.. the labels.

        Args:
            trainable: whether training may change the layer's weights.

        Returns:
            ``(embedding, lookup)``: ``embedding(lookup(strings))`` are the vectors; "" is missing.

        Example:
            >>> embedding, lookup = EmbeddingTable(["a", "b"], [[1.0], [3.0]]).to_keras()
            >>> embedding(lookup(["b", "z", ""])).numpy().tolist()
            [[3.0], [2.0], [2.0]]
        """
        return keras_of(self, trainable)

    def to_torch(self, trainable: bool = False) -> TorchTable:
        """Return the table as a ``torch.nn.Embedding`` with the map from label to id: 0 missing, 1 unknown, 2.. labels.

        Args:
            trainable: whether training may change the layer's weights.

        Returns:
            ``(embedding, ids)``; ``table.ids(column)`` gives the ids of a whole column.

        Raises:
            ImportError: when PyTorch isn't installed.

        Example:
            A sequence model on learned vectors: at each time step the store's vector beside the step's own features.

            >>> import torch
            >>> store = EmbeddingTable(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
            >>> embedding, ids = store.to_torch()
            >>> stores = torch.tensor([[ids["a"], ids["a"], ids["b"]]])  # (batch, steps)
            >>> features = torch.zeros(1, 3, 4)  # (batch, steps, features): promotions, weather, ...
            >>> lstm = torch.nn.LSTM(input_size=store.dim + 4, hidden_size=8, batch_first=True)
            >>> output, _ = lstm(torch.cat([embedding(stores), features], dim=-1))
            >>> output.shape
            torch.Size([1, 3, 8])
        """
        return torch_of(self, trainable)

    def to_gensim(self) -> Any:
        """Return gensim ``KeyedVectors`` with these labels, vectors and counts.

        ``from_gensim`` gives the whole table back; gensim itself has no use for missing and unknown.

        Raises:
            ImportError: when gensim isn't installed.

        Example:
            >>> EmbeddingTable(["a", "b"], [[1.0], [3.0]]).to_gensim().index_to_key
            ['a', 'b']
        """
        return gensim_of(self)

    @classmethod
    def from_gensim(cls, keyed: Any, name: str | None = None) -> Self:
        """Return a table of gensim's ``KeyedVectors`` (or of a model's ``.wv``), with their counts; metric cosine.

        Raises:
            DataError: when it is something else.

        Example:
            >>> t = EmbeddingTable(["a", "b"], [[1.0], [3.0]], counts=[2, 1], name="dest")
            >>> EmbeddingTable.from_gensim(t.to_gensim()) == t
            True
        """
        return cls(**parts_of_gensim(keyed, name))

    @classmethod
    def from_word2vec(cls, path: AnyPath, labels: Iterable[Any] | None = None, name: str | None = None) -> Self:
        r"""Return a table of pretrained word2vec vectors, matched by label.

        Args:
            path: a word2vec file: binary if it ends in ``.bin``, else text.
            labels: the labels wanted; the others are read past. None for all.
            name: the column's name.

        Raises:
            DataError: when the file isn't word2vec's, or holds none of the labels.

        Warns:
            DataWarning: when some of the labels aren't there; they will get the unknown vector.

        Example:
            >>> import pathlib, tempfile
            >>> path = pathlib.Path(tempfile.mkdtemp()) / "words.txt"
            >>> _ = path.write_text("2 2\nred 1 0\nblue 0 1\n")
            >>> EmbeddingTable.from_word2vec(path, labels=["blue"]).labels
            ('blue',)
        """
        return cls(**parts_of_word2vec(Path(path), labels, name))
