"""Labels in files whose lines and spaces mean something: white space and ``%`` are percent-encoded, all else stays."""

from __future__ import annotations

__all__ = ["escape", "unescape"]

import re

_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))  # the last one is U+3000; to look on takes 0.1 s
_TO_ESCAPE = re.compile(rf"[{_SPACES}%]")
_CODES = {"".join(f"%{byte:02X}" for byte in character.encode()): character for character in f"{_SPACES}%"}
_ESCAPED = re.compile("|".join(sorted(_CODES, key=len, reverse=True)))
_LETTERS = {character: code for code, character in _CODES.items()}


def escape(label: str, keep: str = "") -> str:
    """Return the label with its white space and ``%`` percent-encoded (RFC 3986, section 2.1, in UTF-8).

    Args:
        label: any text.
        keep: white space that stays as it is.

    Example:
        >>> escape("New York 5%"), escape("New York 5%", keep=" ")
        ('New%20York%205%25', 'New York 5%25')
    """
    return _TO_ESCAPE.sub(lambda found: found[0] if found[0] in keep else _LETTERS[found[0]], label)


def unescape(text: str) -> str:
    """Return the label that ``escape`` encoded; percent signs of any other kind ("50%", "%41") stay.

    Example:
        >>> unescape("New%20York%205%25"), unescape("50% %41")
        ('New York 5%', '50% %41')
    """
    return _ESCAPED.sub(lambda found: _CODES[found[0]], text) if "%" in text else text
