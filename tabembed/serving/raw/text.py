"""The n-grams of a column of texts, hashed in the graph as ``schema/ngrams.py`` does it."""

from __future__ import annotations

__all__ = ["text"]

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from ...schema.kinds import Text
from ...schema.ngrams import CLOSE, LOWER_BY, MAX_NGRAM, MIX, OPEN, POWERS, PRIME, SPACES
from .base import RawInput


def text(kind: Text, name: str, safe: Mapping[str, str]) -> RawInput:
    """Return the ids of texts (n,), in UTF-8, "" missing; bytes that aren't UTF-8 count as U+FFFD."""

    def encode(texts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return (n, longest) ids."""
        return {safe[name]: _ngram_ids(texts, kind)}

    return RawInput((tf.TensorSpec((None,), tf.string, name=safe[name]),), encode)


def _ngram_ids(texts: tf.Tensor, kind: Text) -> tf.Tensor:
    low, high = kind.ngrams
    count = tf.shape(texts, tf.int64)[0]
    characters = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    codes, rows = tf.cast(characters.flat_values, tf.int64), characters.value_rowids()
    if kind.lower:
        capital = (codes >= ord("A")) & (codes <= ord("Z"))
        codes = tf.where(capital, codes + LOWER_BY, codes)
    marked, rows, starts = _marked(codes, rows)
    word = tf.cumsum(tf.cast(starts, tf.int64)) - 1
    begins = tf.where(starts)[:, 0]
    total = tf.size(marked, tf.int64)
    lengths = tf.concat([begins, total[None]], 0)
    lengths = lengths[1:] - lengths[:-1]
    place = tf.range(total) - tf.gather(begins, word)
    left = tf.gather(lengths, word) - place
    found, sums = [], tf.zeros_like(marked)
    for n in range(1, high + 1):
        shifted = tf.concat([marked[n - 1 :], tf.fill([tf.minimum(total, n - 1)], tf.constant(-1, tf.int64))], 0)
        sums += (shifted + 1) * int(POWERS[n - 1]) % PRIME
        if n >= low:
            found.append(_lists(tf.boolean_mask(sums, left >= n), tf.boolean_mask(rows, left >= n), count, kind))
    terms = (marked + 1) * tf.gather(tf.constant(POWERS), place % MAX_NGRAM) % PRIME
    whole = tf.math.unsorted_segment_sum(terms, word, tf.size(begins))
    outside = (lengths < low) | (lengths > high)
    of = tf.boolean_mask(tf.gather(rows, begins), outside)
    found.append(_lists(tf.boolean_mask(whole, outside), of, count, kind))
    return tf.concat(found, axis=1).to_tensor(0)


def _marked(codes: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the words, each between "<" and ">", the text that each character is of, and where words begin."""
    inside = ~(((codes >= SPACES[0]) & (codes <= SPACES[1])) | (codes == SPACES[2]))
    edge = tf.fill([tf.minimum(tf.size(codes), 1)], True)
    apart = rows[1:] != rows[:-1]
    first = inside & tf.concat([edge, apart | ~inside[:-1]], 0)
    last = inside & tf.concat([apart | ~inside[1:], edge], 0)
    whole = tf.cast(inside, tf.int64)
    opened, closed = tf.cast(first, tf.int64), tf.cast(last, tf.int64)
    width = whole + opened + closed
    ends = tf.cumsum(width)
    places = [ends - 1 - closed, ends - 1, ends - width]
    chosen = [inside, last, first]
    values = [
        codes,
        tf.fill(tf.shape(codes), tf.constant(CLOSE, tf.int64)),
        tf.fill(tf.shape(codes), tf.constant(OPEN, tf.int64)),
    ]
    at = tf.concat([tf.boolean_mask(*pair) for pair in zip(places, chosen, strict=True)], 0)
    put = tf.concat([tf.boolean_mask(*pair) for pair in zip(values, chosen, strict=True)], 0)
    total = tf.reduce_sum(width)[None]
    marked = tf.scatter_nd(at[:, None], put, total)
    begins = tf.boolean_mask(places[2], first)
    starts = tf.scatter_nd(begins[:, None], tf.ones_like(begins), total) > 0
    return marked, tf.repeat(rows, width), starts


def _lists(sums: tf.Tensor, rows: tf.Tensor, count: Any, kind: Text) -> tf.RaggedTensor:
    ids = sums % PRIME * MIX % PRIME % kind.buckets + 1
    return tf.RaggedTensor.from_value_rowids(tf.cast(ids, tf.int32), rows, nrows=count, validate=False)
