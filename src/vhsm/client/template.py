"""Attributes as Python values: to the canonical form of the wire and back (spec/pkcs11/attributes.toml)."""

from __future__ import annotations

import datetime as dt
import struct
from typing import TYPE_CHECKING, Final

from vhsm.wire import limits
from vhsm.wire.object_pb2 import Attribute, Template
from vhsm.wire.tables import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.client.connection import Secret

# CKA_ value to Python value: bool, int, str, bytes-like, date, a list of CKM_ values, or a template for other keys, as
# the attribute's row says.
Value = bool | int | str | bytes | bytearray | dt.date | list[int] | dict[int, "Value"]

CANONICAL_VERSION: Final = 1
ENTRY: Final = struct.Struct(">QI")
NUMBER: Final = struct.Struct(">Q")


def encode_template(attributes: Mapping[int, Value], secrets: list[Secret]) -> Template:
    """Spell a template; values of secret attributes are appended to `secrets` and referred to by index.

    Raises:
        ValueError: a value does not fit its attribute.
    """
    template = Template()
    for kind, value in attributes.items():
        row = ATTRIBUTES.get(kind)
        if row is not None and row.secret:
            template.attributes.append(Attribute(type=kind, secret=len(secrets)))
            secrets.append(_as_bytes(kind, value))
        else:
            template.attributes.append(Attribute(type=kind, value=encode_value(kind, value)))
    return template


def encode_value(kind: int, value: Value) -> bytes:
    """Spell one value in canonical form; an attribute without a row takes bytes.

    Raises:
        ValueError: the value does not fit the attribute.
    """
    row = ATTRIBUTES.get(kind)
    match row.kind if row else "bytes", value:
        case "boolean", bool():
            return bytes([value])
        case "number", int() if not isinstance(value, bool):
            return NUMBER.pack(value)
        case "text" | "date", str():
            return value.encode()
        case "date", dt.date():
            return value.strftime("%Y%m%d").encode()
        case ("mechanisms", list() as array) | ("template", dict() as array):
            return _encode_array(array)
        case _:
            return bytes(_as_bytes(kind, value))


def decode_value(kind: int, value: bytes) -> Value:
    """Read one canonical value; an attribute without a row stays bytes."""
    row = ATTRIBUTES.get(kind)
    match row.kind if row else "bytes":
        case "boolean":
            return value == b"\x01"
        case "number":
            return int.from_bytes(value)
        case "text" | "date":
            return value.decode(errors="replace")
        case "mechanisms":
            return [int.from_bytes(value[at : at + NUMBER.size]) for at in range(0, len(value), NUMBER.size)]
        case "template":
            return decode_attributes(value)
        case _:
            return value


def decode_attributes(canonical: bytes) -> dict[int, Value]:
    """Read a canonical attribute list.

    Raises:
        ValueError: it is none.
    """
    if len(canonical) > limits.OBJECT_ATTRIBUTES_LENGTH_MAX or canonical[:1] != bytes([CANONICAL_VERSION]):
        raise ValueError("not a canonical attribute list")
    values: dict[int, Value] = {}
    at = 1
    while at < len(canonical):
        try:
            kind, length = ENTRY.unpack_from(canonical, at)
        except struct.error:
            raise ValueError("not a canonical attribute list") from None
        at += ENTRY.size
        values[kind] = decode_value(kind, canonical[at : at + length])
        at += length
    return values


def _encode_array(value: list[int] | dict[int, Value]) -> bytes:
    if isinstance(value, list):
        return b"".join(NUMBER.pack(mechanism) for mechanism in value)
    entries = [(inner, encode_value(inner, value[inner])) for inner in sorted(value)]
    return bytes([CANONICAL_VERSION]) + b"".join(ENTRY.pack(inner, len(held)) + held for inner, held in entries)


def _as_bytes(kind: int, value: Value) -> bytes | bytearray:
    if isinstance(value, (bytes, bytearray)):
        return value
    row = ATTRIBUTES.get(kind)
    name, form = (row.name, row.kind) if row else (f"attribute {kind:#x}", "bytes")
    raise ValueError(f"{name} takes {form}, not {type(value).__name__}")
