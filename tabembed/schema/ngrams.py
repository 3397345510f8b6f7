"""Character n-grams by a polynomial hash of their code points; the exported graph computes the same numbers."""

from __future__ import annotations

__all__ = ["CLOSE", "LOWER_BY", "MAX_NGRAM", "MIX", "OPEN", "POWERS", "PRIME", "SPACES", "ngram_ids"]

from collections.abc import Sequence

import numpy as np

from .ragged import Ragged, side_by_side

PRIME = 2**31 - 1
"""A Mersenne prime: a product of two numbers below it fits int64."""
_BASE, MIX = 1_000_000_007, 1_664_525_013
MAX_NGRAM = 64
POWERS = np.array([pow(_BASE, at, PRIME) for at in range(MAX_NGRAM)], np.int64)
"""A character's factor by its place in the n-gram; a word's places go round."""
SPACES = (9, 13, 32)
"""White space: code points from the first to the second, and the third."""
OPEN, CLOSE = ord("<"), ord(">")
LOWER_BY = 32
"""From A-Z to a-z."""


def ngram_ids(texts: Sequence[str], ngrams: tuple[int, int], buckets: int, lower: bool) -> Ragged:
    """Return the bucket of each n-gram and word of each text.

    The hash of characters c is ``sum((c[i] + 1) * BASE**(i % 64)) % PRIME * MIX % PRIME % buckets``.

    Args:
        texts: (n,) any.
        ngrams: the shortest and the longest.
        buckets: how many there are.
        lower: whether A-Z count as a-z.

    Returns:
        Lists of int64 ids from 1 to ``buckets``: a text's n-grams of each length in turn, then the words that are
        longer or shorter than any n-gram (the others are n-grams themselves).

    Example:
        >>> lists = ngram_ids(["abcd", "", "abxd x"], (3, 3), 1_000, True)
        >>> lists.lengths.tolist()  # <ab abc bcd cd> and <abcd>; ...; <ab abx bxd xd> <x> and <abxd>
        [5, 0, 6]
    """
    codes, rows = _code_points(texts)
    if lower:
        codes = codes + LOWER_BY * ((codes >= ord("A")) & (codes <= ord("Z")))
    marked, rows, starts = _marked(codes, rows)
    word = np.cumsum(starts) - 1
    begins = np.flatnonzero(starts)
    lengths = np.diff(np.append(begins, len(marked)))
    place = np.arange(len(marked)) - begins[word]
    left = lengths[word] - place
    found = [_lists(ids, rows[left >= n], len(texts)) for n, ids in _windows(marked, left, ngrams, buckets)]
    terms = (marked + 1) * POWERS[place % MAX_NGRAM] % PRIME
    whole = np.add.reduceat(terms, begins) % PRIME if len(begins) else np.empty(0, np.int64)
    outside = (lengths < ngrams[0]) | (lengths > ngrams[1])
    words = _lists(_bucket(whole[outside], buckets), rows[begins][outside], len(texts))
    return side_by_side([*found, words])


def _code_points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (characters,) int64 code points of all texts, and the text each is of."""
    raw = "".join(texts).encode("utf-32-le", "surrogatepass")
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return np.frombuffer(raw, "<u4").astype(np.int64), np.repeat(np.arange(len(texts)), lengths)


def _marked(codes: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the words, each between "<" and ">", the text that each character is of, and where words begin."""
    inside = ~(((codes >= SPACES[0]) & (codes <= SPACES[1])) | (codes == SPACES[2]))
    apart = rows[1:] != rows[:-1]
    before = np.concatenate([[True], apart | ~inside[:-1]]) if len(codes) else inside
    after = np.concatenate([apart | ~inside[1:], [True]]) if len(codes) else inside
    first, last = inside & before, inside & after
    width = inside.astype(np.int64) + first + last
    ends = np.cumsum(width)
    at = (ends - 1 - last)[inside]
    marked = np.empty(int(ends[-1]) if len(ends) else 0, np.int64)
    marked[at] = codes[inside]
    marked[ends[last] - 1] = CLOSE
    starts = np.zeros(len(marked), bool)
    starts[(ends - width)[first]] = True
    marked[starts] = OPEN
    return marked, np.repeat(rows, width), starts


def _windows(
    marked: np.ndarray, left: np.ndarray, ngrams: tuple[int, int], buckets: int
) -> list[tuple[int, np.ndarray]]:
    """Return (n, ids of the n-grams that begin at each character with n characters of its word left)."""
    found = []
    sums = np.zeros(len(marked), np.int64)
    for n in range(1, ngrams[1] + 1):
        sums[: max(0, len(marked) - n + 1)] += (marked[n - 1 :] + 1) * POWERS[n - 1] % PRIME
        if n >= ngrams[0]:
            found.append((n, _bucket(sums[left >= n] % PRIME, buckets)))
    return found


def _bucket(sums: np.ndarray, buckets: int) -> np.ndarray:
    ids: np.ndarray = sums * MIX % PRIME % buckets + 1
    return ids


def _lists(ids: np.ndarray, rows: np.ndarray, count: int) -> Ragged:
    return Ragged.of(ids, np.bincount(rows, minlength=count))
