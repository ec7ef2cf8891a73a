"""Mechanisms and their parameters (PKCS#11 v3.2, chapter 6)."""

from __future__ import annotations

from vhsm.wire.tables import CKM_AES_GCM
from vhsm.wire.use_pb2 import GcmParameters, Mechanism


def aes_gcm(iv: bytes, aad: bytes = b"", tag_bits: int = 128) -> Mechanism:
    """CKM_AES_GCM. An IV must never be used twice with one key: take 12 random bytes, or count."""
    return Mechanism(type=CKM_AES_GCM, gcm=GcmParameters(iv=iv, aad=aad, tag_bits=tag_bits))


def hmac_general(mechanism: int, mac_length: int) -> Mechanism:
    """CKM_..._HMAC_GENERAL: a MAC cut to `mac_length` bytes."""
    return Mechanism(type=mechanism, mac_length=mac_length)


def as_mechanism(mechanism: int | Mechanism) -> Mechanism:
    """Take a mechanism without parameters by its CKM_ value alone."""
    return Mechanism(type=mechanism) if isinstance(mechanism, int) else mechanism
