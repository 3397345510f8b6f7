"""How often labels stand beside each other: a sparse matrix of counts, for GloVe."""

from __future__ import annotations

__all__ = ["cooccurrences"]

import numpy as np
from scipy import sparse

from ..schema.ragged import Ragged
from .sentences import Sentences


def cooccurrences(sentences: Sentences, window: int) -> sparse.csr_matrix:
    """Count the pairs of tokens that stand in one sentence.

    Args:
        sentences: of tokens. Where the order says nothing, every pair of a sentence counts 1.
        window: where it does, a pair counts one by its distance, up to this one (Pennington et al. 2014, section 4.2).

    Returns:
        (tokens, tokens) symmetric counts, float64; equal tokens at two places are a pair, too.

    Example:
        >>> from tabembed.embedders.sentences import Tokens
        >>> lists = Ragged.of(np.array([0, 1, 2]), np.array([3]))
        >>> tokens = Tokens((("a",),), np.array([0, 3]))
        >>> cooccurrences(Sentences(tokens, lists, ordered=False), 5).toarray().tolist()
        [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
        >>> cooccurrences(Sentences(tokens, lists, ordered=True), 5).toarray().tolist()
        [[0.0, 1.0, 0.5], [1.0, 0.0, 1.0], [0.5, 1.0, 0.0]]
    """
    size = int(sentences.tokens.starts[-1])
    counts = _near(sentences.lists, size, window) if sentences.ordered else _together(sentences.lists, size)
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts


def _together(lists: Ragged, size: int) -> sparse.csr_matrix:
    """Count the pairs at any places of a list."""
    held = sparse.csr_matrix((np.ones(len(lists.values)), lists.values, lists.offsets), (len(lists), size))
    held.sum_duplicates()
    alone = np.bincount(lists.values, minlength=size).astype(np.float64)
    return (held.T @ held - sparse.diags(alone)).tocsr()  # no place stands beside itself


def _near(lists: Ragged, size: int, window: int) -> sparse.csr_matrix:
    """Count the pairs of places up to ``window`` apart, one by their distance."""
    values, of = lists.values, np.repeat(np.arange(len(lists)), lists.lengths)
    counts = sparse.csr_matrix((size, size))
    for apart in range(1, min(window, int(lists.lengths.max(initial=1)) - 1) + 1):
        one_list = of[apart:] == of[:-apart]
        pair = values[:-apart][one_list], values[apart:][one_list]
        counts += sparse.coo_matrix((np.ones(len(pair[0])), pair), (size, size)).tocsr() / apart
    return (counts + counts.T).tocsr()
