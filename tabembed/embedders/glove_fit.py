"""GloVe's least squares on sparse counts, by full batches of AdaGrad."""

from __future__ import annotations

__all__ = ["Weights", "fit_glove"]

from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

_NUMBERS = 4_000_000  # of the gathered vectors at a time: 16 MB, which stay near the processor
_ACCUMULATED = 0.1
"""Where AdaGrad's sums of squares begin; the value of TensorFlow and of ``mittens``."""


class Weights(NamedTuple):
    """The unknowns: of each token a vector and a bias as word, and as context.

    Args:
        words: (n, dim).
        contexts: (n, dim).
        word_biases: (n,).
        context_biases: (n,).
    """

    words: np.ndarray
    contexts: np.ndarray
    word_biases: np.ndarray
    context_biases: np.ndarray

    @classmethod
    def drawn(cls, size: int, dim: int, generator: np.random.Generator) -> Self:
        """Return float32 weights in the range of the authors' program, up to half a part of ``dim``."""
        shapes = (size, dim), (size, dim), size, size
        return cls(*(((generator.random(shape) - 0.5) / dim).astype(np.float32) for shape in shapes))


def fit_glove(
    counts: sparse.csr_matrix,
    weights: Weights,
    *,
    epochs: int,
    x_max: float = 100.0,
    alpha: float = 0.75,
    learning_rate: float = 0.05,
) -> list[float]:
    """Minimise the sum over pairs of ``f(x) (w c + b + b' - log x)^2 / 2``, ``f(x) = min(1, x / x_max) ** alpha``.

    Each epoch is one step of AdaGrad on all pairs; the authors' program takes one for each pair, in a random order.

    Args:
        counts: (n, n) of pairs, above 0 where they are stored.
        weights: to start from; changed in place, in their own precision.
        epochs: steps.
        x_max: the count from which a pair has the full weight.
        alpha: how fast the weight rises to it.
        learning_rate: AdaGrad's.

    Returns:
        The sum before each step.

    Source: Pennington et al. 2014, "GloVe: Global Vectors for Word Representation" (EMNLP), equations 8 and 9.
    """
    kind = weights.words.dtype
    strength = (np.minimum(counts.data / x_max, 1.0) ** alpha).astype(kind)
    logs = np.log(counts.data).astype(kind)
    rows = np.repeat(np.arange(counts.shape[0], dtype=counts.indices.dtype), np.diff(counts.indptr))
    squares = [np.full_like(part, _ACCUMULATED) for part in weights]
    losses = []
    for _ in range(epochs):
        apart = _predicted(weights, rows, counts.indices)
        apart -= logs
        pull = strength * apart
        losses.append(0.5 * float(pull @ apart))
        errors = sparse.csr_matrix((pull, counts.indices, counts.indptr), counts.shape)
        gradients = (
            errors @ weights.contexts,
            errors.T @ weights.words,
            np.bincount(rows, pull, len(weights.words)).astype(kind),
            np.bincount(counts.indices, pull, len(weights.words)).astype(kind),
        )
        for part, total, gradient in zip(weights, squares, gradients, strict=True):
            total += gradient**2
            part -= learning_rate * gradient / np.sqrt(total)
    return losses


def _predicted(weights: Weights, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return (pairs,) what the weights say the logarithm of each count is."""
    predicted = weights.word_biases[rows] + weights.context_biases[columns]
    step = max(1, _NUMBERS // weights.words.shape[1])
    for start in range(0, len(rows), step):
        chunk = slice(start, start + step)
        predicted[chunk] += np.einsum("ij,ij->i", weights.words[rows[chunk]], weights.contexts[columns[chunk]])
    return predicted
