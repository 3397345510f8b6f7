"""One safe name for every column: layers, model inputs, signature keys and files all use it."""

from __future__ import annotations

__all__ = ["safe_name", "safe_names"]

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from ..io.errors import DataError

# "self" can't be a keyword argument of a restored signature.
_SAFE = re.compile(r"(?!self$)[A-Za-z][A-Za-z0-9_]{0,63}")


def safe_name(name: str) -> str:
    """Return an ASCII name that layers, signatures and files all accept; a name that is safe already stays.

    A changed name ends in eight hexadecimal digits of the column's SHA-1, so "a.b" and "a-b" stay apart.

    Args:
        name: the column's own name, any text.

    Returns:
        Letters, digits and underscores, at most 64 characters, beginning with a letter.

    Example:
        >>> safe_name("arr_delay"), safe_name("my state")
        ('arr_delay', 'my_state_ae4a39d3')
    """
    if _SAFE.fullmatch(name):
        return name
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "_", ascii_only).strip("_")[:40].rstrip("_")
    if not slug[:1].isalpha():
        slug = f"c_{slug}".rstrip("_")
    digest = hashlib.sha1(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}_{digest}"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return {column: safe name}, refusing two columns that would share one.

    Raises:
        DataError: when a column carries, as its own name, the safe name of another.

    Example:
        >>> safe_names(["origin", "a.b"])
        {'origin': 'origin', 'a.b': 'a_b_61ae68bd'}
    """
    owners: dict[str, str] = {}
    for name in names:
        other = owners.setdefault(safe_name(name), name)
        if other != name:
            raise DataError(f"columns {other!r} and {name!r} would share the name {safe_name(name)!r}; rename one of them")
    return {name: safe for safe, name in owners.items()}
