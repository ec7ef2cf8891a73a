"""The canonical form of an object's attributes: what is authenticated at rest and compared in a find.

A version byte, then entries sorted by type without repetition: type u64, length u32, value; all big-endian.
Booleans are 1 byte, numbers 8. The engine has the same codec (crates/wire/src/attributes.rs); the vectors of
both stand in spec/vectors/attributes.json.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vhsm.wire.limits import OBJECT_ATTRIBUTES_LENGTH_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 1
HEAD: Final = struct.Struct(">QI")  # type, length


class Malformed(ValueError):  # noqa: N818 - named as in the engine
    """The bytes are not a canonical form."""


def boolean(value: bool) -> bytes:
    """Spell a CK_BBOOL."""
    return b"\x01" if value else b"\x00"


def number(value: int) -> bytes:
    """Spell a CK_ULONG."""
    return value.to_bytes(8, "big")


def entry(kind: int, value: bytes) -> bytes:
    """Spell one entry: what a find looks for before it parses."""
    return HEAD.pack(kind, len(value)) + value


@dataclass(frozen=True, slots=True)
class Attributes:
    """An object's attributes, by CKA_ type."""

    values: Mapping[int, bytes] = field(default_factory=dict)

    @classmethod
    def parse(cls, canonical: bytes) -> Attributes:
        """Parse a canonical form; anything else than what `encode` writes is refused.

        Raises:
            Malformed: also for unsorted or repeated types and beyond the length limit.
        """
        if len(canonical) > OBJECT_ATTRIBUTES_LENGTH_MAX or canonical[:1] != bytes([VERSION]):
            raise Malformed
        values: dict[int, bytes] = {}
        at, last = 1, -1
        while at < len(canonical):
            if len(canonical) - at < HEAD.size:
                raise Malformed
            kind, length = HEAD.unpack_from(canonical, at)
            at += HEAD.size
            if kind <= last or len(canonical) - at < length:
                raise Malformed
            values[kind] = canonical[at : at + length]
            at += length
            last = kind
        return cls(values)

    def encode(self) -> bytes:
        """Spell the canonical form."""
        return bytes([VERSION]) + b"".join(entry(kind, self.values[kind]) for kind in sorted(self.values))

    def value(self, kind: int) -> bytes | None:
        """Return the value of one attribute."""
        return self.values.get(kind)

    def boolean(self, kind: int) -> bool | None:
        """Return a boolean attribute; None where it is absent or no boolean."""
        return {b"\x00": False, b"\x01": True}.get(self.values.get(kind, b""))

    def number(self, kind: int) -> int | None:
        """Return a numeric attribute; None where it is absent or no number."""
        value = self.values.get(kind, b"")
        return int.from_bytes(value, "big") if len(value) == 8 else None  # noqa: PLR2004 - a CK_ULONG

    def numbers(self, kind: int) -> tuple[int, ...]:
        """Return a run of numbers (CKA_ALLOWED_MECHANISMS); empty where it is absent or no such run."""
        value = self.values.get(kind, b"")
        return struct.unpack(f">{len(value) // 8}Q", value) if len(value) % 8 == 0 else ()

    def overlaid(self, values: Mapping[int, bytes]) -> Attributes:
        """Return these attributes with some of them replaced or added."""
        return Attributes({**self.values, **values})
