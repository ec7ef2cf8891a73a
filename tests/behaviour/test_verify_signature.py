"""PKCS#11 v3.2, 5.16: verification where the signature comes before the data."""

from __future__ import annotations

from ctypes import byref, c_ulong
from typing import TYPE_CHECKING

import pytest
from pkcs11.mechanisms import Mechanism

from tests.behaviour.test_key_pair import ec_pair, rsa_pair
from tests.behaviour.test_signing import hmac_key
from tests.cryptoki import data, refused
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 is of PKCS#11 v2.40

MESSAGE = b"a message whose signature came first"
P_256 = bytes.fromhex("06082a8648ce3d030107")
HMAC = plain(Mechanism.SHA256_HMAC)


def begin(session: Session, mechanism: Mechanism, key: int, signature: bytes) -> None:
    """C_VerifySignatureInit."""
    session.call("C_VerifySignatureInit", byref(plain(mechanism).mechanism), c_ulong(key), *data(signature))


@pytest.mark.parametrize("mechanism", [Mechanism.SHA256_HMAC, Mechanism.ECDSA_SHA256, Mechanism.SHA256_RSA_PKCS])
def test_whole_and_in_parts(session: Session, mechanism: Mechanism) -> None:
    """The same is accepted and refused as by C_Verify, for MACs and signatures."""
    match mechanism:
        case Mechanism.SHA256_HMAC:
            public = private = hmac_key(session)
        case Mechanism.ECDSA_SHA256:
            public, private = ec_pair(session, P_256)
        case _:
            public, private = rsa_pair(session)
    signature = session.complete("Sign", plain(mechanism), private, MESSAGE)
    begin(session, mechanism, public, signature)
    session.call("C_VerifySignature", *data(MESSAGE))
    for content in (MESSAGE, MESSAGE * 5_000):
        begin(session, mechanism, public, session.complete("Sign", plain(mechanism), private, content))
        session.call("C_VerifySignatureUpdate", *data(content[:7]))
        session.call("C_VerifySignatureUpdate", *data(content[7:]))
        session.call("C_VerifySignatureFinal")
    begin(session, mechanism, public, signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.call("C_VerifySignature", *data(MESSAGE[1:]))
    begin(session, mechanism, public, signature)
    session.call("C_VerifySignatureUpdate", *data(MESSAGE[1:]))
    with refused(Rv.SIGNATURE_INVALID):
        session.call("C_VerifySignatureFinal")
    with refused(Rv.SIGNATURE_LEN_RANGE):
        begin(session, mechanism, public, signature[:-1])


def test_it_is_the_sessions_one_verification(session: Session) -> None:
    """C_VerifyInit and C_VerifySignatureInit exclude each other, and neither's calls end the other."""
    key = hmac_key(session)
    signature = session.complete("Sign", HMAC, key, MESSAGE)
    begin(session, Mechanism.SHA256_HMAC, key, signature)
    with refused(Rv.OPERATION_ACTIVE):
        session.begin("Verify", HMAC, key)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_Verify", *data(MESSAGE), *data(signature))
    session.call("C_VerifySignature", *data(MESSAGE))
    session.begin("Verify", HMAC, key)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_VerifySignature", *data(MESSAGE))
    session.call("C_Verify", *data(MESSAGE), *data(signature))


def test_the_state_is_kept_as_the_standard_says(session: Session) -> None:
    """A single call does not end parts, an error ends everything, a null mechanism or C_SessionCancel cancels."""
    key = hmac_key(session)
    signature = session.complete("Sign", HMAC, key, MESSAGE)
    begin(session, Mechanism.SHA256_HMAC, key, signature)
    session.call("C_VerifySignatureUpdate", *data(MESSAGE))
    with refused(Rv.OPERATION_ACTIVE):
        session.call("C_VerifySignature", *data(MESSAGE))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_VerifySignatureFinal")
    verify_flag = 0x2000
    for cancel in (
        ("C_VerifySignatureInit", None, c_ulong(0), None, c_ulong(0)),
        ("C_SessionCancel", c_ulong(verify_flag)),
    ):
        begin(session, Mechanism.SHA256_HMAC, key, signature)
        session.call(*cancel)
        with refused(Rv.OPERATION_NOT_INITIALIZED):
            session.call("C_VerifySignatureUpdate", *data(MESSAGE))
