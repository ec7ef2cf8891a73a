"""Mechanisms and their parameters, as C has them (PKCS#11 v3.2, chapter 6)."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_ubyte, c_ulong, c_void_p
from dataclasses import dataclass
from typing import Final

from pkcs11.mechanisms import Mechanism

from vhsm.wire.tables import CKM_CHACHA20_POLY1305


class CkMechanism(Structure):
    """CK_MECHANISM."""

    _fields_ = (("type", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class CkGcmParams(Structure):
    """CK_GCM_PARAMS, with the ulIvBits of v2.40's errata and v3."""

    _fields_ = (
        *(("iv", c_void_p), ("iv_length", c_ulong), ("iv_bits", c_ulong)),
        *(("aad", c_void_p), ("aad_length", c_ulong), ("tag_bits", c_ulong)),
    )


class CkCtrParams(Structure):
    """CK_AES_CTR_PARAMS."""

    _fields_ = (("counter_bits", c_ulong), ("block", c_ubyte * 16))


class CkPssParams(Structure):
    """CK_RSA_PKCS_PSS_PARAMS."""

    _fields_ = (("hash", c_ulong), ("mgf", c_ulong), ("salt_length", c_ulong))


class CkOaepParams(Structure):
    """CK_RSA_PKCS_OAEP_PARAMS."""

    _fields_ = (
        *(("hash", c_ulong), ("mgf", c_ulong)),
        *(("source", c_ulong), ("source_data", c_void_p), ("source_length", c_ulong)),
    )


class CkEcdhParams(Structure):
    """CK_ECDH1_DERIVE_PARAMS."""

    _fields_ = (
        ("kdf", c_ulong),
        *(("shared_length", c_ulong), ("shared", c_void_p), ("public_length", c_ulong), ("public", c_void_p)),
    )


class CkEddsaParams(Structure):
    """CK_EDDSA_PARAMS."""

    _fields_ = (("prehash", c_ubyte), ("context_length", c_ulong), ("context", c_void_p))


class CkGcmWrapParams(Structure):
    """CK_GCM_WRAP_PARAMS."""

    _fields_ = (
        *(("iv", c_void_p), ("iv_length", c_ulong), ("iv_fixed_bits", c_ulong), ("iv_generator", c_ulong)),
        *(("aad", c_void_p), ("aad_length", c_ulong), ("tag_bits", c_ulong)),
    )


class CkRsaAesKeyWrapParams(Structure):
    """CK_RSA_AES_KEY_WRAP_PARAMS."""

    _fields_ = (("aes_bits", c_ulong), ("oaep", c_void_p))


class CkCcmParams(Structure):
    """CK_CCM_PARAMS."""

    _fields_ = (
        *(("data_length", c_ulong), ("nonce", c_void_p), ("nonce_length", c_ulong)),
        *(("aad", c_void_p), ("aad_length", c_ulong), ("mac_length", c_ulong)),
    )


class CkChachaPolyParams(Structure):
    """CK_SALSA20_CHACHA20_POLY1305_PARAMS."""

    _fields_ = (("nonce", c_void_p), ("nonce_length", c_ulong), ("aad", c_void_p), ("aad_length", c_ulong))


@dataclass(frozen=True, slots=True)
class Parameters:
    """A mechanism with its parameter, and what the parameter points at."""

    mechanism: CkMechanism
    kept: tuple[object, ...] = ()


def plain(mechanism: int) -> Parameters:
    """Give a mechanism without parameter."""
    return Parameters(CkMechanism(mechanism, None, 0))


def gcm(iv: bytes, aad: bytes = b"", tag_bits: int = 128) -> Parameters:
    """Give CKM_AES_GCM."""
    buffers = ctypes.create_string_buffer(iv, len(iv)), ctypes.create_string_buffer(aad, len(aad))
    pointers = [ctypes.addressof(buffer) if len(buffer) else None for buffer in buffers]
    parameter = CkGcmParams(pointers[0], len(iv), len(iv) * 8, pointers[1], len(aad), tag_bits)
    mechanism = CkMechanism(Mechanism.AES_GCM, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, *buffers))


def ccm(nonce: bytes, data_length: int, aad: bytes = b"", mac_length: int = 16) -> Parameters:
    """Give CKM_AES_CCM; lengths are in bytes."""
    buffers = [ctypes.create_string_buffer(value, max(len(value), 1)) for value in (nonce, aad)]
    pointers = [ctypes.addressof(buffer) for buffer in buffers]
    parameter = CkCcmParams(data_length, pointers[0], len(nonce), pointers[1], len(aad), mac_length)
    mechanism = CkMechanism(Mechanism.AES_CCM, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, *buffers))


def chacha_poly(nonce: bytes, aad: bytes = b"") -> Parameters:
    """Give CKM_CHACHA20_POLY1305."""
    buffers = [ctypes.create_string_buffer(value, max(len(value), 1)) for value in (nonce, aad)]
    pointers = [ctypes.addressof(buffer) for buffer in buffers]
    parameter = CkChachaPolyParams(pointers[0], len(nonce), pointers[1], len(aad))
    mechanism = CkMechanism(CKM_CHACHA20_POLY1305, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, *buffers))


