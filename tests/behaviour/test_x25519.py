"""PKCS#11 v3.2, 6.3.7, 6.3.8 and 6.3.17: X25519 (RFC 7748); OpenSSL (`cryptography`) is the other party."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_ulong
from typing import TYPE_CHECKING, Final, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import CkTemplate, refused
from tests.mechanisms import CkMechanism, Parameters, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session, Template

# SoftHSM2 2.6 has none of it.
pytestmark = pytest.mark.ours

X25519: Final = bytes.fromhex("06032b656e")
X25519_NAME: Final = b"\x13\x0acurve25519"
CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)  # the enumeration lacks it
CKM_EC_MONTGOMERY_KEY_PAIR_GEN: Final = 0x1056
CKK_EC_MONTGOMERY: Final = 0x41
CKD_NULL: Final = 1
CKD_SHA256_KDF: Final = 6


class CkEcdh1DeriveParams(ctypes.Structure):
    """CK_ECDH1_DERIVE_PARAMS."""

    _fields_ = (
        *(("kdf", c_ulong), ("shared_length", c_ulong), ("shared", ctypes.c_void_p)),
        *(("public_length", c_ulong), ("public", ctypes.c_void_p)),
    )


def derive(session: Session, private: int, public: bytes, template: Template, kdf: int = CKD_NULL) -> int:
    """C_DeriveKey by CKM_ECDH1_DERIVE."""
    buffer = ctypes.create_string_buffer(public, len(public))
    parameter = CkEcdh1DeriveParams(kdf, 0, None, len(public), ctypes.addressof(buffer))
    ck = CkMechanism(Mechanism.ECDH1_DERIVE, ctypes.addressof(parameter), ctypes.sizeof(parameter))
    mechanism, written, key = Parameters(ck, (parameter, buffer)), CkTemplate(template), c_ulong()
    session.call("C_DeriveKey", byref(mechanism.mechanism), c_ulong(private), *written.arguments, byref(key))
    return key.value


def same(session: Session, one: int, other: int) -> bool:
    """Tell whether two keys that nobody can read are the same."""
    macs = [session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, b"which key is this?") for key in (one, other)]
    return macs[0] == macs[1]


@pytest.mark.parametrize("parameters", [X25519, X25519_NAME])
def test_both_sides_agree(session: Session, parameters: bytes) -> None:
    """A generated pair and OpenSSL's, points raw and as OCTET STRING, with and without a derivation function."""
    public, private = session.generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: parameters}, {})
    foreign = x25519.X25519PrivateKey.generate()
    point = session.read(public, Attribute.EC_POINT)
    assert point[:2] == b"\x04\x20"
    shared = foreign.exchange(x25519.X25519PublicKey.from_public_bytes(point[2:]))
    theirs = session.create(
        {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE: shared}
    )
    raw = foreign.public_key().public_bytes_raw()
    for given in (raw, b"\x04\x20" + raw):
        assert same(session, derive(session, private, given, {}), theirs)
    hashed = derive(session, private, raw, {Attribute.VALUE_LEN: 32}, CKD_SHA256_KDF)
    assert not same(session, hashed, theirs)


def test_keys_come_in(session: Session) -> None:
    """A private key from its value, a public one from its point, of the right length only."""
    private = x25519.X25519PrivateKey.generate()
    value = private.private_bytes_raw()
    template: Template = {
        Attribute.KEY_TYPE: cast("KeyType", CKK_EC_MONTGOMERY),
        Attribute.EC_PARAMS: X25519,
    }
    key = session.create({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.VALUE: value, **template})
    raw = private.public_key().public_bytes_raw()
    public = session.create(
        {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_POINT: b"\x04\x20" + raw, **template}
    )
    info = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert session.read(key, CKA_PUBLIC_KEY_INFO) == session.read(public, CKA_PUBLIC_KEY_INFO) == info
    foreign = x25519.X25519PrivateKey.generate()
    shared = private.exchange(foreign.public_key())
    theirs = session.create(
        {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE: shared}
    )
    assert same(session, derive(session, key, foreign.public_key().public_bytes_raw(), {}), theirs)
    for wrong in (bytes(31), b""):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.VALUE: wrong, **template})
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.EC_POINT: wrong, **template})


def test_what_does_not_fit_is_refused(session: Session) -> None:
    """Points of small order and of another length; other curves; signing."""
    _, private = session.generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: X25519}, {})
    for point in (bytes(32), b"\x01" + bytes(31), bytes(31), bytes(33)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            derive(session, private, point, {})
    with refused(Rv.CURVE_NOT_SUPPORTED):
        session.generate_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, {Attribute.EC_PARAMS: bytes.fromhex("06032b6570")}, {})
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", plain(Mechanism.ECDSA), private)
