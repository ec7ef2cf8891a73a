"""Digests as HashML-DSA and HashSLH-DSA sign them."""

from __future__ import annotations

import hashlib
from typing import Final

# Lengths of what is taken of an extendable output, in bytes (FIPS 204, 5.4.1; FIPS 205, 10.2.2).
SHAKES: Final = {"shake_128": (hashlib.shake_128, 32), "shake_256": (hashlib.shake_256, 64)}


def digest_of(name: str, message: bytes) -> bytes:
    """Hash with a function of hashlib's name."""
    if name in SHAKES:
        shake, length = SHAKES[name]
        return shake(message).digest(length)
    return hashlib.new(name, message).digest()
