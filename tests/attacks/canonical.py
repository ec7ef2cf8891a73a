"""Canonical attributes, written anew from the design: the attacks must not trust the code that they attack."""

from __future__ import annotations

import struct
from typing import TypeAlias

from vhsm.wire import tables

VERSION = 1

Attributes: TypeAlias = dict[int, bytes]


def encode(attributes: Attributes) -> bytes:
    """Spell attributes: a version byte, then type u64, length u32, value, sorted by type."""
    entries = (struct.pack(">QI", kind, len(value)) + value for kind, value in sorted(attributes.items()))
    return bytes([VERSION]) + b"".join(entries)


def decode(canonical: bytes) -> Attributes:
    """Parse what `encode` wrote."""
    assert canonical[0] == VERSION
    attributes: Attributes = {}
    at = 1
    while at < len(canonical):
        kind, length = struct.unpack_from(">QI", canonical, at)
        attributes[kind] = canonical[at + 12 : at + 12 + length]
        at += 12 + length
    return attributes


def number(value: int) -> bytes:
    """Spell a number."""
    return value.to_bytes(8, "big")


def boolean(value: bool) -> bytes:
    """Spell a boolean."""
    return bytes([value])


def spelled(kind: int, value: bool | int | str | bytes) -> bytes:
    """Spell any attribute's value as its row of spec/pkcs11 says."""
    match value:
        case bool():
            return boolean(value)
        case int():
            return number(value)
        case str():
            return value.encode()
        case bytes():
            assert tables.ATTRIBUTES[kind].kind not in {"boolean", "number"}, "spell numbers as numbers"
            return value
