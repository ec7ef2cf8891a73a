"""Players of AES-CCM, ChaCha20-Poly1305, AES-XTS and AES-GMAC."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_ulong, c_void_p
from typing import TYPE_CHECKING, Final, cast

from tests.cryptoki import secret_key
from tests.mechanisms import iv
from tests.vectors.stage import Skip, Stage, packed
from tests.vectors.symmetric import octets

if TYPE_CHECKING:
    from pkcs11.mechanisms import KeyType

    from tests.mechanisms import Parameters
    from tests.vectors.source import Group, Vector

# CKK_ (PKCS#11 v3.2, pkcs11t.h).
AES: Final = cast("KeyType", 0x1F)
CHACHA20: Final = cast("KeyType", 0x33)
AES_XTS: Final = cast("KeyType", 0x35)
BLOCK: Final = 16
NONCE_BITS: Final = 96
CCM_TAG_BITS_MIN: Final = 64  # SP 800-38C, B.2: shorter ones want an analysis of the application
XTS_KEY_BITS: Final = (256, 512)


class CkCcmParams(Structure):
    """CK_CCM_PARAMS."""

    _fields_ = (
        *(("data_length", c_ulong), ("nonce", c_void_p), ("nonce_length", c_ulong)),
        *(("aad", c_void_p), ("aad_length", c_ulong), ("mac_length", c_ulong)),
    )


class CkChachaParams(Structure):
    """CK_SALSA20_CHACHA20_POLY1305_PARAMS."""

    _fields_ = (("nonce", c_void_p), ("nonce_length", c_ulong), ("aad", c_void_p), ("aad_length", c_ulong))


def placed(*contents: bytes) -> list[ctypes.Array[ctypes.c_char]]:
    """Put bytes where C can read them."""
    return [ctypes.create_string_buffer(content, max(len(content), 1)) for content in contents]


def both_ways(stage: Stage, mechanism: Parameters, key_type: KeyType, vector: Vector, sealed: bytes) -> None:
    """Decrypt; a valid vector is encrypted as well."""
    value, message = octets(vector, "key", "msg")
    key = stage.key(secret_key(value, key_type, ENCRYPT=True, DECRYPT=True))
    stage.agree("Decrypt", mechanism, key, sealed, message)
    if vector["result"] == "valid":
        stage.agree("Encrypt", mechanism, key, message, sealed)


def play_ccm(stage: Stage, group: Group, vector: Vector) -> None:
    """AES-CCM: the MAC follows the ciphertext; the length of the message is told beforehand."""
    value = stage.mechanism("CKM_AES_CCM")
    if group["tagSize"] < CCM_TAG_BITS_MIN:
        raise Skip(f"tags of {group['tagSize']} bits are not offered")
    nonce, aad, sealed, tag = octets(vector, "iv", "aad", "ct", "tag")
    buffers = placed(nonce, aad)
    at_nonce, at_aad = map(ctypes.addressof, buffers)
    mac_length = group["tagSize"] // 8
    parameter = CkCcmParams(len(sealed), at_nonce, len(nonce), at_aad, len(aad), mac_length)
    both_ways(stage, packed(value, parameter, *buffers), AES, vector, sealed + tag)


def play_chacha(stage: Stage, _: Group, vector: Vector) -> None:
    """ChaCha20-Poly1305 of RFC 8439: the tag follows the ciphertext."""
    value = stage.mechanism("CKM_CHACHA20_POLY1305")
    nonce, aad, sealed, tag = octets(vector, "iv", "aad", "ct", "tag")
    buffers = placed(nonce, aad)
    at_nonce, at_aad = map(ctypes.addressof, buffers)
    parameter = CkChachaParams(at_nonce, len(nonce), at_aad, len(aad))
    both_ways(stage, packed(value, parameter, *buffers), CHACHA20, vector, sealed + tag)


def play_xts(stage: Stage, group: Group, vector: Vector) -> None:
    """AES-XTS: a tweak that is shorter than a block is a number, its lowest byte first."""
    value = stage.mechanism("CKM_AES_XTS")
    if group["keySize"] not in XTS_KEY_BITS:
        raise Skip(f"XTS keys of {group['keySize']} bits: IEEE 1619 has 256 and 512")
    start, sealed = octets(vector, "iv", "ct")
    both_ways(stage, iv(value, start.ljust(BLOCK, b"\0")), AES_XTS, vector, sealed)


def play_gmac(stage: Stage, group: Group, vector: Vector) -> None:
    """AES-GMAC with the nonce as parameter; a valid vector is signed as well."""
    value = stage.mechanism("CKM_AES_GMAC")
    if group["ivSize"] != NONCE_BITS:
        raise Skip(f"GMAC nonces of {group['ivSize']} bits are not offered")
    secret, nonce, message, tag = octets(vector, "key", "iv", "msg", "tag")
    key = stage.key(secret_key(secret, AES, SIGN=True, VERIFY=True))
    stage.verify(iv(value, nonce), key, message, tag)
    if vector["result"] == "valid":
        stage.agree("Sign", iv(value, nonce), key, message, tag)
