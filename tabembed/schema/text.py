"""The text kind: short strings as bags of hashed character n-grams, so that misspellings land near each other."""

from __future__ import annotations

__all__ = ["Text"]

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ..io.errors import DataError
from .categorical import Categorical
from .ignored import Ignored
from .kind import ColumnKind, Part
from .labels import factorize
from .multi_categorical import MultiCategorical
from .ngrams import MAX_NGRAM, ngram_ids
from .ragged import Ragged, joined_rows
from .vocabulary import id_type

_CHUNK = 1 << 15
"""Texts that are hashed together: a character takes some hundred bytes meanwhile."""


@dataclass(frozen=True)
class Text(ColumnKind):
    """A column of short texts; its model branch is the mean vector of each text's character n-grams and words.

    A text's words are what white space (of ASCII) separates. Each word, put between "<" and ">", gives its n-grams and
    itself; each of these is hashed to one of ``buckets`` vectors. The hash is the same in every process, on every
    machine and in the exported graph, so nothing is learned from the data but the vectors, and a text that was never
    seen has a vector, near those of texts that are spelled alike. A missing cell, "" and white space alone are the
    missing vector. There are no labels, so no table to extract: the vectors are of the buckets.

    Args:
        dim: dimensions of the vectors.
        ngrams: the shortest and the longest n-gram, in characters, "<" and ">" counted.
        buckets: how many vectors there are; n-grams that fall into one share it.
        lower: whether A-Z count as a-z; other letters keep their case, which Unicode's libraries fold differently.

    Raises:
        DataError: for an argument out of its range.

    Example:
        >>> import pandas as pd, tabembed as te
        >>> df = pd.DataFrame({"name": ["Hotel Adler", "hotel adler", None]})
        >>> schema = te.infer_schema(df, kinds={"name": te.Text(buckets=1_000)})
        >>> lists = schema.encode(df)["name"]
        >>> lists.lengths.tolist(), bool((lists[:1].values == lists[1:2].values).all())
        ([26, 26, 0], True)

    Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", arXiv 1607.04606, section 3.2.
    """

    dim: int = 16
    ngrams: tuple[int, int] = (3, 5)
    buckets: int = 50_000
    lower: bool = True

    key: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        for argument in ("dim", "buckets"):
            value = getattr(self, argument)
            if not _is_whole(value) or not 1 <= value < 2**31 - 1:
                raise DataError(f"`{argument}` must be a whole number of 1 or more, however: {argument}={value!r}")
        pair = self.ngrams
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(map(_is_whole, pair)):
            raise DataError(f"`ngrams` must be a pair such as (3, 5), however: ngrams={pair!r}")
        if not 1 <= pair[0] <= pair[1] <= MAX_NGRAM:
            raise DataError(f"`ngrams` must rise from 1 or more to {MAX_NGRAM} or less, however: ngrams={pair!r}")
        vars(self).update(ngrams=(int(pair[0]), int(pair[1])))

    @property
    def learned(self) -> bool:
        """A hash has nothing to learn."""
        return True

    @property
    def size(self) -> int:
        """Rows of the embedding: the buckets, and one for missing."""
        return self.buckets + 1

    def parts(self, name: str) -> dict[str, Part]:
        """Return the lists of ids."""
        return {name: Part(ragged=True)}

    def learn(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[Self, int]:
        """Count the cells without any word."""
        rows, texts = self._read(values, name)
        return self, int((texts.lengths[rows] == 0).sum())

    def learn_batches(self, batches: Iterable[pa.Array | pa.ChunkedArray], name: str) -> tuple[Self, int]:
        """Count the cells without any word."""
        return self, sum(self.learn(values, name)[1] for values in batches)

    def adopt(self, previous: ColumnKind) -> Self | None:
        """Read any column of labels or texts, or one that was set aside: nothing of theirs is needed."""
        readable = isinstance(previous, Text | Categorical | Ignored) and not isinstance(previous, MultiCategorical)
        return self if readable else None

    def encode(self, values: pa.Array | pa.ChunkedArray, name: str) -> Ragged:
        """Return the ids of each text's n-grams and words in the smallest integer type that holds them, from 1."""
        rows, texts = self._read(values, name)
        return texts[rows]

    def _read(self, values: pa.Array | pa.ChunkedArray, name: str) -> tuple[np.ndarray, Ragged]:
        """Return which of the distinct texts each row holds, and their ids; the last one, -1, is the missing text."""
        rows, texts = factorize(values, name)
        texts.append("")
        parts = [self._hashed(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        return rows, joined_rows(parts)

    def _hashed(self, texts: list[str]) -> Ragged:
        lists = ngram_ids(texts, self.ngrams, self.buckets, self.lower)
        return replace(lists, values=lists.values.astype(id_type(self.size)))

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"dim": self.dim, "ngrams": list(self.ngrams), "buckets": self.buckets, "lower": self.lower}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the kind that ``to_dict`` gave."""
        return cls(**{**data, "ngrams": tuple(data["ngrams"])})

    def describe(self) -> tuple[str, str]:
        """Return no labels, and the dim with the n-grams' lengths."""
        low, high = self.ngrams
        return "", f"{self.dim} ({low}-{high} characters)"


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
