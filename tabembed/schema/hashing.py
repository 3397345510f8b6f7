"""FarmHash's Fingerprint64 of many labels at once: the hash of ``tf.strings.to_hash_bucket_fast``, without TensorFlow.

It is a fixed function of a label's UTF-8 bytes: the same in every process, on every machine and in the exported graph.

Source: FarmHash 1.1, https://github.com/google/farmhash, ``farmhashna::Hash64``; its fingerprints never change.
"""

from __future__ import annotations

__all__ = ["fingerprints", "hash_buckets"]

from collections.abc import Sequence

import numpy as np

Words = np.ndarray
"""(n,) uint64; sums and products wrap around."""

_K0, _K1, _K2 = (np.uint64(k) for k in (0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F))


def hash_buckets(labels: Sequence[str], buckets: int) -> np.ndarray:
    """Return the bucket of each label.

    Args:
        labels: (n,) texts.
        buckets: how many there are.

    Returns:
        (n,) int64, 0 or more and below ``buckets``.

    Example:
        >>> hash_buckets(["LAX", "BOS", ""], 10).tolist()
        [3, 4, 3]
    """
    return (fingerprints(labels) % np.uint64(buckets)).astype(np.int64)


def fingerprints(labels: Sequence[str]) -> np.ndarray:
    """Return the (n,) uint64 fingerprints of labels.

    Example:
        >>> hex(fingerprints(["hello"])[0])
        '0xb48be5a931380ce8'
    """
    texts = [label.encode("utf-8", "surrogatepass") for label in labels]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    found = np.empty(len(texts), np.uint64)
    order = np.argsort(lengths, kind="stable")
    # Labels of one length are one matrix of bytes: each line below runs for all of them.
    for places in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1) if len(texts) else []:
        size = int(lengths[places[0]])
        joined = np.frombuffer(b"".join(texts[at] for at in places.tolist()), np.uint8).reshape(len(places), size)
        with np.errstate(over="ignore"):
            found[places] = _hash(np.ascontiguousarray(joined), size)
    return found


def _word(text: np.ndarray, at: int) -> Words:
    """Return the eight bytes from ``at`` on as a number, the first one the lowest."""
    return np.ascontiguousarray(text[:, at : at + 8]).view("<u8")[:, 0].astype(np.uint64)


def _half(text: np.ndarray, at: int) -> Words:
    return np.ascontiguousarray(text[:, at : at + 4]).view("<u4")[:, 0].astype(np.uint64)


def _byte(text: np.ndarray, at: int) -> Words:
    return text[:, at].astype(np.uint64)


def _turn(word: Words, by: int) -> Words:
    """Rotate to the right."""
    return (word >> np.uint64(by)) | (word << np.uint64(64 - by))


def _mix(word: Words) -> Words:
    return word ^ (word >> np.uint64(47))


def _joined(u: Words, v: Words, mul: Words | np.uint64) -> Words:
    a = _mix((u ^ v) * mul)
    return _mix((v ^ a) * mul) * mul


def _hash(text: np.ndarray, size: int) -> Words:
    if size <= 16:
        return _hash_16(text, size)
    mul = _K2 + np.uint64(2 * size)
    if size <= 32:
        a, b = _word(text, 0) * _K1, _word(text, 8)
        c, d = _word(text, size - 8) * mul, _word(text, size - 16) * _K2
        return _joined(_turn(a + b, 43) + _turn(c, 30) + d, a + _turn(b + _K2, 18) + c, mul)
    return _hash_64(text, size, mul) if size <= 64 else _hash_long(text, size)


def _hash_16(text: np.ndarray, size: int) -> Words:
    if size >= 8:
        mul = _K2 + np.uint64(2 * size)
        a, b = _word(text, 0) + _K2, _word(text, size - 8)
        return _joined(_turn(b, 37) * mul + a, (_turn(a, 25) + b) * mul, mul)
    if size >= 4:
        mul = _K2 + np.uint64(2 * size)
        return _joined(np.uint64(size) + (_half(text, 0) << np.uint64(3)), _half(text, size - 4), mul)
    if size == 0:
        return np.full(len(text), _K2)
    y = _byte(text, 0) + (_byte(text, size >> 1) << np.uint64(8))
    z = np.uint64(size) + (_byte(text, size - 1) << np.uint64(2))
    return _mix(y * _K2 ^ z * _K0) * _K2


def _hash_64(text: np.ndarray, size: int, mul: np.uint64) -> Words:
    a, b = _word(text, 0) * _K2, _word(text, 8)
    c, d = _word(text, size - 8) * mul, _word(text, size - 16) * _K2
    y = _turn(a + b, 43) + _turn(c, 30) + d
    z = _joined(y, a + _turn(b + _K2, 18) + c, mul)
    e, f = _word(text, 16) * mul, _word(text, 24)
    g, h = (y + _word(text, size - 32)) * mul, (z + _word(text, size - 24)) * mul
    return _joined(_turn(e + f, 43) + _turn(g, 30) + h, e + _turn(f + a, 18) + g, mul)


def _seeded(text: np.ndarray, at: int, a: Words, b: Words) -> tuple[Words, Words]:
    """Hash 32 bytes weakly, from two seeds."""
    w, x, y, z = (_word(text, at + step) for step in (0, 8, 16, 24))
    a = a + w
    b = _turn(b + a + z, 21)
    c = a
    a = a + x + y
    return a + z, b + _turn(a, 44) + c


def _hash_long(text: np.ndarray, size: int) -> Words:
    """Go through the text in steps of 64 bytes, and over the last 64 once more."""
    start = np.zeros(len(text), np.uint64)
    seed = np.uint64(81)
    y = start + seed * _K1 + np.uint64(113)
    z = _mix(y * _K2 + np.uint64(113)) * _K2
    v, w = (start, start), (start, start)
    x = start + seed * _K2 + _word(text, 0)
    end = (size - 1) // 64 * 64
    for at in range(0, end, 64):
        x = _turn(x + y + v[0] + _word(text, at + 8), 37) * _K1
        y = _turn(y + v[1] + _word(text, at + 48), 42) * _K1
        x = x ^ w[1]
        y = y + v[0] + _word(text, at + 40)
        z = _turn(z + w[0], 33) * _K1
        v = _seeded(text, at, v[1] * _K1, x + w[0])
        w = _seeded(text, at + 32, z + w[1], y + _word(text, at + 16))
        z, x = x, z
    mul = _K1 + ((z & np.uint64(0xFF)) << np.uint64(1))
    at = size - 64
    w = (w[0] + np.uint64((size - 1) & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x = _turn(x + y + v[0] + _word(text, at + 8), 37) * mul
    y = _turn(y + v[1] + _word(text, at + 48), 42) * mul
    x = x ^ (w[1] * np.uint64(9))
    y = y + v[0] * np.uint64(9) + _word(text, at + 40)
    z = _turn(z + w[0], 33) * mul
    v = _seeded(text, at, v[1] * mul, x + w[0])
    w = _seeded(text, at + 32, z + w[1], y + _word(text, at + 16))
    z, x = x, z
    return _joined(_joined(v[0], w[0], mul) + _mix(y) * _K0 + z, _joined(v[1], w[1], mul) + x, mul)
