"""The words that fastText reads for labels, and the parts of words that it learns vectors for."""

from __future__ import annotations

__all__ = ["mark_of", "ngrams_of", "words_of"]

from collections.abc import Sequence

_MARKS = 0xF0000  # a plane of private use: labels of the tables don't hold them


def mark_of(table: int) -> str:
    """Return the character in front of each label of a table, so that equal labels of two tables are two words.

    Args:
        table: its number, from 0.
    """
    return chr(_MARKS + 2 * table)


def words_of(labels: Sequence[Sequence[str]]) -> list[str]:
    r"""Return the word of each token, all different: the label behind its table's mark.

    Args:
        labels: of each table, in the order of their ids.

    Example:
        >>> words_of([["BOS", "LAX"]])[2:]
        ['\U000f0000BOS', '\U000f0000LAX']
    """
    words: list[str] = []
    for at, own in enumerate(labels):
        mark = mark_of(at)
        # A label is never empty: the bare mark is free for missing, and the next character for unknown.
        words += [mark, chr(ord(mark) + 1), *(mark + label for label in own)]
    return words


def ngrams_of(word: str, shortest: int, longest: int) -> list[str]:
    """Return the n-grams of ``<word>`` as gensim and fastText cut them; single marks of its ends are none.

    Args:
        word: any.
        shortest: characters of an n-gram at the least.
        longest: at the most.

    Example:
        >>> ngrams_of("BOS", 3, 4)
        ['<BO', '<BOS', 'BOS', 'BOS>', 'OS>']
    """
    marked = f"<{word}>"
    end = len(marked)
    return [
        marked[start : start + length]
        for start in range(end)
        for length in range(shortest, min(longest, end - start) + 1)
        if length > 1 or 0 < start < end - 1
    ]