def general(mechanism: int, mac_length: int) -> Parameters:
    """Give a CKM_…_HMAC_GENERAL with the length of its MAC, in bytes."""
    parameter = c_ulong(mac_length)
    return Parameters(CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter)), (parameter,))


def iv(mechanism: int, value: bytes) -> Parameters:
    """Give a mechanism whose parameter is an initialisation vector."""
    parameter = ctypes.create_string_buffer(value, len(value))
    return Parameters(CkMechanism(mechanism, ctypes.addressof(parameter), len(value)), (parameter,))


def ctr(block: bytes, counter_bits: int) -> Parameters:
    """Give CKM_AES_CTR."""
    parameter = CkCtrParams(counter_bits, (c_ubyte * 16)(*block))
    mechanism = CkMechanism(Mechanism.AES_CTR, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter,))


# CKG_MGF1_ values (PKCS#11 v3.2, 6.1.7).
MGF1: Final[dict[int, int]] = {
    Mechanism.SHA_1: 1,
    Mechanism.SHA256: 2,
    Mechanism.SHA384: 3,
    Mechanism.SHA512: 4,
    Mechanism.SHA224: 5,
    Mechanism.SHA3_224: 6,
    Mechanism.SHA3_256: 7,
    Mechanism.SHA3_384: 8,
    Mechanism.SHA3_512: 9,
}


CKZ_DATA_SPECIFIED: Final = 1


CKM_RSA_AES_KEY_WRAP: Final = 0x1054


def pss(mechanism: int, digest: int, salt_length: int, mgf: int | None = None) -> Parameters:
    """Give an RSA-PSS mechanism; MGF1 takes the same hash unless told otherwise."""
    parameter = CkPssParams(digest, MGF1[mgf or digest], salt_length)
    return Parameters(CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter)), (parameter,))


def oaep(digest: int, mgf: int | None = None, label: bytes = b"") -> Parameters:
    """Give CKM_RSA_PKCS_OAEP."""
    buffer = ctypes.create_string_buffer(label, max(len(label), 1))
    pointer = ctypes.addressof(buffer) if label else None
    parameter = CkOaepParams(digest, MGF1[mgf or digest], CKZ_DATA_SPECIFIED, pointer, len(label))
    mechanism = CkMechanism(Mechanism.RSA_PKCS_OAEP, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, buffer))


def ecdh(mechanism: int, public: bytes, kdf: int = 1, shared: bytes = b"") -> Parameters:
    """Give CKM_ECDH1_DERIVE or its like; `kdf` is a CKD_ value, CKD_NULL unless told otherwise."""
    buffers = [ctypes.create_string_buffer(value, max(len(value), 1)) for value in (shared, public)]
    pointers = [ctypes.addressof(buffer) for buffer in buffers]
    parameter = CkEcdhParams(kdf, len(shared), pointers[0] if shared else None, len(public), pointers[1])
    kept = CkMechanism(mechanism, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(kept, (parameter, *buffers))


def eddsa(context: bytes, *, prehash: bool = False) -> Parameters:
    """CKM_EDDSA with CK_EDDSA_PARAMS."""
    held = ctypes.create_string_buffer(context, len(context))
    params = CkEddsaParams(prehash, len(context), ctypes.addressof(held))
    return Parameters(CkMechanism(Mechanism.EDDSA, ctypes.addressof(params), ctypes.sizeof(params)), (params, held))


def gcm_wrap(
    iv: bytes, aad: bytes = b"", tag_bits: int = 128, *, generator: int = 0, fixed_bits: int = 0
) -> Parameters:
    """Give CKM_AES_GCM as C_WrapKey has it; `generator` is a CKG_ value, CKG_NO_GENERATE unless told otherwise."""
    buffers = ctypes.create_string_buffer(iv, len(iv)), ctypes.create_string_buffer(aad, max(len(aad), 1))
    pointers = [ctypes.addressof(buffer) for buffer in buffers]
    where = pointers[1] if aad else None
    parameter = CkGcmWrapParams(pointers[0], len(iv), fixed_bits, generator, where, len(aad), tag_bits)
    mechanism = CkMechanism(Mechanism.AES_GCM, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, *buffers))


def iv_of(mechanism: Parameters) -> bytes:
    """Read the IV of `gcm_wrap`: the one that was made, once there is one."""
    parameter = mechanism.kept[0]
    assert isinstance(parameter, CkGcmWrapParams)
    return ctypes.string_at(parameter.iv, parameter.iv_length)


def rsa_aes(digest: int, aes_bits: int = 256) -> Parameters:
    """Give CKM_RSA_AES_KEY_WRAP."""
    inner = oaep(digest)
    parameter = CkRsaAesKeyWrapParams(aes_bits, inner.mechanism.parameter)
    mechanism = CkMechanism(CKM_RSA_AES_KEY_WRAP, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    return Parameters(mechanism, (parameter, inner))
