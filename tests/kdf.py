"""Parameters of key derivation as a C program writes them (PKCS#11 v3.2, chapter 6)."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_ubyte, c_ulong, c_void_p
from typing import Final

from tests.cryptoki import CkMechanism, Parameters

CKM_HKDF_DERIVE: Final = 0x402A
CKM_HKDF_DATA: Final = 0x402B
CKM_HKDF_KEY_GEN: Final = 0x402C
CKM_AES_ECB_ENCRYPT_DATA: Final = 0x1104
CKM_AES_CBC_ENCRYPT_DATA: Final = 0x1105
CKM_PKCS5_PBKD2: Final = 0x3B0
CKM_CONCATENATE_BASE_AND_KEY: Final = 0x360
CKM_CONCATENATE_BASE_AND_DATA: Final = 0x362
CKM_CONCATENATE_DATA_AND_BASE: Final = 0x363
CKM_XOR_BASE_AND_DATA: Final = 0x364
CKM_EXTRACT_KEY_FROM_KEY: Final = 0x365
CKK_HKDF: Final = 0x42
CKF_HKDF_SALT_NULL: Final = 1
CKF_HKDF_SALT_DATA: Final = 2
CKF_HKDF_SALT_KEY: Final = 4


class CkHkdfParams(Structure):
    """CK_HKDF_PARAMS."""

    _fields_ = (
        *(("extract", c_ubyte), ("expand", c_ubyte), ("prf", c_ulong), ("salt_type", c_ulong)),
        *(("salt", c_void_p), ("salt_length", c_ulong), ("salt_key", c_ulong)),
        *(("info", c_void_p), ("info_length", c_ulong)),
    )


class CkStringData(Structure):
    """CK_KEY_DERIVATION_STRING_DATA."""

    _fields_ = (("data", c_void_p), ("length", c_ulong))


class CkCbcData(Structure):
    """CK_AES_CBC_ENCRYPT_DATA_PARAMS."""

    _fields_ = (("iv", c_ubyte * 16), ("data", c_void_p), ("length", c_ulong))


class CkPbkd2Params(Structure):
    """CK_PKCS5_PBKD2_PARAMS and CK_PKCS5_PBKD2_PARAMS2: in the first the last member is a pointer."""

    _fields_ = (
        *(("salt_source", c_ulong), ("salt", c_void_p), ("salt_length", c_ulong), ("iterations", c_ulong)),
        *(("prf", c_ulong), ("prf_data", c_void_p), ("prf_data_length", c_ulong)),
        *(("password", c_void_p), ("password_length", c_ulong)),
    )


class Memory:
    """Buffers that a parameter points at."""

    def __init__(self) -> None:
        self.kept: list[object] = []

    def at(self, content: bytes) -> int | None:
        """Keep bytes and return where; null for none."""
        buffer = ctypes.create_string_buffer(content, max(len(content), 1))
        self.kept.append(buffer)
        return ctypes.addressof(buffer) if content else None

    def mechanism(self, kind: int, parameter: ctypes.Structure | c_ulong) -> Parameters:
        """Give a mechanism with this parameter."""
        chosen = CkMechanism(kind, ctypes.addressof(parameter), ctypes.sizeof(parameter))
        return Parameters(chosen, (parameter, *self.kept))


def hkdf(
    prf: int,
    *,
    kind: int = CKM_HKDF_DERIVE,
    extract: bool = True,
    expand: bool = True,
    salt: bytes | None = None,
    salt_key: int | None = None,
    info: bytes = b"",
) -> Parameters:
    """Give CKM_HKDF_DERIVE or CKM_HKDF_DATA; the salt is none, data, or a key."""
    memory = Memory()
    given = CKF_HKDF_SALT_NULL if salt is None else CKF_HKDF_SALT_DATA
    parameter = CkHkdfParams(
        *(extract, expand, prf, CKF_HKDF_SALT_KEY if salt_key is not None else given),
        *(memory.at(salt or b""), len(salt or b""), salt_key or 0),
        *(memory.at(info), len(info)),
    )
    return memory.mechanism(kind, parameter)


def string_data(kind: int, data: bytes) -> Parameters:
    """Give a mechanism whose parameter is data: CKM_AES_ECB_ENCRYPT_DATA, CKM_XOR_BASE_AND_DATA and others."""
    memory = Memory()
    return memory.mechanism(kind, CkStringData(memory.at(data), len(data)))


def cbc_data(iv: bytes, data: bytes) -> Parameters:
    """Give CKM_AES_CBC_ENCRYPT_DATA."""
    memory = Memory()
    return memory.mechanism(CKM_AES_CBC_ENCRYPT_DATA, CkCbcData((c_ubyte * 16)(*iv), memory.at(data), len(data)))


def number(kind: int, value: int) -> Parameters:
    """Give a mechanism whose parameter is a number or a handle."""
    return Memory().mechanism(kind, c_ulong(value))


def pbkdf2(prf: int, password: bytes, salt: bytes, iterations: int, *, pointed: bool = False) -> Parameters:
    """Give CKM_PKCS5_PBKD2; `prf` is a CKP_ value. `pointed`: in the form of PKCS#11 v2.40."""
    memory = Memory()
    length = memory.at(bytes(c_ulong(len(password)))) if pointed else len(password)
    parameter = CkPbkd2Params(
        *(1, memory.at(salt), len(salt), iterations, prf, None, 0),
        *(memory.at(password), length),
    )
    return memory.mechanism(CKM_PKCS5_PBKD2, parameter)
