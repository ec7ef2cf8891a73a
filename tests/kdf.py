"""Parameters of key derivation as a C program writes them (PKCS#11 v3.2, chapter 6)."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_char, c_ubyte, c_ulong, c_void_p
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.mechanisms import CkMechanism, Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

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


# ---- SP 800-108 ----

COUNTER_KDF: Final = 0x3AC
FEEDBACK_KDF: Final = 0x3AD
DOUBLE_PIPELINE_KDF: Final = 0x3AE
ITERATION_VARIABLE: Final = 1
COUNTER: Final = 2
DKM_LENGTH: Final = 3
BYTE_ARRAY: Final = 4
KEY_HANDLE: Final = 5
SUM_OF_KEYS: Final = 1
SUM_OF_SEGMENTS: Final = 2


class CkPrfData(Structure):
    """CK_PRF_DATA_PARAM."""

    _fields_ = (("type", c_ulong), ("value", c_void_p), ("length", c_ulong))


class CkCounterFormat(Structure):
    """CK_SP800_108_COUNTER_FORMAT."""

    _fields_ = (("little_endian", c_ubyte), ("width_bits", c_ulong))


class CkLengthFormat(Structure):
    """CK_SP800_108_DKM_LENGTH_FORMAT."""

    _fields_ = (("method", c_ulong), ("little_endian", c_ubyte), ("width_bits", c_ulong))


class CkDerivedKey(Structure):
    """CK_DERIVED_KEY."""

    _fields_ = (("template", c_void_p), ("count", c_ulong), ("key", c_void_p))


class CkKdfParams(Structure):
    """CK_SP800_108_KDF_PARAMS."""

    _fields_ = (
        *(("prf", c_ulong), ("field_count", c_ulong), ("fields", c_void_p)),
        *(("key_count", c_ulong), ("keys", c_void_p)),
    )


class CkFeedbackParams(Structure):
    """CK_SP800_108_FEEDBACK_KDF_PARAMS."""

    _fields_ = (
        *(("prf", c_ulong), ("field_count", c_ulong), ("fields", c_void_p)),
        *(("iv_length", c_ulong), ("iv", c_void_p), ("key_count", c_ulong), ("keys", c_void_p)),
    )


Field = tuple[int, bytes]
# In feedback and double-pipeline mode the iteration variable has no format.
VARIABLE: Final[Field] = (ITERATION_VARIABLE, b"")


def counted(kind: int, width_bits: int, *, little_endian: bool = False) -> Field:
    """Give a counter, or in counter mode the iteration variable."""
    return kind, bytes(CkCounterFormat(little_endian, width_bits))


def length_field(width_bits: int, method: int = SUM_OF_KEYS, *, little_endian: bool = False) -> Field:
    """Give the length of what is derived."""
    return DKM_LENGTH, bytes(CkLengthFormat(method, little_endian, width_bits))


def kdf108(
    kind: int, prf: int, fields: Sequence[Field], *, iv: bytes = b"", further: Sequence[CkDerivedKey] = ()
) -> Parameters:
    """Give a mechanism of SP 800-108; `further` keys are made besides."""
    memory = Memory()
    data = (CkPrfData * len(fields))(*(CkPrfData(field, memory.at(content), len(content)) for field, content in fields))
    keys = (CkDerivedKey * len(further))(*further)
    memory.kept += [data, keys, further]
    first = (prf, len(fields), ctypes.addressof(data))
    last = (len(further), ctypes.addressof(keys) if further else None)
    if kind == FEEDBACK_KDF:
        return memory.mechanism(kind, CkFeedbackParams(*first, len(iv), memory.at(iv), *last))
    return memory.mechanism(kind, CkKdfParams(*first, *last))


# ---- TLS 1.2 ----

TLS12_MASTER: Final = 0x3E0
TLS12_MASTER_DH: Final = 0x3E2
TLS12_EXTENDED_MASTER: Final = 0x56
TLS12_EXTENDED_MASTER_DH: Final = 0x57
TLS12_KEY_AND_MAC: Final = 0x3E1
TLS12_KEY_SAFE: Final = 0x3E3
TLS12_KDF: Final = 0x3D9


class CkRandom(Structure):
    """CK_SSL3_RANDOM_DATA."""

    _fields_ = (
        *(("client", c_void_p), ("client_length", c_ulong)),
        *(("server", c_void_p), ("server_length", c_ulong)),
    )


class CkMaster(Structure):
    """CK_TLS12_MASTER_KEY_DERIVE_PARAMS."""

    _fields_ = (("random", CkRandom), ("version", c_void_p), ("prf", c_ulong))


class CkExtendedMaster(Structure):
    """CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS."""

    _fields_ = (("prf", c_ulong), ("hash", c_void_p), ("hash_length", c_ulong), ("version", c_void_p))


class CkTlsKdf(Structure):
    """CK_TLS_KDF_PARAMS."""

    _fields_ = (
        *(("prf", c_ulong), ("label", c_void_p), ("label_length", c_ulong), ("random", CkRandom)),
        *(("context", c_void_p), ("context_length", c_ulong)),
    )


class CkKeyMaterial(Structure):
    """CK_SSL3_KEY_MAT_OUT."""

    _fields_ = (
        *(("client_mac", c_ulong), ("server_mac", c_ulong), ("client_key", c_ulong), ("server_key", c_ulong)),
        *(("client_iv", c_void_p), ("server_iv", c_void_p)),
    )


class CkTlsKeys(Structure):
    """CK_TLS12_KEY_MAT_PARAMS."""

    _fields_ = (
        *(("mac_bits", c_ulong), ("key_bits", c_ulong), ("iv_bits", c_ulong), ("export", c_ubyte)),
        *(("random", CkRandom), ("out", c_void_p), ("prf", c_ulong)),
    )


def randoms(memory: Memory, client: bytes, server: bytes) -> CkRandom:
    """Give the random data of both sides."""
    return CkRandom(memory.at(client), len(client), memory.at(server), len(server))


def tls_master(kind: int, prf: int, client: bytes, server: bytes, version: ctypes.Array[c_char] | None) -> Parameters:
    """Give CKM_TLS12_MASTER_KEY_DERIVE or its like for Diffie-Hellman; `version` is where that goes."""
    memory = Memory()
    place = None if version is None else ctypes.addressof(version)
    return memory.mechanism(kind, CkMaster(randoms(memory, client, server), place, prf))


def tls_extended_master(kind: int, prf: int, session_hash: bytes) -> Parameters:
    """Give CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH."""
    memory = Memory()
    return memory.mechanism(kind, CkExtendedMaster(prf, memory.at(session_hash), len(session_hash), None))


def tls_kdf(prf: int, label: bytes, client: bytes, server: bytes, context: bytes | None = None) -> Parameters:
    """Give CKM_TLS12_KDF."""
    memory = Memory()
    given = (memory.at(context or b""), len(context or b""))
    random = randoms(memory, client, server)
    return memory.mechanism(TLS12_KDF, CkTlsKdf(prf, memory.at(label), len(label), random, *given))


@dataclass(frozen=True, slots=True)
class TlsKeys:
    """CKM_TLS12_KEY_AND_MAC_DERIVE or CKM_TLS12_KEY_SAFE_DERIVE, and where its results go."""

    parameters: Parameters
    out: CkKeyMaterial
    ivs: tuple[ctypes.Array[c_char], ctypes.Array[c_char]]


def tls_keys(kind: int, prf: int, sizes_bits: tuple[int, int, int], client: bytes, server: bytes) -> TlsKeys:
    """Ask for MAC keys, keys and IVs of these sizes, in bits."""
    memory = Memory()
    ivs = ctypes.create_string_buffer(16), ctypes.create_string_buffer(16)
    out = CkKeyMaterial(0, 0, 0, 0, *map(ctypes.addressof, ivs))
    memory.kept += [out, ivs]
    parameter = CkTlsKeys(*sizes_bits, 0, randoms(memory, client, server), ctypes.addressof(out), prf)
    return TlsKeys(memory.mechanism(kind, parameter), out, ivs)
