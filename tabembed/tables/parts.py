"""What a table is made of: each part brought to its one form, or refused with the reason."""

from __future__ import annotations

__all__ = [
    "METRICS",
    "Parts",
    "checked_counts",
    "checked_labels",
    "checked_metric",
    "checked_row",
    "checked_vectors",
    "listed",
    "mean_vector",
]

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

import numpy as np

from ..io.errors import DataError
from ..schema.labels import label_of
from .index import MappedLabels

METRICS = ("euclidean", "cosine", "dot")
_CHUNK = 65_536


class Parts(TypedDict):
    """The arguments of ``EmbeddingTable``, all of them: what every file keeps."""

    labels: Sequence[str]
    vectors: np.ndarray
    counts: np.ndarray | None
    missing: np.ndarray | None
    unknown: np.ndarray | None
    name: str | None
    metric: str


def checked_labels(labels: Any) -> Sequence[str]:
    """Return the labels as a tuple of str (mapped ones as they are).

    Args:
        labels: (n,) a list, tuple, array, Series or Arrow array of anything ``label_of`` takes.

    Raises:
        DataError: for a missing label, one that comes twice, or one that is no valid Unicode.

    Example:
        >>> checked_labels([7, "BOS", 2.0])
        ('7', 'BOS', '2')
    """
    if isinstance(labels, MappedLabels):
        return labels
    if isinstance(labels, str):
        raise DataError(f"labels must be a list of labels, however: labels={labels!r}; write [{labels!r}]")
    values = listed(labels)
    if set(map(type, values)) - {str}:
        values = [label_of(value) for value in values]
    if not all(values):
        at = next(i for i, value in enumerate(values) if not value)
        raise DataError(f"labels must all be real labels, however: label {at} is missing; give its vector as missing=")
    return _distinct(tuple(values))


def listed(values: Any) -> list[Any]:
    """Return the Python values of any iterable, also of an Arrow array (which yields its own scalars).

    Example:
        >>> listed(range(2))
        [0, 1]
    """
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values)


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(labels)) != len(labels):
        twice, times = Counter(labels).most_common(1)[0]
        raise DataError(f"each label must come once, however: {twice!r} comes {times} times; drop or rename the others")
    try:
        "".join(labels).encode()
    except UnicodeEncodeError as error:
        bad = next(label for label in labels if any("\ud800" <= c <= "\udfff" for c in label))
        raise DataError(f"labels must be valid Unicode, however: {bad!r} holds a lone surrogate; rename it") from error
    return labels


def checked_vectors(vectors: Any, labels: Sequence[str]) -> np.ndarray:
    """Return the vectors (n, dim) as a read-only, C-contiguous float32 array.

    A read-only float32 array is taken without a copy, and a memory-mapped one without reading it.

    Args:
        vectors: (n, dim) real numbers, one row a label.
        labels: (n,) the labels of the rows.

    Raises:
        DataError: for another shape, something that isn't a number, NaN and infinity (with the label).

    Example:
        >>> checked_vectors([[1, 2], [3, 4]], ("a", "b")).dtype
        dtype('float32')
    """
    given = _numeric(vectors, "vectors")
    if given.ndim != 2 or len(given) != len(labels) or given.shape[1] == 0:
        raise DataError(
            f"vectors must be ({len(labels)}, dim), a row for each of the {len(labels)} labels and at least one "
            f"column, however: vectors.shape={given.shape}"
        )
    matrix = _frozen(given, np.float32)
    if not isinstance(vectors, np.memmap):
        for start, chunk in _chunks(matrix):
            finite = np.isfinite(chunk).all(axis=1)
            if not finite.all():
                label = labels[start + int(np.argmin(finite))]
                raise DataError(
                    f"vectors must be finite float32 numbers, however: the vector of {label!r} holds NaN or "
                    f"infinity; mend it, or leave that label out"
                )
    return matrix


def checked_row(row: Any, dim: int, what: str) -> np.ndarray:
    """Return the missing or the unknown vector (dim,) as a read-only float32 array.

    Args:
        row: (dim,) finite numbers.
        dim: the width of the table.
        what: the argument's name, for the error.

    Raises:
        DataError: for another shape, NaN or infinity.

    Example:
        >>> checked_row([1, 2], 2, "missing").tolist()
        [1.0, 2.0]
    """
    given = _numeric(row, what)
    if given.shape != (dim,):
        raise DataError(f"{what} must be a vector of {dim} numbers, however: {what}.shape={given.shape}")
    vector = _frozen(given, np.float32)
    if not np.isfinite(vector).all():
        raise DataError(f"{what} must be finite float32 numbers, however: {what}={np.asarray(row)}")
    return vector


def checked_counts(counts: Any, n: int) -> np.ndarray:
    """Return the counts (n,) as read-only int64; zeros, meaning "not counted", where none are given.

    Args:
        counts: (n,) whole numbers from 0 up, or None.
        n: the number of labels.

    Raises:
        DataError: for another shape, a negative count or one that isn't whole.

    Example:
        >>> checked_counts([3, 1.0], 2).tolist()
        [3, 1]
    """
    if counts is None:
        return _frozen(np.zeros(n, np.int64), np.int64)
    given = _numeric(counts, "counts")
    if given.shape != (n,):
        raise DataError(f"counts must be one number for each of the {n} labels, however: counts.shape={given.shape}")
    whole = given if given.dtype.kind in "iu" else np.floor(given)
    fits = (whole == given) & (given >= 0) & (given < 2**63)
    if not fits.all():
        raise DataError(f"counts must be whole numbers from 0 up, however: {given[np.argmin(fits)]} is among them")
    return _frozen(given, np.int64)


def checked_metric(metric: str) -> str:
    """Return the metric's name.

    Raises:
        DataError: when it isn't one of euclidean, cosine and dot.

    Example:
        >>> checked_metric("cosine")
        'cosine'
    """
    if metric not in METRICS:
        raise DataError(f"metric must be one of {', '.join(METRICS)}, however: metric={metric!r}")
    return metric


def mean_vector(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean (dim,) of the vectors, each weighted by its count (all alike when nothing was counted).

    Example:
        >>> mean_vector(np.array([[0.0], [4.0]]), np.array([3, 1])).tolist()
        [1.0]
    """
    weights = counts.astype(np.float64) if counts.any() else np.ones(len(vectors))
    total = np.zeros(vectors.shape[1])
    for start, chunk in _chunks(vectors):
        total += weights[start : start + len(chunk)] @ chunk.astype(np.float64)
    return (total / max(weights.sum(), 1.0)).astype(np.float32)


def _numeric(values: Any, what: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{what} must be rows of one length, however: {error}") from error
    if array.dtype.kind not in "fiu" and array.size:
        raise DataError(f"{what} must be real numbers, however: the dtype of {what} is {array.dtype}")
    return array


def _frozen(array: np.ndarray, dtype: type[np.generic]) -> np.ndarray:
    if array.flags.writeable or array.dtype != dtype or not array.flags.c_contiguous:
        with np.errstate(over="ignore"):  # what doesn't fit float32 becomes infinite, and is refused as such
            array = np.array(array, dtype, order="C", copy=True)
        array.flags.writeable = False
    return array


def _chunks(matrix: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(matrix), _CHUNK):
        yield start, matrix[start : start + _CHUNK]
