"""Mechanisms and their parameters (PKCS#11 v3.2, chapter 6)."""

from __future__ import annotations

from typing import Final

from vhsm.wire.tables import (
    CKM_AES_CBC,
    CKM_AES_CBC_PAD,
    CKM_AES_CTR,
    CKM_AES_GCM,
    CKM_RSA_PKCS_OAEP,
    CKM_SHA3_224,
    CKM_SHA3_256,
    CKM_SHA3_384,
    CKM_SHA3_512,
    CKM_SHA224,
    CKM_SHA256,
    CKM_SHA384,
    CKM_SHA512,
    CKM_SHA_1,
)
from vhsm.wire.use_pb2 import CtrParameters, GcmParameters, Mechanism, OaepParameters, PssParameters

# CKG_MGF1_ values (PKCS#11 v3.2, 6.1.7), by the hash's CKM_.
MGF1: Final = {
    CKM_SHA_1: 1,
    CKM_SHA256: 2,
    CKM_SHA384: 3,
    CKM_SHA512: 4,
    CKM_SHA224: 5,
    CKM_SHA3_224: 6,
    CKM_SHA3_256: 7,
    CKM_SHA3_384: 8,
    CKM_SHA3_512: 9,
}


def aes_gcm(iv: bytes, aad: bytes = b"", tag_bits: int = 128) -> Mechanism:
    """CKM_AES_GCM. An IV must never be used twice with one key: take 12 random bytes, or count."""
    return Mechanism(type=CKM_AES_GCM, gcm=GcmParameters(iv=iv, aad=aad, tag_bits=tag_bits))


def aes_cbc(iv: bytes, *, pad: bool = True) -> Mechanism:
    """CKM_AES_CBC_PAD, or CKM_AES_CBC for whole blocks. The IV has 16 bytes that nobody can foretell.

    It authenticates nothing: whoever can have ciphertexts decrypted can change them, and with a padding read them.
    """
    return Mechanism(type=CKM_AES_CBC_PAD if pad else CKM_AES_CBC, iv=iv)


def aes_ctr(block: bytes, counter_bits: int = 128) -> Mechanism:
    """CKM_AES_CTR from this block of 16 bytes on, whose last bits count. No block must ever come twice with one key."""
    return Mechanism(type=CKM_AES_CTR, ctr=CtrParameters(counter_bits=counter_bits, block=block))


def hmac_general(mechanism: int, mac_length: int) -> Mechanism:
    """CKM_..._GENERAL: an HMAC or CMAC cut to `mac_length` bytes."""
    return Mechanism(type=mechanism, mac_length=mac_length)


def rsa_pss(mechanism: int, hash_mechanism: int, salt_length: int) -> Mechanism:
    """CKM_RSA_PKCS_PSS and CKM_SHAx_RSA_PKCS_PSS, with MGF1 of the same hash; the salt's length is in bytes."""
    pss = PssParameters(hash=hash_mechanism, mgf=MGF1[hash_mechanism], salt_length=salt_length)
    return Mechanism(type=mechanism, pss=pss)


def rsa_oaep(hash_mechanism: int = CKM_SHA256, label: bytes = b"") -> Mechanism:
    """CKM_RSA_PKCS_OAEP, with MGF1 of the same hash."""
    oaep = OaepParameters(hash=hash_mechanism, mgf=MGF1[hash_mechanism], label=label)
    return Mechanism(type=CKM_RSA_PKCS_OAEP, oaep=oaep)


def as_mechanism(mechanism: int | Mechanism) -> Mechanism:
    """Take a mechanism without parameters by its CKM_ value alone."""
    return Mechanism(type=mechanism) if isinstance(mechanism, int) else mechanism
