"""Attributes as people read them: under their names, bytes in hex, a public key in PEM."""

import base64
import textwrap
from collections.abc import Mapping
from typing import Final

from vhsm.cli.output import Plain
from vhsm.client import Session, Value
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

MECHANISM_NAMES: Final = {row.value: row.name for row in tables.MECHANISMS.values()}
# Names of the numbers that these attributes hold.
CONSTANTS: Final[dict[int, dict[int, str]]] = {
    tables.CKA_CLASS: {int(member): f"CKO_{member.name}" for member in CKO},
    tables.CKA_KEY_TYPE: {int(member): f"CKK_{member.name}" for member in CKK},
    tables.CKA_KEY_GEN_MECHANISM: MECHANISM_NAMES | {2**64 - 1: "CK_UNAVAILABLE_INFORMATION"},
    tables.CKA_ALLOWED_MECHANISMS: MECHANISM_NAMES,
}


def facts(session: Session, handle: int) -> dict[str, Plain]:
    """Read an object's attributes under their names."""
    return _named(session.attributes(handle))


def _named(attributes: Mapping[int, Value]) -> dict[str, Plain]:
    return {_name(kind): _spelled(kind, value) for kind, value in attributes.items()}


def _name(kind: int) -> str:
    row = tables.ATTRIBUTES.get(kind)
    return row.name if row else f"{kind:#x}"


def _spelled(kind: int, value: Value) -> Plain:
    names = CONSTANTS.get(kind, {})
    match value:
        case bool() | str():
            return value
        case int():
            return names.get(value, value)
        case bytes() | bytearray():
            return value.hex()
        case dict():
            return _named(value)
        case list():
            return [names.get(number, number) for number in value]
        case _:
            return str(value)


def pem_of(what: str, der: Value) -> str:
    """Spell DER as PEM (RFC 7468)."""
    lines = textwrap.wrap(base64.b64encode(bytes(der)).decode() if isinstance(der, bytes) else "", 64)
    return "\n".join((f"-----BEGIN {what}-----", *lines, f"-----END {what}-----"))
