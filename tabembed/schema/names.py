"""One safe name for every column: layers, model inputs, signature keys and files all use it."""

from __future__ import annotations

__all__ = ["safe_name", "safe_names"]

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Iterable

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def safe_name(name: str) -> str:
    """Return an ASCII name that layers, signatures and files all accept; a name that is safe already stays.

    A changed name ends in eight hexadecimal digits of the column's SHA-1, so "a.b" and "a-b" stay apart.

    Args:
        name: the column's own name, any text.

    Returns:
        Letters, digits and underscores, at most 64 characters, beginning with a letter; no word of Python.

    Example:
        >>> safe_name("arr_delay"), safe_name("my state"), safe_name("class")
        ('arr_delay', 'my_state_c9dd2b08', 'class_8d767bf5')
    """
    # A signature's inputs are keyword arguments: TensorFlow takes neither "self" nor "class", "from", "is", ...
    if _SAFE.fullmatch(name) and name != "self" and not keyword.iskeyword(name):
        return name
    return _marked(name)


def _marked(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_")[:40].rstrip("_")
    if not slug[:1].isalpha():
        slug = f"c_{slug}".rstrip("_")
    digest = hashlib.sha1(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}_{digest}"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return {column: safe name}; the names differ also where letters count alike in upper and lower case.

    A SavedModel and some file systems take "a" and "A" for one name: the later one gets the digits of its SHA-1 too.

    Example:
        >>> safe_names(["origin", "a.b", "Origin"])
        {'origin': 'origin', 'a.b': 'a_b_69f6642c', 'Origin': 'Origin_44ab85a2'}
    """
    safe: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        proposed = safe_name(name)
        while proposed.lower() in taken:
            proposed = _marked(proposed)
        taken.add(proposed.lower())
        safe[name] = proposed
    return safe
