"""A client that lets go of the key it imports: then whatever is left in its memory is the module's doing.

It reads the PIN (a line) and the key (32 bytes) from standard input, straight into buffers that it overwrites; makes
the key by C_CreateObject, by ctypes, since every other binding of Python keeps copies; signs once with it, prints the
HMAC, and stays until standard input ends. With the argument `careless` it does not overwrite the key.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

KEY_LENGTH: Final = 32
DIGEST_LENGTH: Final = 20
PIN_LENGTH_MAX: Final = 255
DATA: Final = b"signed by a key that its importer has forgotten"
CKU_USER: Final = 1
CKF_RW_SERIAL_SESSION: Final = 6
TOKEN_PRESENT: Final = 1
SLOTS_MAX: Final = 16

Number = ctypes.c_ulong


class _Attribute(ctypes.Structure):
    """CK_ATTRIBUTE."""

    _fields_ = (("type", Number), ("value", ctypes.c_void_p), ("length", Number))


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM."""

    _fields_ = (("mechanism", Number), ("parameter", ctypes.c_void_p), ("length", Number))


class Refused(Exception):  # noqa: N818  the name of what happened
    """The module's answer to a call, when it is not CKR_OK."""


class Module:
    """The calls that an import takes."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)
        self._call("C_Initialize", None)
        slots = (Number * SLOTS_MAX)()
        count = Number(SLOTS_MAX)
        self._call("C_GetSlotList", TOKEN_PRESENT, slots, ctypes.byref(count))
        self._session = Number()
        place = ctypes.byref(self._session)
        self._call("C_OpenSession", Number(slots[0]), Number(CKF_RW_SERIAL_SESSION), None, None, place)

    def login(self, pin: bytearray) -> None:
        """Log in as the user of the token in the first slot."""
        value = (ctypes.c_char * len(pin)).from_buffer(pin)
        self._call("C_Login", self._session, Number(CKU_USER), value, Number(len(pin)))

    def create_key(self, value: bytearray) -> int:
        """Import a key of the token, giving the module the very bytes of `value` to read."""
        numbers = [Number(number) for number in (CKO.SECRET_KEY, CKK.GENERIC_SECRET)]
        yes = ctypes.c_ubyte(1)
        label = ctypes.create_string_buffer(b"imported", 8)
        buffer = (ctypes.c_char * len(value)).from_buffer(value)
        parts: list[tuple[int, ctypes.Array[ctypes.c_char] | Number | ctypes.c_ubyte]] = [
            (tables.CKA_CLASS, numbers[0]),
            (tables.CKA_KEY_TYPE, numbers[1]),
            (tables.CKA_TOKEN, yes),
            (tables.CKA_SIGN, yes),
            (tables.CKA_LABEL, label),
            (tables.CKA_VALUE, buffer),
        ]
        template = (_Attribute * len(parts))(
            *(_Attribute(kind, ctypes.addressof(part), ctypes.sizeof(part)) for kind, part in parts)
        )
        key = Number()
        self._call("C_CreateObject", self._session, template, Number(len(parts)), ctypes.byref(key))
        return key.value

    def sign(self, key: int, data: bytes) -> bytes:
        """Compute the HMAC-SHA1 of data."""
        mechanism = _Mechanism(tables.CKM_SHA_1_HMAC, None, 0)
        self._call("C_SignInit", self._session, ctypes.byref(mechanism), Number(key))
        digest = ctypes.create_string_buffer(DIGEST_LENGTH)
        length = Number(DIGEST_LENGTH)
        self._call("C_Sign", self._session, data, Number(len(data)), digest, ctypes.byref(length))
        return digest.raw[: length.value]

    def _call(self, function: str, *arguments: object) -> None:
        entry = getattr(self._library, function)
        entry.restype = Number
        if answer := entry(*arguments):
            raise Refused(f"{function}: {answer:#x}")


def read_line(limit: int) -> bytearray:
    """Read a line byte by byte: what follows it must not enter a buffer of Python's."""
    line = bytearray(limit)
    one = bytearray(1)
    for place in range(limit):
        os.readv(0, [one])
        if one == b"\n":
            return line[:place]
        line[place] = one[0]
    raise ValueError("no end of the line")


def main() -> int:
    """Import, forget, sign, wait."""
    pin = read_line(PIN_LENGTH_MAX)
    key = bytearray(KEY_LENGTH)
    filled = 0
    while filled < KEY_LENGTH:
        filled += os.readv(0, [memoryview(key)[filled:]])
    module = Module(os.environ["PKCS11_MODULE"])
    module.login(pin)
    handle = module.create_key(key)
    if sys.argv[1:] != ["careless"]:
        ctypes.memset((ctypes.c_char * KEY_LENGTH).from_buffer(key), 0, KEY_LENGTH)
    sys.stdout.write(module.sign(handle, DATA).hex() + "\n")
    sys.stdout.flush()
    os.read(0, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
